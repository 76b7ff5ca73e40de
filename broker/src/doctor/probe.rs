//! How a request of our own arrives that went out through the public URL and whatever stands in front of the broker.
//!
//! It carries a number that nobody can guess. The guard that sees it come in notes how it arrived, for the check alone:
//! nothing of it is said to whoever asked, so that nobody else can learn how the broker stands.

use super::Check;
use crate::net::Arrival;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use rustls::pki_types::CertificateDer;
use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};
use x509_parser::{extensions::GeneralName, prelude::FromDer as _};

/// The header with the number.
pub const HEADER: HeaderName = HeaderName::from_static("countersign-probe");
/// A cookie like that of a person's session, there and back.
pub const COOKIE: &str = "__Host-countersign-probe";

/// What a probe looked like when it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// Whether the peer is a proxy that is trusted.
    pub trusted: bool,
    /// Whether somebody says that it forwarded the request.
    pub forwarded: bool,
    /// What the peer says of the scheme.
    pub proto: Option<String>,
    /// The host that was asked for.
    pub host: Option<String>,
    /// Why a page would have been refused.
    pub misplaced: Option<crate::net::arrival::Misplaced>,
    /// Whether the cookie came along.
    pub cookie: bool,
}

/// The probe that is out, if there is one.
#[derive(Debug, Default)]
pub struct Probes(Mutex<Option<Probe>>);

#[derive(Debug)]
struct Probe {
    number: String,
    seen: Option<Seen>,
}

impl Probes {
    /// From now on this number is waited for.
    pub(super) fn send(&self, number: &str) {
        *self.lock() = Some(Probe { number: number.to_owned(), seen: None });
    }

    /// What came of it.
    pub(super) fn take(&self) -> Option<Seen> {
        self.lock().take().and_then(|it| it.seen)
    }

    /// Notes how a request arrived if it is the probe; gives the cookie for its answer.
    pub fn notice(
        &self,
        arrival: &Arrival,
        public_url: &str,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<HeaderValue> {
        let number = headers.get(&HEADER)?;
        let mut probe = self.lock();
        let waiting = probe.as_mut()?;
        verify_slices_are_equal(number.as_bytes(), waiting.number.as_bytes()).ok()?;
        let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
        let cookie = format!("{COOKIE}={}", waiting.number);
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
        let came = sent.flat_map(|it| it.split(';')).any(|it| it.trim() == cookie);
        waiting.seen = Some(Seen {
            peer: arrival.peer.to_canonical(),
            trusted: arrival.proxies.holds(arrival.peer),
            forwarded: text("x-forwarded-for").is_some()
                || text("forwarded").is_some()
                || text("via").is_some(),
            proto: text("x-forwarded-proto"),
            host: text("x-forwarded-host").or_else(|| text("host")),
            misplaced: arrival.check(public_url, uri, headers).err(),
            cookie: came,
        });
        HeaderValue::try_from(format!("{cookie}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")).ok()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Probe>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What matters of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    until: Option<DateTime<Utc>>,
    from: Option<DateTime<Utc>>,
    names: Vec<String>,
}

/// A certificate that ends sooner should have been renewed by now.
const SOON: TimeDelta = TimeDelta::days(14);

impl Leaf {
    /// Reads it; what cannot be read is as good as not there.
    pub fn of(der: &CertificateDer<'_>) -> Self {
        let Ok((_, parsed)) = x509_parser::certificate::X509Certificate::from_der(der) else {
            return Self { until: None, from: None, names: Vec::new() };
        };
        let time = |seconds: i64| DateTime::from_timestamp(seconds, 0);
        let names = parsed.subject_alternative_name().ok().flatten();
        let names =
            names.map_or_else(Vec::new, |it| it.value.general_names.iter().filter_map(name).collect());
        let validity = parsed.validity();
        Self {
            until: time(validity.not_after.timestamp()),
            from: time(validity.not_before.timestamp()),
            names,
        }
    }

    /// Whether it is good for an address, and how long.
    pub fn judge(&self, check: &str, url: &str, now: DateTime<Utc>) -> Check {
        let host =
            url::Url::parse(url).ok().and_then(|it| it.host_str().map(str::to_owned)).unwrap_or_default();
        let renew = "renew it; the broker reads new files by itself";
        let Some(until) = self.until else {
            return Check::failure(check, "cannot be read", renew);
        };
        let day = until.format("%Y-%m-%d");
        if until <= now {
            Check::failure(check, format!("ended on {day}: browsers and agents refuse it"), renew)
        } else if self.from.is_some_and(|from| from > now) {
            Check::failure(check, "is not valid yet", "look at the clock of this machine")
        } else if !self.names.iter().any(|name| matches(name, &host)) {
            let what = format!("is for {}, not for {host}", self.names.join(", "));
            Check::failure(check, what, "get one for the host of public_url, or correct public_url")
        } else if until - now < SOON {
            Check::warning(check, format!("ends on {day}"), renew)
        } else {
            Check::ok(check, format!("is for {host} until {day}"))
        }
    }

    /// That it ends soon, if it does.
    pub fn ends_soon(&self, now: DateTime<Utc>) -> Option<String> {
        let until = self.until.filter(|until| *until - now < SOON)?;
        Some(format!("its certificate ends on {}", until.format("%Y-%m-%d")))
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|it| IpAddr::from(it).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|it| IpAddr::from(it).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// RFC 6125: a star stands for exactly the first label.
fn matches(name: &str, host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    match name.strip_prefix("*.") {
        Some(rest) => host.split_once('.').is_some_and(|(first, more)| !first.is_empty() && more == rest),
        None => name == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    fn leaf(names: &[&str], from: i64, until: i64) -> Leaf {
        let names = names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        let day = |day: i64| {
            rcgen::date_time_ymd(2026, 1, 1)
                + std::time::Duration::from_secs(u64::try_from(day * 86_400).unwrap())
        };
        (params.not_before, params.not_after) = (day(from), day(until));
        let key = rcgen::KeyPair::generate().unwrap();
        Leaf::of(params.self_signed(&key).unwrap().der())
    }

    #[test]
    fn a_certificate_is_for_a_name_and_a_time() {
        let at = |day: i64| {
            DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").unwrap().to_utc() + TimeDelta::days(day)
        };
        let it = leaf(&["sign.example", "*.wild.example", "192.0.2.7"], 10, 100);
        let verdict = |url: &str, day: i64| it.judge("certificate", url, at(day)).verdict;
        for good in ["https://sign.example", "https://a.wild.example:8443", "https://192.0.2.7"] {
            assert_eq!(verdict(good, 50), Verdict::Ok, "{good}");
        }
        for bad in
            ["https://other.example", "https://wild.example", "https://a.b.wild.example", "https://192.0.2.8"]
        {
            assert_eq!(verdict(bad, 50), Verdict::Failure, "{bad}");
        }
        for (day, seen) in
            [(9, Verdict::Failure), (85, Verdict::Ok), (87, Verdict::Warning), (100, Verdict::Failure)]
        {
            assert_eq!(verdict("https://sign.example", day), seen, "{day}");
        }
        assert_eq!(
            Leaf::of(&CertificateDer::from(vec![1, 2, 3])).judge("c", "https://x", at(0)).verdict,
            Verdict::Failure
        );
    }
}
