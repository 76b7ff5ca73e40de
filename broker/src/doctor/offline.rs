//! The checks where no broker runs: the database for reading only, and a vault that is opened for a look.

use super::{Check, Patient, examine};
use crate::{
    clock::Clock,
    config::{Config, Lookup},
    egress::{Egress, SystemResolver},
    host,
    keys::RootKeys,
    store::{Store, keys, meta},
    vault::Vault,
};
use std::sync::Arc;

/// Examines what a broker would start with. The database was opened for reading only.
pub async fn offline(config: &Config, store: &Store, lookup: Lookup<'_>) -> anyhow::Result<Vec<Check>> {
    let mut checks = Vec::new();
    let root = host::root_keys(config, lookup).unwrap_or_else(|error| {
        checks.push(Check::failure("root key", format!("{error:#}"), "docs/keys.md says where it may be"));
        RootKeys::Passphrase
    });
    let vault = opened(store, &root).await.unwrap_or_else(|_| Vault::sealed(String::new()));
    let egress =
        Egress::new(config.upstream.limits(), Arc::new(SystemResolver), config.upstream.authorities()?)?;
    let patient = Patient {
        store,
        clock: &Clock::system(),
        config,
        vault: &vault,
        root: &root,
        egress: &egress,
        app: None,
    };
    checks.extend(Box::pin(examine(&patient)).await);
    Ok(checks)
}

/// A vault with its keys where the root key is at hand. Whether an operator sealed it does not matter for a look: nothing
/// that it opens leaves this process.
async fn opened(store: &Store, root: &RootKeys) -> anyhow::Result<Vault> {
    let mut conn = store.read().await?;
    let vault = Vault::sealed(meta::get(&mut conn, meta::INSTANCE).await?.unwrap_or_default());
    let rows = keys::keyring(&mut conn).await?;
    if let Some(first) = rows.first()
        && let Ok(key) = root.find(&first.root_id)
    {
        let rows: Vec<_> = rows.into_iter().map(Into::into).collect();
        let ticket = vault.ticket();
        // What does not open is said by the checks of the keys and of each credential.
        if let Ok(keyring) = vault.open_keyring(&key, &rows) {
            let _ = vault.install(ticket, keyring);
        }
    }
    Ok(vault)
}
