//! Challenges without a row: what a passkey signs is the hash of what its answer is for. A nonce makes each of them
//! different and says when it was asked; whoever posts an answer posts the nonce with it.

use super::relying::{Challenge, Refused};
use crate::{app::App, fault::Fault, tokens::hex};
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::Slug;

/// How long a question may be answered.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// Another broker's clock may be so far ahead.
const AHEAD: TimeDelta = TimeDelta::seconds(30);

/// What an answer is for. (A decision has a derivation of its own.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new passkey.
    Enrol,
    /// A web session.
    SignIn,
    /// A fresh proof within a session.
    StepUp,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::SignIn => "sign-in",
            Self::StepUp => "step-up",
        }
    }
}

/// What makes a challenge different from every other: `MILLIS.RANDOM.HMAC`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    text: String,
    expires_at: DateTime<Utc>,
}

impl Nonce {
    /// One of now.
    pub fn fresh(app: &App) -> Result<Self, Fault> {
        let now = app.clock.now();
        let random: [u8; 16] = app.rng.bytes()?;
        let body = format!("{}.{}", now.timestamp_millis(), hex(&random));
        let text = format!("{body}.{}", app.mac_key.tag(LABEL, &body));
        Ok(Self { text, expires_at: now + LIFETIME })
    }

    /// One that came back, if it is ours and not too old.
    pub fn read(app: &App, text: &str) -> Result<Self, Fault> {
        let (body, tag) = text.rsplit_once('.').ok_or(Refused::Unreadable)?;
        let expected = app.mac_key.tag(LABEL, body);
        verify_slices_are_equal(expected.as_bytes(), tag.as_bytes()).map_err(|_| Refused::Unreadable)?;
        let millis = body.split('.').next().and_then(|it| it.parse().ok()).ok_or(Refused::Unreadable)?;
        let (asked, now) = (crate::store::time(millis), app.clock.now());
        let expires_at = asked + LIFETIME;
        if asked > now + AHEAD || expires_at <= now {
            return Err(Refused::Late.into());
        }
        Ok(Self { text: text.to_owned(), expires_at })
    }

    /// As a form carries it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

const LABEL: &str = "passkey-nonce";

/// What a browser is asked for this purpose.
pub fn of(
    app: &App,
    purpose: Purpose,
    person: Option<&Slug>,
    session: Option<&str>,
    nonce: &Nonce,
) -> Challenge {
    // Nobody and somebody with an empty name must differ.
    let person = person.map_or_else(|| vec![0], |it| [&[1], it.as_str().as_bytes()].concat());
    let session = session.map_or_else(|| vec![0], |it| [&[1], it.as_bytes()].concat());
    derive(&[
        b"countersign-passkey-v1",
        purpose.word().as_bytes(),
        app.instance.as_bytes(),
        &person,
        &session,
        nonce.text.as_bytes(),
    ])
}

/// SHA-256 over parts, each with its length before it: no two different lists of parts give the same.
pub fn derive(parts: &[&[u8]]) -> Challenge {
    let mut joined = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    let mut challenge = [0; 32];
    challenge.copy_from_slice(digest(&SHA256, &joined).as_ref());
    challenge
}

/// A challenge that is used up once its answer takes effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// What stands for it in the table of what was used.
    pub digest: String,
    /// From when on nobody accepts it any more.
    pub expires_at: DateTime<Utc>,
}

/// What the ledger is to use up.
pub fn spent(challenge: &Challenge, nonce: &Nonce) -> Spent {
    Spent { digest: format!("passkey:{}", hex(challenge)), expires_at: nonce.expires_at }
}
