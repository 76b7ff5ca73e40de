//! What there is of keys, how old it is and how much it was used, and what should be done about it.

use super::{UnsealError, signer::OVERLAP};
use crate::{
    app::App,
    store::{self, Store, keys},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A key that is older should be replaced.
const OLD: TimeDelta = TimeDelta::days(365);
/// A key that wrapped more should be replaced: far below what AES-256-GCM-SIV bears.
const MANY: i64 = 1 << 30;

/// All keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysStatus {
    /// Whether this broker is sealed.
    pub sealed: bool,
    /// The root key that the database needs; none before there are keys.
    pub root: Option<String>,
    /// Whether that is a passphrase.
    pub passphrase: bool,
    /// The keyring, oldest first: the last one seals.
    pub keyring: Vec<KeyStatus>,
    /// The signing keys, oldest first.
    pub signing: Vec<SigningStatus>,
    /// What should be done, in words.
    pub advice: Vec<String>,
}

/// A key of the keyring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStatus {
    /// Its number.
    pub id: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// How many data keys it has wrapped.
    pub wraps: i64,
    /// How many records need it now.
    pub records: i64,
}

/// A signing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningStatus {
    /// Its id.
    pub kid: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when its tokens are accepted; none for the one that signs.
    pub retires_at: Option<DateTime<Utc>>,
}

/// Reads it. Works while the vault is sealed.
pub async fn status(app: &App) -> Result<KeysStatus, UnsealError> {
    Ok(status_of(&app.store, app.clock.now(), app.vault.is_sealed()).await?)
}

/// Reads it of a database.
pub async fn status_of(store: &Store, now: DateTime<Utc>, sealed: bool) -> sqlx::Result<KeysStatus> {
    let mut conn = store.read().await?;
    let rows = keys::keyring(&mut conn).await?;
    let records = keys::records(&mut conn).await?;
    let root = rows.first().map(|row| row.root_id.clone());
    let passphrase = match &root {
        Some(root) => keys::passphrase(&mut conn, root).await?,
        None => None,
    };
    let of = |id| records.iter().find(|(key, _)| *key == id).map_or(0, |(_, records)| *records);
    let key = |row: keys::WrappedKey| {
        let (created_at, records) = (store::time(row.created_at), of(row.id));
        KeyStatus { id: row.id, created_at, wraps: row.wraps, records }
    };
    let signing = |row: keys::SigningKey| {
        let keys::SigningKey { kid, created_at, retires_at, .. } = row;
        SigningStatus { kid, created_at, retires_at }
    };
    let mut status = KeysStatus {
        sealed,
        root,
        passphrase: passphrase.is_some(),
        keyring: rows.into_iter().map(key).collect(),
        signing: keys::signing(&mut conn).await?.into_iter().map(signing).collect(),
        advice: Vec::new(),
    };
    status.advice = status.advise(now, passphrase.is_some_and(|it| it.derivation.is_weak()));
    Ok(status)
}

impl KeysStatus {
    fn advise(&self, now: DateTime<Utc>, weak: bool) -> Vec<String> {
        let mut advice = Vec::new();
        let mut say = |when: bool, what: &str| advice.extend(when.then(|| what.to_owned()));
        say(self.keyring.len() > 1, "a rotation is not finished: run keys rotate");
        let current = self.keyring.last();
        let (old, many) =
            (current.is_some_and(|it| now - it.created_at > OLD), current.is_some_and(|it| it.wraps > MANY));
        say(old, "the keyring's key is older than a year: run keys rotate");
        say(many, "the keyring's key has wrapped more than a billion data keys: run keys rotate");
        let signs = self.signing.iter().rfind(|it| it.retires_at.is_none());
        let old = signs.is_some_and(|it| now - it.created_at > OLD);
        say(old, "the signing key is older than a year: run keys rotate --signing");
        let over = |it: &SigningStatus| it.retires_at.is_some_and(|then| now - then > OVERLAP);
        say(self.signing.iter().any(over), "a signing key that is over is still there: does the broker run?");
        say(weak, "new passphrases are made harder to guess than this one: run keys rotate --root");
        advice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_or_used_up_or_unfinished_is_said() {
        let at = |day: i64| DateTime::from_timestamp(day * 86_400, 0).unwrap();
        let key = |id| KeyStatus { id, created_at: at(0), wraps: 1, records: 1 };
        let signs = SigningStatus { kid: "a".to_owned(), created_at: at(0), retires_at: None };
        let good = KeysStatus {
            sealed: false,
            root: Some("0".to_owned()),
            passphrase: false,
            keyring: vec![key(1)],
            signing: vec![signs.clone()],
            advice: Vec::new(),
        };
        assert!(good.advise(at(365), false).is_empty());
        assert_eq!(good.advise(at(366), false).len(), 2, "both keys are old");
        assert!(good.advise(at(1), true)[0].contains("--root"));
        let used = KeysStatus { keyring: vec![KeyStatus { wraps: MANY + 1, ..key(1) }], ..good.clone() };
        assert!(used.advise(at(1), false)[0].contains("billion"));
        let unfinished = KeysStatus { keyring: vec![key(1), key(2)], ..good.clone() };
        assert!(unfinished.advise(at(1), false)[0].contains("not finished"));
        let over = SigningStatus { retires_at: Some(at(1)), ..signs.clone() };
        let forgotten = KeysStatus { signing: vec![over, signs], ..good };
        assert!(forgotten.advise(at(2), false)[0].contains("still there"));
        assert!(forgotten.advise(at(1), false).is_empty());
    }
}
