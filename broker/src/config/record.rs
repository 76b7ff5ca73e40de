//! How long the record is kept.

use super::{
    ConfigError, Layers, Setting,
    keys::{RETENTION, RETENTION_ARCHIVE},
};
use crate::retention::{Keeping, LEAST};
use chrono::TimeDelta;
use std::path::PathBuf;

/// The longest that can be said: what is to be kept longer is kept for ever.
const MOST_DAYS: i64 = 36_500;
/// The word for keeping everything.
const FOREVER: &str = "forever";

/// How long the record is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordConfig {
    /// What is older is dropped; nothing is without.
    pub keep: Setting<Option<TimeDelta>>,
    /// The folder of the archive of what is dropped.
    pub archive: Option<Setting<PathBuf>>,
}

impl RecordConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let keep = match layers.get(RETENTION) {
            Some(given) => given.parse(|text| parse(&text))?,
            None => Setting::by_default(None),
        };
        let archive = layers.get(RETENTION_ARCHIVE);
        let archive = archive.map(|it| Setting { value: PathBuf::from(it.value), source: it.source });
        Ok(Self { keep, archive })
    }

    /// What the broker goes by.
    pub fn keeping(&self) -> Keeping {
        Keeping { keep: self.keep.value, archive: self.archive.as_ref().map(|it| it.value.clone()) }
    }
}

/// Days as 90d, or the word for ever.
fn parse(text: &str) -> Result<Option<TimeDelta>, String> {
    if text == FOREVER {
        return Ok(None);
    }
    let bad = || format!("{text:?} is not a number of days from 7d to {MOST_DAYS}d, or the word {FOREVER}");
    let digits =
        text.strip_suffix('d').filter(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()));
    let days: i64 = digits.and_then(|it| it.parse().ok()).ok_or_else(bad)?;
    let fits = (LEAST.num_days()..=MOST_DAYS).contains(&days);
    if fits { Ok(Some(TimeDelta::days(days))) } else { Err(bad()) }
}

/// As it is set.
pub(super) fn shown(keep: Option<&TimeDelta>) -> String {
    keep.map_or_else(|| FOREVER.to_owned(), |it| format!("{}d", it.num_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_at_least_a_week() {
        for (text, days) in [("7d", Some(7)), ("90d", Some(90)), ("36500d", Some(36_500)), ("forever", None)]
        {
            assert_eq!(parse(text), Ok(days.map(TimeDelta::days)), "{text}");
            assert_eq!(shown(days.map(TimeDelta::days).as_ref()), text);
        }
        for bad in
            ["", "d", "7", "6d", "0d", "-7d", "+7d", "1.5d", "36501d", "99999999999999999999d", "7h", "ever"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
