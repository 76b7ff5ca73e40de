//! How much anybody may ask.

use super::{ConfigError, Layers, Setting, keys::LIMITS};
use domain::policy::Policy;

/// How much anybody may ask, as one text: `requests=60, calls=100`. What is left out stays as it is by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsConfig {
    /// The policy with these numbers.
    pub policy: Setting<Policy>,
}

impl LimitsConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let policy = match layers.get(LIMITS) {
            Some(given) => given.parse(|text| parse(&text))?,
            None => Setting::by_default(Policy::DEFAULT),
        };
        Ok(Self { policy })
    }
}

fn parse(text: &str) -> Result<Policy, String> {
    let mut policy = Policy::DEFAULT;
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, number) = pair.split_once('=').ok_or_else(|| format!("{pair:?} is not NAME=NUMBER"))?;
        let number = number.trim().parse().map_err(|_| format!("{pair:?}: a number must follow"))?;
        let place = match name.trim() {
            "requests" => &mut policy.requests_per_minute,
            "calls" => &mut policy.calls_per_second,
            "prompts" => &mut policy.prompts_per_minute,
            "decisions" => &mut policy.decisions_per_minute,
            "sign_ins" => &mut policy.sign_ins_per_minute,
            "failures" => &mut policy.failures_per_minute,
            "cool_down_after" => &mut policy.cool_down_after,
            "cool_down" => &mut policy.cool_down,
            "cool_down_longest" => &mut policy.cool_down_longest,
            "cool_down_window" => &mut policy.cool_down_window,
            other => {
                return Err(format!(
                    "there is no limit {other:?}: requests, prompts, decisions, sign_ins, failures (a minute), calls (a second), \
                     cool_down_after (denials), cool_down, cool_down_longest, cool_down_window (seconds)"
                ));
            }
        };
        *place = number;
    }
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stays() {
        let policy = parse("requests=7, cool_down = 60,").unwrap();
        assert_eq!(policy, Policy { requests_per_minute: 7, cool_down: 60, ..Policy::DEFAULT });
        assert_eq!(parse(""), Ok(Policy::DEFAULT));
        for bad in ["requests", "requests=", "requests=-1", "request=1", "max_duration=1", "calls=1/s"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
