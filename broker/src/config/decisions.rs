//! How many people and which proof a decision takes.

use super::{ConfigError, Layers, Setting, keys::DECISIONS};
use domain::{policy::Policy, quorum::MOST};
use protocol::Tier;

/// How many people and which proof a decision takes, as one text: `high=2, four_eyes=medium, passkey=always`. What is
/// left out stays as it is by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionsConfig {
    /// The numbers.
    pub decisions: Setting<Decisions>,
}

/// The numbers of [`Policy`] that are set here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decisions {
    approvals: [u8; 4],
    four_eyes_from: Option<Tier>,
    passkey_for_everything: bool,
}

const TIERS: [(&str, Tier); 4] =
    [("low", Tier::Low), ("medium", Tier::Medium), ("high", Tier::High), ("critical", Tier::Critical)];

impl Default for Decisions {
    fn default() -> Self {
        let Policy { approvals, four_eyes_from, passkey_for_everything, .. } = Policy::DEFAULT;
        Self { approvals, four_eyes_from, passkey_for_everything }
    }
}

impl Decisions {
    /// The policy with these numbers.
    pub fn within(self, policy: Policy) -> Policy {
        let Self { approvals, four_eyes_from, passkey_for_everything } = self;
        Policy { approvals, four_eyes_from, passkey_for_everything, ..policy }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut it = Self::default();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(|| format!("{pair:?} is not NAME=VALUE"))?;
            let (name, value) = (name.trim(), value.trim());
            if let Some(place) = TIERS.iter().position(|(tier, _)| *tier == name) {
                it.approvals[place] = people(name, value)?;
                continue;
            }
            match name {
                "four_eyes" => it.four_eyes_from = four_eyes(value)?,
                "passkey" => it.passkey_for_everything = always(value)?,
                other => {
                    return Err(format!(
                        "there is no {other:?}: low, medium, high, critical (how many people), four_eyes (from which tier, or \
                         never), passkey (by-tier or always)"
                    ));
                }
            }
        }
        Ok(it)
    }
}

impl std::fmt::Display for Decisions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for ((name, _), people) in TIERS.iter().zip(self.approvals) {
            write!(f, "{name}={people}, ")?;
        }
        let tier = TIERS.iter().find(|(_, tier)| Some(*tier) == self.four_eyes_from);
        let passkey = if self.passkey_for_everything { "always" } else { "by-tier" };
        write!(f, "four_eyes={}, passkey={passkey}", tier.map_or("never", |(name, _)| name))
    }
}

impl DecisionsConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let decisions = match layers.get(DECISIONS) {
            Some(given) => given.parse(|text| Decisions::parse(&text))?,
            None => Setting::by_default(Decisions::default()),
        };
        Ok(Self { decisions })
    }
}

fn people(tier: &str, value: &str) -> Result<u8, String> {
    let least = if tier == "critical" { 2 } else { 1 };
    let people = value.parse().ok().filter(|it| (least..=MOST).contains(it));
    people.ok_or_else(|| format!("{tier} takes {least} to {MOST} people, not {value:?}"))
}

fn four_eyes(value: &str) -> Result<Option<Tier>, String> {
    if value == "never" {
        return Ok(None);
    }
    let tier = TIERS.iter().find(|(name, _)| *name == value).map(|(_, tier)| *tier);
    let why = || format!("four_eyes is never, low, medium, high or critical, not {value:?}");
    tier.map(Some).ok_or_else(why)
}

fn always(value: &str) -> Result<bool, String> {
    match value {
        "always" => Ok(true),
        "by-tier" => Ok(false),
        other => Err(format!("passkey is by-tier or always, not {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_back() {
        let said = "low=1, medium=1, high=2, critical=3, four_eyes=high, passkey=always";
        let decisions = Decisions::parse(said).unwrap();
        assert_eq!(decisions.to_string(), said);
        let policy = decisions.within(Policy::DEFAULT);
        assert_eq!((policy.approvals, policy.four_eyes_from), ([1, 1, 2, 3], Some(Tier::High)));
        assert!(policy.passkey_for_everything);
        assert_eq!(Decisions::parse(""), Ok(Decisions::default()));
        assert_eq!(Decisions::parse("four_eyes=never,passkey=by-tier"), Ok(Decisions::default()));
    }

    #[test]
    fn what_weakens_or_means_nothing_is_refused() {
        for bad in
            ["critical=1", "low=0", "low=10", "low", "tier=2", "four_eyes=yes", "passkey=never", "high=x"]
        {
            assert!(Decisions::parse(bad).is_err(), "{bad}");
        }
    }
}
