//! What a person has to prove before they can grant something, and what they can prove.

use crate::{
    policy::Policy,
    tier::{action_tier, terms_tier, tier_on},
};
use protocol::{Action, Line, Terms, Tier};

/// Whether a person can answer with a passkey where they decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Passkey {
    /// They have none.
    #[default]
    Missing,
    /// They have one, but it cannot be asked for here, as through an API token.
    Elsewhere,
    /// They have one, and it can be asked for.
    Here,
}

/// What a person who decides can bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Means {
    /// Their passkey.
    pub passkey: Passkey,
    /// Whether there are others who may approve it too.
    pub others: bool,
}

impl Means {
    /// Everything.
    pub const ALL: Self = Self { passkey: Passkey::Here, others: true };

    /// Whether the person has a passkey, wherever it can be used.
    pub fn has_passkey(self) -> bool {
        self.passkey != Passkey::Missing
    }
}

/// Whether something of this tier takes a passkey: everything high, what is medium if the person has one, and whatever
/// the settings say.
pub fn takes_passkey(tier: Tier, has_passkey: bool, policy: &Policy) -> bool {
    match tier {
        _ if policy.passkey_for_everything => true,
        Tier::Low => false,
        Tier::Medium => has_passkey,
        Tier::High | Tier::Critical => true,
    }
}

/// Whether a decision on these terms must come with evidence, whoever took it: what no person may leave out.
pub fn takes_evidence(terms: &Terms, policy: &Policy) -> bool {
    takes_passkey(terms_tier(terms), false, policy)
}

/// Why something of this tier cannot be granted with these means; none if it can.
fn lacking(tier: Tier, means: Means, policy: &Policy) -> Option<&'static str> {
    let passkey = takes_passkey(tier, means.has_passkey(), policy);
    match (passkey, means.passkey, tier) {
        (true, Passkey::Missing, Tier::Critical) => Some("needs a passkey, and a second person"),
        (true, Passkey::Missing, _) => Some("needs a passkey"),
        (true, Passkey::Elsewhere, _) => Some("needs your passkey, which cannot be used here"),
        (_, _, Tier::Critical) if !means.others => {
            Some("needs a second person, and there is nobody else who may approve it")
        }
        _ => None,
    }
}

/// Why an action that is to be approved call by call cannot be granted.
const ASKED_EACH_TIME: &str = "needs an approval of each call, which cannot be asked for yet";

/// Why an action on this line cannot be granted with these means; none if it can. Says so if naming resources would
/// help.
pub fn disabled_because(action: &Action, line: &Line, means: Means, policy: &Policy) -> Option<String> {
    if action.ask {
        return Some(ASKED_EACH_TIME.to_owned());
    }
    let why = lacking(tier_on(action, line), means, policy)?;
    let bounded = action_tier(action.effect, action.reversible, line.service.sensitive, false);
    let would_help = line.resources.is_empty()
        && line.service.resource.is_some()
        && lacking(bounded, means, policy).is_none();
    Some(if would_help { format!("{why}, unless the request names its resources") } else { why.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    const NOBODY: Means = Means { passkey: Passkey::Missing, others: false };
    const TOKEN: Means = Means { passkey: Passkey::Elsewhere, others: true };
    const ALONE: Means = Means { passkey: Passkey::Here, others: false };

    #[test]
    fn what_is_asked_each_time_is_granted_by_nobody() {
        let mut line = samples::terms().lines.remove(0);
        let mut action = line.actions.remove(0);
        assert_eq!(disabled_because(&action, &line, Means::ALL, &Policy::DEFAULT), None);
        action.ask = true;
        let why = disabled_because(&action, &line, Means::ALL, &Policy::DEFAULT);
        assert_eq!(why.as_deref(), Some(ASKED_EACH_TIME));
    }

    #[test]
    fn means_and_tiers() {
        let elsewhere = "needs your passkey, which cannot be used here";
        let second = "needs a second person, and there is nobody else who may approve it";
        let table = [
            (Tier::Low, NOBODY, ""),
            (Tier::Low, TOKEN, ""),
            (Tier::Medium, NOBODY, ""),
            (Tier::Medium, TOKEN, elsewhere),
            (Tier::Medium, ALONE, ""),
            (Tier::High, NOBODY, "needs a passkey"),
            (Tier::High, TOKEN, elsewhere),
            (Tier::High, ALONE, ""),
            (Tier::Critical, NOBODY, "needs a passkey, and a second person"),
            (Tier::Critical, TOKEN, elsewhere),
            (Tier::Critical, ALONE, second),
            (Tier::Critical, Means::ALL, ""),
        ];
        for (tier, means, why) in table {
            let lacks = lacking(tier, means, &Policy::DEFAULT).unwrap_or_default();
            assert_eq!(lacks, why, "{tier:?} {means:?}");
        }
    }

    #[test]
    fn a_passkey_for_everything_is_one_for_low_things_too() {
        let strict = Policy { passkey_for_everything: true, ..Policy::DEFAULT };
        assert_eq!(lacking(Tier::Low, NOBODY, &strict), Some("needs a passkey"));
        assert_eq!(lacking(Tier::Low, ALONE, &strict), None);
        assert!(
            takes_passkey(Tier::Low, false, &strict) && !takes_passkey(Tier::Low, true, &Policy::DEFAULT)
        );
    }

    #[test]
    fn evidence_is_never_left_out_of_what_is_high() {
        let mut terms = samples::terms();
        assert!(takes_evidence(&terms, &Policy::DEFAULT), "it holds a delete");
        terms.lines[0].actions.truncate(3);
        assert!(!takes_evidence(&terms, &Policy::DEFAULT));
        assert!(takes_evidence(&terms, &Policy { passkey_for_everything: true, ..Policy::DEFAULT }));
    }

    #[test]
    fn naming_resources_is_suggested_only_where_it_helps() {
        let mut line = samples::terms().lines.remove(0);
        let because = |line: &Line, name: &str| {
            let action = line.actions.iter().find(|action| action.name == name).unwrap();
            disabled_because(action, line, NOBODY, &Policy::DEFAULT)
        };
        assert_eq!(because(&line, "issues.close"), None);
        assert_eq!(because(&line, "issues.delete").unwrap(), "needs a passkey");
        line.resources.clear();
        assert_eq!(
            because(&line, "issues.close").unwrap(),
            "needs a passkey, unless the request names its resources"
        );
        assert!(!because(&line, "issues.delete").unwrap().contains("unless"));
        line.service.resource = None;
        assert!(!because(&line, "issues.close").unwrap().contains("unless"));
    }
}
