//! The signing keys: sealed like a connection's secret, in a place of their own that no connection can have.

use super::UnsealError;
use crate::{
    app::App,
    ledger::acts::{Act, KeyAct},
    store::{Conn, keys},
    tokens::{Signer, SigningKey},
    vault::{Keyring, Origin, Secret, SecretContext},
};

/// What signs and checks tokens, out of the database. Makes the first key of an installation.
pub(super) async fn load(app: &App, conn: &mut Conn, keyring: &Keyring) -> Result<Signer, UnsealError> {
    let mut stored = keys::signing(conn).await?;
    if stored.is_empty() {
        let row = fresh(app, keyring)?;
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
pub(super) fn fresh(app: &App, keyring: &Keyring) -> Result<keys::SigningKey, UnsealError> {
    let key = SigningKey::generate(app.rng.source())?;
    let record = keyring.seal_secret(&place(), key.pkcs8(), app.rng.source())?;
    let (kid, public) = (key.kid().to_owned(), key.jwk().to_string());
    Ok(keys::SigningKey { kid, record, public, created_at: app.clock.now(), retires_at: None })
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
