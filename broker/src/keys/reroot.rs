//! A new root key: it is made and durable first, then the whole keyring is wrapped by it in one transaction, read again
//! and opened with it, and only then it takes the place of the old one. A broker that dies in between finds both: the
//! database names the one that it needs.

use super::{
    Ready, RootKeys, follow, install,
    root::next_file,
    rotate::{RotateError, act},
    signer, unseal,
};
use crate::{
    app::App,
    failpoint,
    host::SecretText,
    ledger::acts::KeyAct,
    store::keys::{self, Passphrase, WrappedKey},
    vault::{Derivation, KeyringRow, PassphraseError, RootKey, VaultError, create_root_key_file},
};
use aws_lc_rs::rand::SecureRandom;
use std::{fs, path::Path, sync::Arc};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooted {
    /// The id of the old root key, which opens nothing any more.
    pub from: String,
    /// The id of the new one.
    pub to: String,
    /// What is left to do by hand, in words.
    pub to_do: Option<String>,
}

/// Replaces the root key by a passphrase, or without one by a key where this broker has its key.
pub async fn reroot(app: &App, passphrase: Option<&SecretText>) -> Result<Rooted, RotateError> {
    follow(app).await?;
    let ticket = app.vault.ticket();
    let before = keys::keyring(&mut app.store.read().await?).await?;
    let from = before.first().ok_or(VaultError::NoKeyring)?.root_id.clone();
    let (root, stored) = match passphrase {
        Some(text) => by_passphrase(app, text).await?,
        None => (app.keys.root.follower(&from, app.rng.source())?, None),
    };
    failpoint::hit("keys.root_made").await?;
    let rows: Vec<KeyringRow> = before.iter().cloned().map(KeyringRow::from).collect();
    let fresh = app.vault.under_root(&root, &rows, app.rng.source())?;
    app.vault.open_keyring(&root, &fresh)?;
    let rows = before.into_iter().zip(fresh.into_iter().map(WrappedKey::from)).collect();
    act(app, KeyAct::Root { rows, passphrase: stored }).await?;
    failpoint::hit("keys.root_recorded").await?;
    // What is stored now, by the new root key alone.
    let mut conn = app.store.read().await?;
    let keyring = app.vault.open_keyring(&root, &unseal::rows(&mut conn).await?)?;
    let signer = signer::load(app, &mut conn, &keyring).await?;
    drop(conn);
    install(app, ticket, Ready { keyring, signer })?;
    let to_do = app.keys.root.settle(root.id(), passphrase.is_some());
    failpoint::hit("keys.root_settled").await?;
    if let Err(error) = app.store.overwrite_deleted().await {
        tracing::warn!(%error, "the old keyring is deleted, and is overwritten when the database next tidies up");
    }
    Ok(Rooted { from, to: root.id().to_owned(), to_do })
}

async fn by_passphrase(
    app: &App,
    text: &SecretText,
) -> Result<(Arc<RootKey>, Option<Passphrase>), RotateError> {
    let refuse = |error: PassphraseError| RotateError::Place(error.to_string());
    Derivation::check(text.expose()).map_err(refuse)?;
    let derivation = Derivation::new(app.rng.source()).map_err(refuse)?;
    let root = unseal::derive(app, &derivation, text).await?;
    let stored = Passphrase { root_id: root.id().to_owned(), derivation, created_at: app.clock.now() };
    Ok((root, Some(stored)))
}

impl RootKeys {
    /// The root key that is to follow the one with this id; made beside it where this broker has a file.
    fn follower(&self, present: &str, rng: &dyn SecureRandom) -> Result<Arc<RootKey>, RotateError> {
        let refuse = |why: String| RotateError::Place(why);
        let next = match (self.next()?, self) {
            (Some(next), _) => next,
            // It was put there for this: the root key so far is somewhere else.
            (None, Self::File { path, own: false }) if path.exists() && self.is_other(present)? => {
                self.present()?.ok_or(VaultError::NoKeyring)?
            }
            (None, Self::File { path, .. }) => Arc::new(create_root_key_file(&next_file(path), rng)?),
            (None, Self::Credential { name, .. }) => {
                return Err(refuse(format!(
                    "give the unit the new root key as the credential {name}-new, restart it, and run this again"
                )));
            }
            (None, Self::Held(_)) => {
                return Err(refuse(
                    "the root key comes from COUNTERSIGN_ROOT_KEY, which this broker cannot change; rotate to a passphrase \
                     (--to passphrase)"
                        .to_owned(),
                ));
            }
            (None, Self::Passphrase) => {
                return Err(refuse(
                    "this broker is configured for a passphrase; give the new one".to_owned(),
                ));
            }
        };
        if next.id() == present {
            return Err(refuse(format!("the next root key in {self} is the present one ({present})")));
        }
        Ok(next)
    }

    fn is_other(&self, present: &str) -> Result<bool, RotateError> {
        Ok(self.present()?.is_some_and(|key| key.id() != present))
    }

    /// Makes the root key with this id the present one; says what is left to do by hand.
    pub(super) fn settle(&self, needed: &str, passphrase: bool) -> Option<String> {
        match self {
            Self::File { path, own: true } if passphrase => remove(path),
            Self::File { path, .. } if !passphrase => {
                let next = next_file(path);
                let is_next = self.next().ok().flatten().is_some_and(|key| key.id() == needed);
                if is_next { replace(&next, path) } else { None }
            }
            Self::Credential { name, .. } if !passphrase => {
                let is_next = self.next().ok().flatten().is_some_and(|key| key.id() == needed);
                is_next.then(|| {
                    format!(
                        "put the new root key in the place of the credential {name}, and take {name}-new out of the unit"
                    )
                })
            }
            Self::Held(_) if !passphrase => None,
            Self::File { .. } | Self::Credential { .. } | Self::Held(_) => {
                Some("start with root_key = \"passphrase\" from now on (--root-key passphrase)".to_owned())
            }
            Self::Passphrase => None,
        }
    }
}

/// The new key in the place of the old one, which opens nothing any more; whoever looks finds one of them.
fn replace(next: &Path, path: &Path) -> Option<String> {
    let moved = fs::rename(next, path).and_then(|()| sync_folder(path));
    moved.err().map(|error| format!("move {} to {}: {error}", next.display(), path.display()))
}

fn remove(path: &Path) -> Option<String> {
    if !path.exists() {
        return None;
    }
    let removed = fs::remove_file(path).and_then(|()| sync_folder(path));
    removed.err().map(|error| format!("remove {}, which opens nothing any more: {error}", path.display()))
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}
