//! Which passkeys count for a decision: those that a broker with the root key has enrolled. The vault seals each for its
//! person, credential and public key, so whoever can only write the database can add no passkey, give none to another
//! person and swap no key. Signing in needs none of this: people can look and revoke while the vault is sealed.

use super::Passkey;
use crate::{
    app::App,
    fault::Fault,
    store::passkeys,
    tokens::hex,
    vault::{Origin, Secret, SecretContext, VaultError},
};
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use protocol::Slug;

/// Where the seal of a passkey belongs. `digest` is that of its public key.
pub(crate) fn place<'a>(person: &'a Slug, credential: &'a str, digest: &'a str) -> SecretContext<'a> {
    SecretContext {
        owner: Some(person.as_str()),
        connection: credential,
        version: 1,
        field: "passkey",
        service: "(broker)",
        origin: Origin { scheme: "countersign", host: "broker", port: 0 },
        auth_style: digest,
    }
}

/// The digest of a public key, as it is bound.
pub(crate) fn digest_of(public: &str) -> String {
    hex(digest(&SHA256, public.as_bytes()).as_ref())
}

/// The seal of a new passkey.
pub fn seal(app: &App, person: &Slug, credential: &str, public: &str) -> Result<String, VaultError> {
    let digest = digest_of(public);
    let secret = Secret::key(digest.as_bytes());
    app.vault.seal_secret(&place(person, credential, &digest), &secret, app.rng.source())
}

/// Whether a passkey was enrolled by a broker of this installation, for this person.
pub fn is_trusted(app: &App, passkey: &Passkey) -> Result<bool, VaultError> {
    let digest = digest_of(&passkey.public);
    match app.vault.open_secret(&place(&passkey.person, &passkey.credential, &digest), &passkey.record) {
        Ok(secret) => Ok(verify_slices_are_equal(secret.expose(), digest.as_bytes()).is_ok()),
        Err(sealed @ VaultError::Sealed) => Err(sealed),
        Err(error) => {
            tracing::error!(%error, person = %passkey.person, "a passkey in the database is none of ours");
            Ok(false)
        }
    }
}

/// The passkeys of a person that count for a decision. Needs the vault open.
pub async fn trusted(app: &App, person: &Slug) -> Result<Vec<Passkey>, Fault> {
    let stored = passkeys::of_person(&mut app.store.read().await?, person).await?;
    let mut trusted = Vec::with_capacity(stored.len());
    for passkey in stored {
        if is_trusted(app, &passkey)? {
            trusted.push(passkey);
        }
    }
    Ok(trusted)
}
