//! How long services may take to answer, and which certificate authorities they may have.

use super::{
    ConfigError, Layers, Setting,
    keys::{Key, UPSTREAM_CA, UPSTREAM_FIRST_BYTE, UPSTREAM_IDLE, UPSTREAM_TOOL, UPSTREAM_TOTAL},
};
use crate::egress::EgressLimits;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use std::{path::PathBuf, time::Duration};

/// The longest of these times: no session is longer.
const LONGEST: Duration = Duration::from_hours(12);

/// How long services may take to answer, and which certificate authorities they may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamConfig {
    /// Until the head of an answer.
    pub first_byte: Setting<Duration>,
    /// Between two pieces of an answer.
    pub idle: Setting<Duration>,
    /// Instead of both, where a tool of an MCP server works.
    pub tool: Setting<Duration>,
    /// For a whole call.
    pub total: Setting<Duration>,
    /// Authorities beside the machine's, in PEM.
    pub authorities: Option<Setting<PathBuf>>,
}

impl UpstreamConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let usual = EgressLimits::default();
        let time = |key: Key, usual: Duration| match layers.get(key) {
            Some(given) => given.parse(|text| duration(&text)),
            None => Ok(Setting::by_default(usual)),
        };
        let authorities = layers.get(UPSTREAM_CA);
        let total = time(UPSTREAM_TOTAL, usual.total)?;
        Ok(Self {
            first_byte: time(UPSTREAM_FIRST_BYTE, usual.first_byte)?,
            idle: time(UPSTREAM_IDLE, usual.idle_body)?,
            tool: time(UPSTREAM_TOOL, usual.tool.min(total.value))?,
            total,
            authorities: authorities.map(|it| Setting { value: PathBuf::from(it.value), source: it.source }),
        })
    }

    /// The limits of the client that calls services.
    pub fn limits(&self) -> EgressLimits {
        let usual = EgressLimits::default();
        let (first_byte, idle_body) = (self.first_byte.value, self.idle.value);
        EgressLimits { first_byte, idle_body, tool: self.tool.value, total: self.total.value, ..usual }
    }

    /// Reads the authorities. A file without any is an error: it was meant to hold some.
    pub fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
        let Some(Setting { value, source }) = &self.authorities else { return Ok(Vec::new()) };
        let invalid = |why: String| ConfigError::Invalid {
            origin: source.clone(),
            why: format!("{}: {why}", value.display()),
        };
        let found = CertificateDer::pem_file_iter(value).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match found {
            Ok(found) if found.is_empty() => Err(invalid("holds no certificate in PEM".to_owned())),
            Ok(found) => Ok(found),
            Err(why) => Err(invalid(why.to_string())),
        }
    }
}

/// A time as 30s, 15m or 1h.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("{text:?} is not a time from 1s to 12h, as 30s, 15m or 1h");
    let at = text.len().saturating_sub(1);
    let (number, unit) = text.split_at_checked(at).ok_or_else(bad)?;
    let plain = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    let number: u64 = if plain { number.parse().map_err(|_| bad())? } else { return Err(bad()) };
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err(bad()),
    };
    let time = Duration::from_secs(number.saturating_mul(seconds));
    if (Duration::from_secs(1)..=LONGEST).contains(&time) { Ok(time) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_a_unit() {
        for (text, seconds) in [("1s", 1), ("90s", 90), ("15m", 900), ("1h", 3_600), ("12h", 43_200)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in [
            "",
            "s",
            "0s",
            "30",
            "1.5h",
            "-1s",
            "+1s",
            "13h",
            "1d",
            "1 h",
            "99999999999999999999h",
            "1\u{e9}",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_of_authorities_holds_some() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("ca.pem");
        let read = |path: &PathBuf| {
            let path = Setting::by_default(path.clone());
            let time = Setting::by_default(Duration::from_secs(1));
            let config = UpstreamConfig {
                first_byte: time.clone(),
                idle: time.clone(),
                tool: time.clone(),
                total: time,
                authorities: Some(path),
            };
            config.authorities().map(|it| it.len()).map_err(|it| it.to_string())
        };
        assert!(read(&file).unwrap_err().contains("ca.pem"));
        std::fs::write(&file, "nothing").unwrap();
        assert!(read(&file).unwrap_err().ends_with("holds no certificate in PEM"));
        std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert_eq!(read(&file), Ok(1));
    }
}
