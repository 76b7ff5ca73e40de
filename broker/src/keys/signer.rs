//! The signing keys: sealed like a connection's secret, in a place of their own that no connection can have.

use super::{
    UnsealError, follow,
    rotate::{RotateError, act, renew},
};
use crate::{
    app::App,
    failpoint,
    ledger::acts::{Act, KeyAct},
    store::{Conn, keys},
    tokens::{Signer, SigningKey},
    vault::{Keyring, Origin, Secret, SecretContext, VaultError},
};
use chrono::{DateTime, TimeDelta, Utc};

/// What signs and checks tokens, out of the database. Makes the first key of an installation.
pub(super) async fn load(app: &App, conn: &mut Conn, keyring: &Keyring) -> Result<Signer, UnsealError> {
    let mut stored = keys::signing(conn).await?;
    if stored.is_empty() {
        let row = fresh(app, |key| keyring.seal_secret(&place(), key.pkcs8(), app.rng.source()))?;
        // Another broker that starts at the same moment may have been first: what counts is what is stored.
        let _ = app.ledger.act(Act::Keys(Box::new(KeyAct::Sign(row)))).await;
        stored = keys::signing(conn).await?;
    }
    let (mut current, mut others) = (None, Vec::new());
    for row in stored {
        let secret: Secret = keyring.open_secret(&place(), &row.record)?;
        let key = SigningKey::from_pkcs8(secret)?;
        if row.retires_at.is_none() {
            others.extend(current.replace(key));
        } else {
            others.push(key);
        }
    }
    let current = current.ok_or(UnsealError::NoSigningKey)?;
    Ok(Signer::new(app.public_url.clone(), current, &others))
}

/// A new signing key, sealed.
fn fresh(
    app: &App,
    seal: impl FnOnce(&SigningKey) -> Result<String, VaultError>,
) -> Result<keys::SigningKey, UnsealError> {
    let key = SigningKey::generate(app.rng.source())?;
    let record = seal(&key)?;
    let (kid, public) = (key.kid().to_owned(), key.jwk().to_string());
    Ok(keys::SigningKey { kid, record, public, created_at: app.clock.now(), retires_at: None })
}

/// What of the brokers' clocks and of their hearing of each other may come on top of the longest grant.
pub(super) const OVERLAP: TimeDelta = TimeDelta::minutes(5);

/// Signs with a new key from now on. Tokens of the old one are accepted until the last of them has ended; of a leaked
/// one not at all, which stops every session that has one. Gives the key's id and the end of the old one's time.
pub async fn replace(app: &App, leaked: bool) -> Result<(String, Option<DateTime<Utc>>), RotateError> {
    follow(app).await?;
    let key = fresh(app, |key| app.vault.seal_secret(&place(), key.pkcs8(), app.rng.source()))?;
    let longest = TimeDelta::seconds(app.policy.max_duration.into()) + OVERLAP;
    let until = (!leaked).then(|| app.clock.now() + longest);
    let kid = key.kid.clone();
    act(app, KeyAct::Replace { key, until }).await?;
    failpoint::hit("keys.signing_replaced").await?;
    renew(app).await?;
    Ok((kid, until))
}

/// Forgets signing keys whose last token has ended.
pub(crate) async fn drop_due(app: &App) -> Result<(), RotateError> {
    let signing = keys::signing(&mut app.store.read().await?).await?;
    let now = app.clock.now();
    if signing.iter().any(|key| key.retires_at.is_some_and(|then| then <= now)) {
        act(app, KeyAct::Drop).await?;
        follow(app).await?;
    }
    Ok(())
}

/// Where signing keys are sealed for.
pub(super) fn place() -> SecretContext<'static> {
    SecretContext {
        owner: None,
        connection: "(broker)",
        version: 1,
        field: "signing-key",
        service: "(broker)",
        origin: Origin { scheme: "countersign", host: "broker", port: 0 },
        auth_style: "es256",
    }
}
