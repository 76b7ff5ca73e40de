//! The numbers, and what a person's proof of presence lets them grant.

use crate::tier::{action_tier, tier_on};
use protocol::{Action, Line, Tier};

/// The limits of requests and grants. Seconds, unless a name says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The shortest grant.
    pub min_duration: u32,
    /// What a request that names no duration asks for, and the most that a card offers by default.
    pub default_duration: u32,
    /// The longest grant.
    pub max_duration: u32,
    /// How long a request waits for a decision.
    pub pending: u32,
    /// How long it waits if it was asked as asynchronous.
    pub pending_asynchronous: u32,
    /// How long after the approval a grant can be redeemed.
    pub redeem_within: u32,
    /// After how long without a call a grant ends.
    pub idle: u32,
    /// How many requests of one agent may be open.
    pub max_pending: u32,
    /// How many sessions one agent may ask for in a minute; 0: as many as it likes.
    pub requests_per_minute: u32,
    /// How many exchanges and calls one agent may make in a second; 0: as many as it likes.
    pub calls_per_second: u32,
    /// How many requests one person may decide on in a minute; 0: as many as they like.
    pub decisions_per_minute: u32,
    /// How often one address may try to sign in or to set up in a minute; 0: as often as it likes.
    pub sign_ins_per_minute: u32,
    /// How often one client may fail to authenticate from one address in a minute; 0: as often as it likes.
    pub failures_per_minute: u32,
    /// After how many denials within the window an agent cools down; 0: never.
    pub cool_down_after: u32,
    /// How long the first cool-down lasts; each further denial doubles it.
    pub cool_down: u32,
    /// The longest cool-down.
    pub cool_down_longest: u32,
    /// For how long a denial counts.
    pub cool_down_window: u32,
    /// How many lines a request may have.
    pub max_lines: usize,
    /// How many resources a line may name.
    pub max_resources: usize,
    /// How many conditions a line may have.
    pub max_conditions: usize,
    /// How many characters the name of a resource or the value of a condition may have.
    pub max_name_chars: usize,
    /// How many characters a purpose or a reason may have.
    pub max_purpose_chars: usize,
    /// How many characters an idempotency key may have.
    pub max_key_chars: usize,
    /// How long a call token lives.
    pub call_token: u32,
    /// How long a web session lives.
    pub web_session: u32,
    /// After how long without a page a web session ends.
    pub web_idle: u32,
    /// How long a sign-in link works.
    pub sign_in_link: u32,
    /// A decision earlier than so many milliseconds after the card was shown is refused.
    pub min_decision_ms: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Policy {
    /// The numbers of the design.
    pub const DEFAULT: Self = Self {
        min_duration: 5,
        default_duration: 3_600,
        max_duration: 43_200,
        pending: 600,
        pending_asynchronous: 10_800,
        redeem_within: 600,
        idle: 1_800,
        max_pending: 5,
        requests_per_minute: 120,
        calls_per_second: 0,
        decisions_per_minute: 120,
        sign_ins_per_minute: 120,
        failures_per_minute: 30,
        cool_down_after: 2,
        cool_down: 600,
        cool_down_longest: 7_200,
        cool_down_window: 21_600,
        max_lines: 10,
        max_resources: 50,
        max_conditions: 20,
        max_name_chars: 200,
        max_purpose_chars: 280,
        max_key_chars: 200,
        call_token: 60,
        web_session: 43_200,
        web_idle: 1_800,
        sign_in_link: 600,
        min_decision_ms: 800,
    };

    /// How long after the last of so many denials within the window an agent asks for nothing, in seconds; 0: it may
    /// ask.
    pub fn cool_down_of(&self, denials: u32) -> u32 {
        let Some(more) = denials.checked_sub(self.cool_down_after).filter(|_| self.cool_down_after > 0)
        else {
            return 0;
        };
        let doubled = 1_u32.checked_shl(more).and_then(|factor| self.cool_down.checked_mul(factor));
        doubled.unwrap_or(u32::MAX).min(self.cool_down_longest)
    }

    /// What a card grants by default of an asked duration.
    pub fn offered_duration(&self, asked: u32) -> u32 {
        asked.min(self.default_duration).min(self.max_duration)
    }

    /// The durations that a card offers: ascending, never more than was asked.
    pub fn duration_options(&self, asked: u32) -> Vec<u32> {
        let most = asked.min(self.max_duration);
        let usual = [900, self.default_duration, 14_400, most];
        let mut options: Vec<u32> =
            usual.into_iter().filter(|option| (self.min_duration..=most).contains(option)).collect();
        options.sort_unstable();
        options.dedup();
        options
    }
}

/// How a person proves that it is them who decides. Each is worth everything that those before it are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// A click in a live session.
    Click,
    /// A passkey used on the digest of the grant.
    Passkey,
    /// That, and a second person who does the same.
    PasskeyAndSecondPerson,
}

/// The proof that a grant of this tier needs.
pub fn needs(tier: Tier) -> Proof {
    match tier {
        Tier::Low | Tier::Medium => Proof::Click,
        Tier::High => Proof::Passkey,
        Tier::Critical => Proof::PasskeyAndSecondPerson,
    }
}

/// Whether something of this tier can be granted with the strongest proof that the broker can take; if not, why.
pub fn grantable(tier: Tier, strongest: Proof) -> Result<(), String> {
    let needed = needs(tier);
    if needed <= strongest {
        return Ok(());
    }
    let what = match needed {
        Proof::Click | Proof::Passkey => "a passkey",
        Proof::PasskeyAndSecondPerson if strongest >= Proof::Passkey => "a second person",
        Proof::PasskeyAndSecondPerson => "a passkey and a second person",
    };
    Err(format!("needs {what}, which this broker cannot take yet"))
}

/// Why an action on this line cannot be granted now; none if it can. Says so if naming resources would help.
pub fn disabled_because(action: &Action, line: &Line, strongest: Proof) -> Option<String> {
    let why = grantable(tier_on(action, line), strongest).err()?;
    let bounded = action_tier(action.effect, action.reversible, line.service.sensitive, false);
    let would_help =
        line.resources.is_empty() && line.service.resource.is_some() && grantable(bounded, strongest).is_ok();
    Some(if would_help { format!("{why}, unless the request names its resources") } else { why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn proofs_and_tiers() {
        use Proof::{Click, Passkey, PasskeyAndSecondPerson};
        let table = [
            (Tier::Low, Click, ""),
            (Tier::Medium, Click, ""),
            (Tier::High, Click, "needs a passkey, which this broker cannot take yet"),
            (Tier::Critical, Click, "needs a passkey and a second person, which this broker cannot take yet"),
            (Tier::High, Passkey, ""),
            (Tier::Critical, Passkey, "needs a second person, which this broker cannot take yet"),
            (Tier::Critical, PasskeyAndSecondPerson, ""),
        ];
        for (tier, proof, why) in table {
            assert_eq!(grantable(tier, proof).err().unwrap_or_default(), why, "{tier:?} {proof:?}");
        }
    }

    #[test]
    fn naming_resources_is_suggested_only_where_it_helps() {
        let mut line = samples::terms().lines.remove(0);
        let because = |line: &Line, name: &str| {
            let action = line.actions.iter().find(|action| action.name == name).unwrap();
            disabled_because(action, line, Proof::Click)
        };
        assert_eq!(because(&line, "issues.close"), None);
        assert_eq!(
            because(&line, "issues.delete").unwrap(),
            "needs a passkey, which this broker cannot take yet"
        );
        line.resources.clear();
        assert_eq!(
            because(&line, "issues.close").unwrap(),
            "needs a passkey, which this broker cannot take yet, unless the request names its resources"
        );
        assert!(!because(&line, "issues.delete").unwrap().contains("unless"));
        line.service.resource = None;
        assert!(!because(&line, "issues.close").unwrap().contains("unless"));
    }

    #[test]
    fn offered_durations_never_exceed_what_was_asked() {
        let policy = Policy::default();
        let table: [(u32, &[u32], u32); 6] = [
            (5, &[5], 5),
            (900, &[900], 900),
            (1_800, &[900, 1_800], 1_800),
            (3_600, &[900, 3_600], 3_600),
            (28_800, &[900, 3_600, 14_400, 28_800], 3_600),
            (90_000, &[900, 3_600, 14_400, 43_200], 3_600),
        ];
        for (asked, options, chosen) in table {
            assert_eq!(policy.duration_options(asked), options, "{asked}");
            assert_eq!(policy.offered_duration(asked), chosen, "{asked}");
            assert!(options.contains(&chosen));
        }
    }
}
