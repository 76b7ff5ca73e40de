//! The numbers, and how many people and which proof a decision takes.

use protocol::Tier;

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
    /// How often agents may ask one person by name (CIBA) in a minute; 0: as often as they like.
    pub prompts_per_minute: u32,
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
    /// How many people must approve something of each tier, from low to critical. Critical takes two at least.
    pub approvals: [u8; 4],
    /// From which tier on somebody else than the agent's owner has to decide.
    pub four_eyes_from: Option<Tier>,
    /// Whether every approval takes a passkey, of whatever tier: for places where agents drive a browser.
    pub passkey_for_everything: bool,
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
        prompts_per_minute: 5,
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
        approvals: [1, 1, 1, 2],
        four_eyes_from: None,
        passkey_for_everything: false,
    };

    /// How many people must approve something of this tier.
    pub fn approvals_of(&self, tier: Tier) -> u8 {
        let [low, medium, high, critical] = self.approvals;
        match tier {
            Tier::Low => low,
            Tier::Medium => medium,
            Tier::High => high,
            Tier::Critical => critical.max(2),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

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
