//! Where this broker's root key is. The database says which one it needs, by its id, so the place may hold two: the
//! present one, and beside it, while the root key is being replaced, the next. Nothing is found by trying keys.

use crate::vault::{RootKey, RootKeyError, RootKeySource, create_root_key_file};
use aws_lc_rs::rand::SecureRandom;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The place of the root key.
#[derive(Debug, Clone)]
pub enum RootKeys {
    /// A file, and the next one in a file of the same name with `.new` behind it.
    File {
        /// The file.
        path: PathBuf,
        /// Whether it is the broker's own, which it may make, replace and remove.
        own: bool,
    },
    /// A systemd credential, and the next one in a credential of the same name with `-new` behind it.
    Credential {
        /// `$CREDENTIALS_DIRECTORY`.
        folder: PathBuf,
        /// Its name.
        name: String,
    },
    /// A key that was given, from the environment or by a test.
    Held(Arc<RootKey>),
    /// A passphrase that somebody enters.
    Passphrase,
}

impl RootKeys {
    /// A file with a root key in it, which the broker leaves alone.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File { path: path.into(), own: false }
    }

    /// The root key with this id.
    pub fn find(&self, needed: &str) -> Result<Arc<RootKey>, RootKeyError> {
        let mut found = Vec::new();
        for load in [Self::present, Self::next] {
            match load(self)? {
                Some(key) if key.id() == needed => return Ok(key),
                Some(key) => found.push(key.id().to_owned()),
                None => {}
            }
        }
        let (needed, place) = (needed.to_owned(), self.to_string());
        match self {
            Self::File { own: true, .. } if found.is_empty() => Err(RootKeyError::Missing { needed, place }),
            Self::Passphrase => {
                Err(RootKeyError::Wrong { needed, found: "another kind of key".to_owned(), place })
            }
            _ => Err(RootKeyError::Wrong { needed, found: found.join(" and "), place }),
        }
    }

    /// The root key of a new installation; made where the broker may make it. None where a person has to set one.
    pub fn first(&self, rng: &dyn SecureRandom) -> Result<Option<Arc<RootKey>>, RootKeyError> {
        if let Some(key) = self.present()? {
            return Ok(Some(key));
        }
        let Self::File { path, own: true } = self else { return Ok(None) };
        let key = create_root_key_file(path, rng)?;
        tracing::info!(path = %path.display(), id = key.id(), "made the root key; keep a copy elsewhere");
        Ok(Some(Arc::new(key)))
    }

    pub(super) fn present(&self) -> Result<Option<Arc<RootKey>>, RootKeyError> {
        match self {
            Self::File { path, own } if *own && !path.exists() => Ok(None),
            Self::File { path, .. } => file(path).map(Some),
            Self::Credential { folder, name } => credential(folder, name).map(Some),
            Self::Held(key) => Ok(Some(key.clone())),
            Self::Passphrase => Ok(None),
        }
    }

    pub(super) fn next(&self) -> Result<Option<Arc<RootKey>>, RootKeyError> {
        match self {
            Self::File { path, .. } => {
                let next = next_file(path);
                if next.exists() { file(&next).map(Some) } else { Ok(None) }
            }
            Self::Credential { folder, name } => {
                let next = format!("{name}-new");
                if folder.join(&next).exists() { credential(folder, &next).map(Some) } else { Ok(None) }
            }
            Self::Held(_) | Self::Passphrase => Ok(None),
        }
    }
}

/// Where the root key lies that follows the one in this file.
pub(super) fn next_file(path: &Path) -> PathBuf {
    let mut next = OsString::from(path);
    next.push(".new");
    PathBuf::from(next)
}

fn file(path: &Path) -> Result<Arc<RootKey>, RootKeyError> {
    RootKeySource::File(path.to_owned()).load(&|_| None).map(|loaded| Arc::new(loaded.key))
}

fn credential(folder: &Path, name: &str) -> Result<Arc<RootKey>, RootKeyError> {
    let lookup =
        |variable: &str| (variable == "CREDENTIALS_DIRECTORY").then(|| folder.as_os_str().to_owned());
    RootKeySource::Credential(name.to_owned()).load(&lookup).map(|loaded| Arc::new(loaded.key))
}

impl std::fmt::Display for RootKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path, .. } => write!(f, "{}", path.display()),
            Self::Credential { name, .. } => write!(f, "the credential {name}"),
            Self::Held(_) => f.write_str("COUNTERSIGN_ROOT_KEY"),
            Self::Passphrase => f.write_str("a passphrase"),
        }
    }
}
