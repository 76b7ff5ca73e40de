//! Ending early. A revocation is one numbered row per subject; a request remembers the highest number at its
//! creation, a grant the highest at its approval, and any later matching number ends it. No clock is involved.

use protocol::{GrantId, Slug, revoke::Subject};
use std::{collections::HashMap, sync::Arc};

/// The key of a subject as the database holds it.
pub type Key = String;

/// What everything is subject to.
pub const ALL: &str = "all";

/// The vault was sealed, on every broker.
pub const SEALED: &str = "vault:sealed";
/// The seal was lifted.
pub const UNSEALED: &str = "vault:unsealed";

/// The database was found to be an older copy, on every broker.
pub const SUSPENDED: &str = "database:suspended";
/// An admin accepted it as it is.
pub const ACCEPTED: &str = "database:accepted";

/// What holds until its opposite, however old it is.
const STANDING: [&str; 4] = [SEALED, UNSEALED, SUSPENDED, ACCEPTED];

/// The keys that a revocation of this subject writes. A person is two: owner of, and approved by.
pub fn keys(subject: &Subject) -> Vec<Key> {
    match subject {
        Subject::Session { grant } => vec![session(grant)],
        Subject::SessionService { grant, service } => vec![session_service(grant, service)],
        Subject::Service { service } => vec![self::service(service)],
        Subject::Agent { agent } => vec![format!("agent:{agent}")],
        Subject::Person { person } => vec![format!("owner:{person}"), approver(person)],
        Subject::All => vec![ALL.to_owned()],
    }
}

fn approver(person: &Slug) -> Key {
    format!("approver:{person}")
}

fn session(grant: &GrantId) -> Key {
    format!("session:{}", grant.digits())
}

fn session_service(grant: &GrantId, service: &Slug) -> Key {
    format!("session:{}/service:{service}", grant.digits())
}

fn service(service: &Slug) -> Key {
    format!("service:{service}")
}

/// Whom and what requests or grants are subject to, beside their own session. Many have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    whole: Vec<Key>,
    services: Vec<(Slug, Key)>,
}

impl Parties {
    /// Of these parties and services. Before the approval there are no approvers.
    pub fn new<'a>(
        agent: &Slug,
        owner: &Slug,
        approvers: impl IntoIterator<Item = &'a Slug>,
        services: impl IntoIterator<Item = &'a Slug>,
    ) -> Self {
        let mut whole = vec![ALL.to_owned(), format!("agent:{agent}"), format!("owner:{owner}")];
        whole.extend(approvers.into_iter().map(approver));
        let services = services.into_iter().map(|name| (name.clone(), service(name))).collect();
        Self { whole, services }
    }
}

/// What a request or grant is subject to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearings {
    grant: GrantId,
    parties: Arc<Parties>,
}

impl Bearings {
    /// What a grant with these parties and services is subject to. Before the approval there are no approvers.
    pub fn new<'a>(
        grant: &GrantId,
        agent: &Slug,
        owner: &Slug,
        approvers: impl IntoIterator<Item = &'a Slug>,
        services: impl IntoIterator<Item = &'a Slug>,
    ) -> Self {
        Self::of(grant.clone(), Arc::new(Parties::new(agent, owner, approvers, services)))
    }

    /// What a grant of these parties is subject to.
    pub fn of(grant: GrantId, parties: Arc<Parties>) -> Self {
        Self { grant, parties }
    }
}

/// The highest number of every subject that was revoked, as far as it has been read.
#[derive(Debug, Clone, Default)]
pub struct Watermarks {
    highest: HashMap<Key, i64>,
    seen: i64,
}

impl Watermarks {
    /// Takes a row in. Rows may come in any order, and again. Without a key, only that the number was given.
    pub fn learn(&mut self, number: i64, key: &str) {
        if key.is_empty() {
            self.seen = self.seen.max(number);
            return;
        }
        let entry = self.highest.entry(key.to_owned()).or_default();
        *entry = (*entry).max(number);
        self.seen = self.seen.max(number);
    }

    /// Forgets what no request or grant can match that remembers `number` or more. A seal of the vault holds until it is
    /// lifted, and so does a suspension.
    pub fn forget(&mut self, number: i64) {
        self.highest.retain(|key, highest| *highest > number || STANDING.contains(&key.as_str()));
    }

    /// How many subjects are remembered.
    pub fn len(&self) -> usize {
        self.highest.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.highest.is_empty()
    }

    /// The highest number that was read.
    pub fn seen(&self) -> i64 {
        self.seen
    }

    /// The number that ended the whole of something that remembers `since`, if any did. Something that holds only
    /// services that were taken away is over too.
    pub fn ended(&self, bearings: &Bearings, since: i64) -> Option<i64> {
        let Bearings { grant, parties } = bearings;
        let whole = || parties.whole.iter().find_map(|key| self.after(key, since));
        let all_taken = || {
            let taken: Option<Vec<i64>> =
                parties.services.iter().map(|it| self.service_taken(grant, it, since)).collect();
            taken.and_then(|numbers| numbers.into_iter().max())
        };
        self.after(&session(grant), since).or_else(whole).or_else(all_taken)
    }

    /// The number that took this service away from something that remembers `since`, if any did.
    pub fn taken_away(&self, bearings: &Bearings, service: &Slug, since: i64) -> Option<i64> {
        let held = bearings.parties.services.iter().find(|(name, _)| name == service)?;
        self.service_taken(&bearings.grant, held, since)
    }

    fn service_taken(&self, grant: &GrantId, (name, key): &(Slug, Key), since: i64) -> Option<i64> {
        self.after(key, since).or_else(|| self.after(&session_service(grant, name), since))
    }

    /// Whether what a person had approved was revoked after this number.
    pub fn approver_revoked(&self, person: &Slug, since: i64) -> bool {
        self.after(&approver(person), since).or_else(|| self.after(ALL, since)).is_some()
    }

    /// The number of the seal under which nothing is called, if there is one that was not lifted.
    pub fn sealed(&self) -> Option<i64> {
        self.stands(SEALED, UNSEALED)
    }

    /// The number of the suspension under which nothing is authorised, if there is one that was not accepted.
    pub fn suspended(&self) -> Option<i64> {
        self.stands(SUSPENDED, ACCEPTED)
    }

    fn stands(&self, begun: &str, ended: &str) -> Option<i64> {
        let number = |key: &str| self.highest.get(key).copied().unwrap_or_default();
        (number(begun) > number(ended)).then(|| number(begun))
    }

    fn after(&self, key: &str, since: i64) -> Option<i64> {
        self.highest.get(key).copied().filter(|number| *number > since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::RequestId;

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    fn grant() -> GrantId {
        RequestId::from_u128(1).grant()
    }

    fn bearings() -> Bearings {
        let services = [slug("git"), slug("mail")];
        Bearings::new(&grant(), &slug("bot"), &slug("paul"), Some(&slug("ana")), &services)
    }

    fn after(subject: &Subject) -> Watermarks {
        let mut marks = Watermarks::default();
        for key in keys(subject) {
            marks.learn(5, &key);
        }
        marks
    }

    #[test]
    fn each_subject_ends_what_it_names_and_nothing_older_or_other() {
        let ending = [
            Subject::All,
            Subject::Session { grant: grant() },
            Subject::Agent { agent: slug("bot") },
            Subject::Person { person: slug("paul") },
            Subject::Person { person: slug("ana") },
        ];
        for subject in ending {
            assert_eq!(after(&subject).ended(&bearings(), 4), Some(5), "{subject:?}");
            assert_eq!(after(&subject).ended(&bearings(), 5), None, "{subject:?} is older than the grant");
        }
        for other in [
            Subject::Agent { agent: slug("paul") },
            Subject::Person { person: slug("bot") },
            Subject::Session { grant: RequestId::from_u128(2).grant() },
        ] {
            assert_eq!(after(&other).ended(&bearings(), 0), None, "{other:?}");
        }
    }

    #[test]
    fn what_is_forgotten_is_still_seen() {
        let mut marks = after(&Subject::All);
        marks.learn(7, "agent:bot");
        marks.learn(9, "");
        assert_eq!((marks.seen(), marks.len()), (9, 2));
        marks.forget(6);
        assert_eq!((marks.seen(), marks.len()), (9, 1));
        assert_eq!(marks.ended(&bearings(), 6), Some(7));
        marks.forget(7);
        assert_eq!((marks.seen(), marks.ended(&bearings(), 0)), (9, None));
        marks.learn(10, SEALED);
        marks.forget(11);
        assert_eq!(marks.sealed(), Some(10));
        marks.learn(11, SUSPENDED);
        marks.forget(20);
        assert_eq!(marks.suspended(), Some(11));
        marks.learn(12, ACCEPTED);
        assert_eq!((marks.suspended(), marks.sealed()), (None, Some(10)));
    }

    #[test]
    fn a_seal_stands_from_its_own_number_until_a_later_one_lifts_it() {
        let mut marks = Watermarks::default();
        assert_eq!((marks.sealed(), marks.suspended()), (None, None), "nothing was ever read");
        assert!(marks.is_empty());
        marks.learn(3, SEALED);
        assert_eq!((marks.sealed(), marks.is_empty()), (Some(3), false));
        marks.learn(4, UNSEALED);
        assert_eq!(marks.sealed(), None);
        marks.learn(2, SEALED);
        assert_eq!(marks.sealed(), None, "an older row that comes late changes nothing");
        marks.learn(5, SEALED);
        assert_eq!(marks.sealed(), Some(5));
    }

    #[test]
    fn a_service_goes_alone_and_the_last_one_ends_the_session() {
        let mut marks = after(&Subject::Service { service: slug("git") });
        assert_eq!(marks.taken_away(&bearings(), &slug("git"), 4), Some(5));
        assert_eq!(marks.taken_away(&bearings(), &slug("mail"), 4), None);
        assert_eq!(marks.ended(&bearings(), 4), None);
        let mail = Subject::SessionService { grant: grant(), service: slug("mail") };
        for key in keys(&mail) {
            marks.learn(6, &key);
        }
        assert_eq!(marks.ended(&bearings(), 4), Some(6));
    }
}
