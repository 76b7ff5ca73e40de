//! How many people a grant needs, and whom among them.

use crate::{policy::Policy, tier};
use protocol::{Slug, Terms, Tier};
use std::collections::BTreeSet;

/// The most approvals that anything can ask for.
pub const MOST: u8 = 9;

/// What a grant needs of people, beside their permission and their proof.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quorum {
    /// How many different people must approve exactly this.
    pub approvals: u8,
    /// How many of them must not be the agent's owner.
    pub others: u8,
    /// Who must be among them: the owners of personal connections.
    pub owners: BTreeSet<Slug>,
}

/// Who approves, and who else it may have been: whoever makes a sign-in link for somebody can use it themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approver<'a> {
    /// The person.
    pub person: &'a Slug,
    /// By whose links they came in.
    pub let_in_by: &'a [Slug],
}

impl<'a> Approver<'a> {
    /// A person who came in by nobody's link.
    pub fn own(person: &'a Slug) -> Self {
        Self { person, let_in_by: &[] }
    }

    fn everybody(self) -> impl Iterator<Item = &'a Slug> {
        [self.person].into_iter().chain(self.let_in_by)
    }
}

/// Hands that may belong to one person count once.
fn distinct<'a>(by: &[Approver<'a>]) -> Vec<BTreeSet<&'a Slug>> {
    let mut distinct: Vec<BTreeSet<&Slug>> = Vec::new();
    for hand in by {
        let mut whole: BTreeSet<&Slug> = hand.everybody().collect();
        distinct.retain(|other| {
            let apart = other.is_disjoint(&whole);
            if !apart {
                whole.extend(other);
            }
            apart
        });
        distinct.push(whole);
    }
    distinct
}

/// What is still missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The owner of a personal connection.
    #[error("{0} has to approve it, whose own account this is")]
    Owner(Slug),
    /// Somebody who does not own the agent.
    #[error("somebody who does not own the agent has to approve it")]
    Other,
    /// Somebody else than the one who let a person in who has approved it.
    #[error(
        "{0} came in by a sign-in link that {1} made, so the two count as one until another admin vouches for {0}: \
         somebody else has to approve it"
    )]
    Apart(Slug, Slug),
    /// More people.
    #[error("{0} more must approve it")]
    More(u8),
}

impl Quorum {
    /// What these terms need: the most that their tier, their services and the settings ask for. Critical things never
    /// rest on one person, whatever the settings say.
    pub fn of(terms: &Terms, policy: &Policy) -> Self {
        let tier = tier::terms_tier(terms);
        let services = terms.lines.iter().map(|line| line.service.approvals).max().unwrap_or(1);
        let least = if tier == Tier::Critical { 2 } else { 1 };
        let approvals = services.max(policy.approvals_of(tier)).max(least).min(MOST);
        let four_eyes = four_eyes(terms, policy);
        let owners: BTreeSet<Slug> = terms
            .lines
            .iter()
            .filter_map(|line| line.connection.as_ref().and_then(|it| it.owner.clone()))
            .collect();
        // Where the owner of the agent has to approve it because the account is theirs, four eyes mean one more.
        let own_account = four_eyes && owners.contains(&terms.owner);
        let approvals = if own_account { approvals.max(2) } else { approvals };
        Self { approvals, others: u8::from(four_eyes || approvals > 1), owners }
    }

    /// Whether the agent's owner has to keep out of it: where four eyes are asked, unless the account is theirs.
    pub fn keeps_the_owner_out(&self, terms: &Terms, policy: &Policy) -> bool {
        four_eyes(terms, policy) && !self.owners.contains(&terms.owner)
    }

    /// Whether one person can be enough.
    pub fn is_one(&self) -> bool {
        self.approvals <= 1
    }

    /// What is missing when these have approved; nothing if it is complete.
    pub fn missing(&self, by: &[Approver<'_>], agent_owner: &Slug) -> Option<Missing> {
        if let Some(owner) = self.owners.iter().find(|owner| by.iter().all(|it| it.person != *owner)) {
            return Some(Missing::Owner(owner.clone()));
        }
        let people: BTreeSet<&Slug> = by.iter().map(|it| it.person).collect();
        let hands = distinct(by);
        let others = |count: usize| count < usize::from(self.others);
        let apart = || {
            let mut let_in = by.iter().filter_map(|it| Some((it.person, it.let_in_by.first()?)));
            let_in.next().map(|(person, by)| Missing::Apart(person.clone(), by.clone()))
        };
        if others(hands.iter().filter(|hand| !hand.contains(agent_owner)).count()) {
            let would_be_enough = !others(people.iter().filter(|person| **person != agent_owner).count());
            return if would_be_enough { apart() } else { Some(Missing::Other) };
        }
        let more = |count: usize| usize::from(self.approvals).saturating_sub(count);
        match (more(hands.len()), more(people.len())) {
            (0, _) => None,
            (_, 0) => apart(),
            (left, _) => Some(Missing::More(u8::try_from(left).unwrap_or(u8::MAX))),
        }
    }
}

/// Whether somebody else than the agent's owner has to look at it.
fn four_eyes(terms: &Terms, policy: &Policy) -> bool {
    let tier = tier::terms_tier(terms);
    policy.four_eyes_from.is_some_and(|from| tier >= from)
        || terms.lines.iter().any(|line| line.service.four_eyes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use protocol::Effect;

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    /// Reading and commenting in one project, of paul's agent, through a shared account.
    fn terms() -> Terms {
        let mut terms = samples::terms();
        terms.lines[0].actions.truncate(2);
        terms
    }

    fn personal(mut terms: Terms, owner: &str) -> Terms {
        terms.lines[0].connection.as_mut().unwrap().owner = Some(slug(owner));
        terms
    }

    fn critical(mut terms: Terms) -> Terms {
        terms.lines[0].actions[0].effect = Effect::Admin;
        terms
    }

    fn missing(terms: &Terms, policy: &Policy, by: &[&str]) -> Option<Missing> {
        let by: Vec<(&str, &[&str])> = by.iter().map(|name| (*name, &[][..])).collect();
        missing_of(terms, policy, &by)
    }

    /// The same with whom each was let in by.
    fn missing_of(terms: &Terms, policy: &Policy, by: &[(&str, &[&str])]) -> Option<Missing> {
        let by: Vec<(Slug, Vec<Slug>)> =
            by.iter().map(|(name, links)| (slug(name), links.iter().map(|it| slug(it)).collect())).collect();
        let hands: Vec<Approver<'_>> =
            by.iter().map(|(person, let_in_by)| Approver { person, let_in_by }).collect();
        Quorum::of(terms, policy).missing(&hands, &terms.owner)
    }

    const PLAIN: Policy = Policy::DEFAULT;
    const FOUR_EYES: Policy = Policy { four_eyes_from: Some(Tier::Low), ..PLAIN };

    #[test]
    fn one_person_is_enough_for_plain_things() {
        assert_eq!(missing(&terms(), &PLAIN, &["paul"]), None);
        assert_eq!(missing(&terms(), &PLAIN, &[]), Some(Missing::More(1)));
    }

    #[test]
    fn critical_things_never_rest_on_one_person() {
        let lax = Policy { approvals: [1; 4], ..PLAIN };
        for policy in [PLAIN, lax] {
            assert_eq!(missing(&critical(terms()), &policy, &["paul"]), Some(Missing::Other));
            assert_eq!(missing(&critical(terms()), &policy, &["ana"]), Some(Missing::More(1)));
            assert_eq!(missing(&critical(terms()), &policy, &["paul", "ana"]), None);
        }
    }

    #[test]
    fn the_most_that_anything_asks_for_counts() {
        let mut two = terms();
        two.lines[0].service.approvals = 2;
        assert_eq!(missing(&two, &PLAIN, &["ana"]), Some(Missing::More(1)));
        let three = Policy { approvals: [1, 3, 1, 1], ..PLAIN };
        assert_eq!(missing(&two, &three, &["ana", "eve"]), Some(Missing::More(1)), "commenting is medium");
        assert_eq!(missing(&two, &three, &["ana", "eve", "paul"]), None);
        two.lines[0].service.approvals = u8::MAX;
        assert_eq!(Quorum::of(&two, &PLAIN).approvals, MOST);
    }

    #[test]
    fn the_owner_of_an_account_is_always_among_them() {
        let anas = personal(critical(terms()), "ana");
        assert_eq!(missing(&anas, &PLAIN, &["paul", "eve"]), Some(Missing::Owner(slug("ana"))));
        assert_eq!(missing(&anas, &PLAIN, &["ana"]), Some(Missing::More(1)));
        assert_eq!(missing(&anas, &PLAIN, &["ana", "paul"]), None);
    }

    #[test]
    fn four_eyes_keep_the_owner_out_or_ask_for_one_more() {
        assert_eq!(missing(&terms(), &FOUR_EYES, &["paul"]), Some(Missing::Other));
        assert_eq!(missing(&terms(), &FOUR_EYES, &["ana"]), None);
        assert!(Quorum::of(&terms(), &FOUR_EYES).keeps_the_owner_out(&terms(), &FOUR_EYES));
        assert!(!Quorum::of(&terms(), &PLAIN).keeps_the_owner_out(&terms(), &PLAIN));

        let own = personal(terms(), "paul");
        let quorum = Quorum::of(&own, &FOUR_EYES);
        assert!(!quorum.keeps_the_owner_out(&own, &FOUR_EYES), "nobody else may use the account");
        assert_eq!(missing(&own, &FOUR_EYES, &["paul"]), Some(Missing::Other));
        assert_eq!(missing(&own, &FOUR_EYES, &["paul", "ana"]), None);

        let mut by_service = terms();
        by_service.lines[0].service.four_eyes = true;
        assert_eq!(missing(&by_service, &PLAIN, &["paul"]), Some(Missing::Other));
    }
    #[test]
    fn whoever_lets_somebody_in_is_no_second_person() {
        let two = critical(terms());
        let apart = |person: &str, by: &str| Some(Missing::Apart(slug(person), slug(by)));
        let bob: (&str, &[&str]) = ("bob", &["ana"]);
        assert_eq!(missing_of(&two, &PLAIN, &[("ana", &[]), bob]), apart("bob", "ana"));
        assert_eq!(missing_of(&two, &PLAIN, &[("eve", &[]), bob]), None, "eve had no hand in it");
        // Two that one person let in are that one person, who need not have approved it.
        assert_eq!(missing_of(&two, &PLAIN, &[("cleo", &["ana"]), bob]), apart("cleo", "ana"));
        // In two steps, too; and whoever approves later joins those of before.
        let cleo: (&str, &[&str]) = ("cleo", &["bob", "ana"]);
        assert_eq!(missing_of(&two, &PLAIN, &[("ana", &[]), cleo]), apart("cleo", "bob"));
        let three = Policy { approvals: [1, 1, 1, 3], ..PLAIN };
        assert_eq!(missing_of(&two, &three, &[("ana", &[]), ("eve", &[]), cleo]), apart("cleo", "bob"));
        assert_eq!(missing_of(&two, &three, &[("ana", &[]), cleo]), Some(Missing::More(2)));
    }

    #[test]
    fn whom_the_owner_let_in_is_not_somebody_else() {
        let apart = Some(Missing::Apart(slug("ana"), slug("paul")));
        assert_eq!(missing_of(&terms(), &FOUR_EYES, &[("ana", &["paul"])]), apart);
        assert_eq!(missing_of(&terms(), &FOUR_EYES, &[("ana", &["paul"]), ("eve", &[])]), None);
        assert_eq!(missing_of(&terms(), &FOUR_EYES, &[("ana", &["eve"])]), None);
        let own = personal(terms(), "paul");
        assert_eq!(missing_of(&own, &FOUR_EYES, &[("paul", &[]), ("ana", &["paul"])]), apart);
        // Nor is whoever let the owner in, where the owner approves beside them.
        let let_in = Some(Missing::Apart(slug("paul"), slug("ana")));
        assert_eq!(missing_of(&own, &FOUR_EYES, &[("paul", &["ana"]), ("ana", &[])]), let_in);
    }
}
