//! The one-use code that lets the first person into an empty installation.
//!
//! `XXXX-XXXX-XXXX` in Crockford's base 32: 60 random bits, good for 30 minutes, printed on the host's terminal only.
//! Stored is `EXPIRES.SALT.HMAC`, where HMAC is HMAC-SHA-256 under the salt of `EXPIRES|CODE`. The page finds out with
//! [`recognise`] whether a typed code is good and hands what that gives to `Entering::SetUp`, which compares it with
//! what is stored and removes that in the transaction that makes the first person.

use aws_lc_rs::{error::Unspecified, hmac, rand::SecureRandom};
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Write as _;

/// Crockford's base 32.
pub(crate) const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 12;
const LIFETIME: TimeDelta = TimeDelta::minutes(30);

/// A fresh code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUpCode {
    /// As it is printed.
    pub text: String,
    /// As it is stored.
    pub stored: String,
}

/// Makes a code that is good from now on.
pub fn mint(rng: &dyn SecureRandom, now: DateTime<Utc>) -> Result<SetUpCode, Unspecified> {
    let mut random = [0; LENGTH];
    let mut salt = [0; 32];
    rng.fill(&mut random)?;
    rng.fill(&mut salt)?;
    let code: String = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let groups: Vec<&str> = (0..LENGTH).step_by(4).map(|at| &code[at..at + 4]).collect();
    let expires = (now + LIFETIME).timestamp_millis();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &salt), message(expires, &code).as_bytes());
    let stored = format!("{expires}.{}.{}", hex(&salt), hex(mac.as_ref()));
    Ok(SetUpCode { text: groups.join("-"), stored })
}

/// What to hand to the ledger if `typed` is the code that is stored and still good.
pub fn recognise(stored: &str, typed: &str, now: DateTime<Utc>) -> Option<String> {
    let mut parts = stored.split('.');
    let (expires, salt, mac) = (parts.next()?, unhex(parts.next()?)?, unhex(parts.next()?)?);
    let expires: i64 = expires.parse().ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &salt);
    hmac::verify(&key, message(expires, &as_meant(typed)).as_bytes(), &mac).ok()?;
    (now.timestamp_millis() < expires).then(|| stored.to_owned())
}

fn message(expires: i64, code: &str) -> String {
    format!("countersign-set-up-code-v1|{expires}|{code}")
}

/// What people type for it: small letters, other groups, and letters that look like digits.
pub(crate) fn as_meant(typed: &str) -> String {
    let meant = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(meant).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    #[test]
    fn a_code_is_good_for_half_an_hour_however_it_is_typed() {
        let SetUpCode { text, stored } = mint(&SystemRandom::new(), at(0)).unwrap();
        assert_eq!(text.len(), LENGTH + 2);
        assert!(!stored.contains(&text) && !stored.contains(&text.replace('-', "")));
        for typed in [text.clone(), text.to_lowercase(), text.replace('-', " "), text.replace('0', "o")] {
            assert_eq!(recognise(&stored, &typed, at(29)).as_deref(), Some(stored.as_str()), "{typed}");
        }
        assert_eq!(recognise(&stored, &text, at(30)), None);
        let other = mint(&SystemRandom::new(), at(0)).unwrap();
        assert_eq!(recognise(&stored, &other.text, at(1)), None);
    }

    #[test]
    fn nothing_else_is_a_code() {
        let SetUpCode { text, stored } = mint(&SystemRandom::new(), at(0)).unwrap();
        for typed in ["", "-", "0000-0000-0000", &text[1..], &format!("{text}0")] {
            assert_eq!(recognise(&stored, typed, at(1)), None, "{typed}");
        }
        let later = stored.replacen(&at(30).timestamp_millis().to_string(), "99999999999999", 1);
        assert_ne!(later, stored);
        assert_eq!(recognise(&later, &text, at(1)), None, "the time is part of it");
        for broken in ["", "x", "1.2", "1.zz.00", "1.0.0", "9999999999999.."] {
            assert_eq!(recognise(broken, &text, at(0)), None, "{broken}");
        }
    }
}
