//! The root key, and what `keys status` advises.

use super::{Check, Patient};
use crate::{
    config::RootKeyPlace,
    keys::{self, RootKeys},
    vault::RootKeyError,
};
use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

const NAME: &str = "root key";

pub(super) async fn look(it: &Patient<'_>) -> sqlx::Result<Vec<Check>> {
    let sealed = it.vault.is_sealed();
    let status = keys::status_of(it.store, it.clock.now(), sealed).await?;
    let mut checks = vec![match &status.root {
        Some(needed) if !status.passphrase => found(it.root, needed),
        Some(needed) => Check::ok(NAME, format!("{needed} is a passphrase")),
        None => Check::warning(
            NAME,
            "there is none yet",
            "the first start of the broker makes it, or keys init --passphrase",
        ),
    }];
    let place = &it.config.storage.root_key.value;
    if let RootKeyPlace::File(path) | RootKeyPlace::Own(path) = place {
        checks.extend(folder(path, &it.config.storage.data.value));
    }
    if let RootKeyPlace::Environment = place {
        let what =
            "comes from the environment, which every process of the user can read: for development only";
        checks.push(Check::warning(
            "root key place",
            what,
            "use a file (0400) or a systemd credential: docs/keys.md",
        ));
    }
    checks.push(match (it.app, sealed) {
        (Some(_), true) => Check::warning(
            "vault",
            "is sealed: pages and revoking work, calls do not",
            "countersign-broker unseal",
        ),
        (Some(_), false) => Check::ok("vault", "is open"),
        (None, true) => Check::warning(
            "vault",
            "stays sealed at a start as things are",
            "countersign-broker unseal, after the start",
        ),
        (None, false) => Check::ok("vault", "opens"),
    });
    let advice = status.advice.iter().map(|advice| Check::warning("keys", advice, "docs/keys.md says how"));
    let before = checks.len();
    checks.extend(advice);
    if checks.len() == before {
        checks.push(Check::ok("keys", format!("{} in the keyring, none too old", status.keyring.len())));
    }
    Ok(checks)
}

/// Reads the key again from where the next start would.
fn found(root: &RootKeys, needed: &str) -> Check {
    match root.find(needed) {
        Ok(key) => Check::ok(NAME, format!("{} is in {root}, for its owner alone", key.id())),
        Err(error) => {
            let to_do = match &error {
                RootKeyError::TooOpen { path, .. } => {
                    format!("chmod 0400 {path}; who could read it may have it: keys rotate --root")
                }
                _ => "put the key back from your copy: without it the next start cannot open the vault"
                    .to_owned(),
            };
            Check::failure(NAME, error.to_string(), to_do)
        }
    }
}

/// Who may write a folder may replace what lies in it.
fn folder(path: &Path, data: &Path) -> Option<Check> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty())?;
    let mode = fs::metadata(folder).ok()?.mode();
    if mode & 0o002 != 0 && mode & 0o1000 == 0 {
        let what = format!("everybody can replace what lies in {}", folder.display());
        return Some(Check::failure("root key place", what, format!("chmod o-w {}", folder.display())));
    }
    let beside = folder == data;
    let what = "lies beside the database: whoever copies the whole directory has both";
    let to_do = "keep it out of backups of the data, and a copy elsewhere; or use a systemd credential (docs/keys.md)";
    beside.then(|| Check::ok("root key place", format!("{what}; {to_do}")))
}
