//! Where the root key comes from. It is the one secret that the database does not hold.
//!
//! Text form: 32 bytes as base64url (43 characters) or hexadecimal (64), on one line.

use super::secret::{KEY_BYTES, Key};
use aws_lc_rs::{hmac, rand::SecureRandom};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The environment variable of [`RootKeySource::Environment`].
const VARIABLE: &str = "COUNTERSIGN_ROOT_KEY";
/// No key file is longer; anything else is the wrong file.
const MAX_FILE_BYTES: u64 = 4096;

/// The key that wraps the keyring.
pub struct RootKey {
    key: Key,
    id: String,
}

impl RootKey {
    /// A short hash of the key, so that logs and errors can name it.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn of(key: Key) -> Self {
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()), b"countersign-root-id");
        let start = mac.as_ref().iter().take(6).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        Self { key, id: format!("{start:012x}") }
    }

    fn parse(text: &str, from: &str) -> Result<Self, RootKeyError> {
        let text = text.trim_end_matches(['\n', '\r']);
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES + 2));
        let readable = match text.len() {
            64 => decode_hex(text, &mut bytes),
            43 => BASE64_URL_SAFE_NO_PAD.decode_vec(text, &mut bytes).is_ok(),
            _ => false,
        };
        let key = if readable { Key::from_slice(&bytes) } else { None };
        key.map(Self::of).ok_or_else(|| RootKeyError::Format { from: from.to_owned() })
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RootKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why there is no root key. Never quotes what was read.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// Others on this machine could read it, so it is not a secret.
    #[error("others can read the root key {path} (mode {mode:04o}); run: chmod 0400 {path}")]
    TooOpen {
        /// The file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// Not 32 bytes in one of the two forms.
    #[error("{from} holds no root key: it must be one line with 32 bytes as base64url or hexadecimal")]
    Format {
        /// The file or variable.
        from: String,
    },
    /// The file cannot be read or written.
    #[error("root key {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The configuration names a source that is not there.
    #[error("{0} is not set")]
    NotSet(&'static str),
    /// A credential's name is a plain file name.
    #[error("{0:?} is not the name of a systemd credential")]
    BadName(String),
    /// The broker's own key file is not there.
    #[error("the vault is sealed: this database needs root key {needed}, and {place} is missing")]
    Missing {
        /// The id of the root key that wrapped the keyring.
        needed: String,
        /// Where it was looked for.
        place: String,
    },
    /// The place holds another key.
    #[error(
        "wrong root key: this database needs root key {needed}, but {place} gives {found}; nothing was opened; \
         configure the root key that this database was last given (or restore it from its backup)"
    )]
    Wrong {
        /// The id of the root key that wrapped the keyring.
        needed: String,
        /// The ids of those that were found.
        found: String,
        /// Where it was looked for.
        place: String,
    },
    /// The random generator failed.
    #[error("the random generator failed")]
    Random,
}

impl RootKeyError {
    /// Whether there simply is no key where the broker keeps its own.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}

/// Where to look. One more variant per provider; there is no fallback from one to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootKeySource {
    /// A file that only its owner can read.
    File(PathBuf),
    /// `LoadCredential=NAME` of a systemd unit.
    Credential(String),
    /// The variable `COUNTERSIGN_ROOT_KEY`, for development.
    Environment,
}

/// A root key, and what the operator should hear about how it was found.
#[derive(Debug)]
pub struct LoadedRootKey {
    /// The key.
    pub key: RootKey,
    /// To be logged at start.
    pub warning: Option<&'static str>,
}

impl RootKeySource {
    /// Reads the key. `env` looks up environment variables (`std::env::var_os` outside tests).
    pub fn load(&self, env: &dyn Fn(&str) -> Option<OsString>) -> Result<LoadedRootKey, RootKeyError> {
        let (key, warning) = match self {
            Self::File(path) => (read_file(path, 0o077)?, None),
            Self::Credential(name) => (read_file(&credential_path(name, env)?, CREDENTIAL_FORBIDDEN)?, None),
            Self::Environment => {
                let text = env(VARIABLE).ok_or(RootKeyError::NotSet(VARIABLE))?;
                let text = Zeroizing::new(text.into_encoded_bytes());
                let text = std::str::from_utf8(&text).unwrap_or_default();
                (RootKey::parse(text, VARIABLE)?, Some(ENVIRONMENT_WARNING))
            }
        };
        Ok(LoadedRootKey { key, warning })
    }
}

const ENVIRONMENT_WARNING: &str = "the root key comes from the environment variable COUNTERSIGN_ROOT_KEY, which every \
     process of this user can read: for development only; use a key file (0400) or a systemd credential instead";

/// systemd grants the unit's user access to a credential by an ACL, which shows as group-readable (0440), inside a
/// directory that nobody else can enter.
const CREDENTIAL_FORBIDDEN: u32 = 0o037;

/// Writes a fresh root key to a new file (0400) and returns it. Never replaces a file.
pub fn create_root_key_file(path: &Path, rng: &dyn SecureRandom) -> Result<RootKey, RootKeyError> {
    let key = Key::random(rng).map_err(|_| RootKeyError::Random)?;
    let mut text = Zeroizing::new(String::with_capacity(64));
    BASE64_URL_SAFE_NO_PAD.encode_string(key.expose(), &mut text);
    text.push('\n');
    write_new(path, text.as_bytes()).map_err(io_error(path))?;
    Ok(RootKey::of(key))
}

fn write_new(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o400).open(path)?;
    // Half a key is worse than none: the next attempt would find the name taken.
    file.write_all(contents).and_then(|()| file.sync_all()).inspect_err(|_| drop(fs::remove_file(path)))?;
    // The name must survive a power loss too, or a database could outlive its only key.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn credential_path(name: &str, env: &dyn Fn(&str) -> Option<OsString>) -> Result<PathBuf, RootKeyError> {
    if name.is_empty() || name.contains('/') || name == "." || name == ".." {
        return Err(RootKeyError::BadName(name.to_owned()));
    }
    let folder = env("CREDENTIALS_DIRECTORY").ok_or(RootKeyError::NotSet("CREDENTIALS_DIRECTORY"))?;
    Ok(PathBuf::from(folder).join(name))
}

fn read_file(path: &Path, forbidden: u32) -> Result<RootKey, RootKeyError> {
    let file = File::open(path).map_err(io_error(path))?;
    // Of the opened file, not of the path: nobody can swap it in between.
    let mode = file.metadata().map_err(io_error(path))?.permissions().mode() & 0o7777;
    let shown = path.display().to_string();
    if mode & forbidden != 0 {
        return Err(RootKeyError::TooOpen { path: shown, mode });
    }
    let mut text = Zeroizing::new(String::with_capacity(128));
    match file.take(MAX_FILE_BYTES).read_to_string(&mut text) {
        Ok(_) => RootKey::parse(&text, &shown),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(RootKeyError::Format { from: shown }),
        Err(error) => Err(io_error(path)(error)),
    }
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> RootKeyError + '_ {
    |source| RootKeyError::Io { path: path.display().to_string(), source }
}

fn decode_hex(text: &str, bytes: &mut Vec<u8>) -> bool {
    for pair in text.as_bytes().chunks(2) {
        let [Some(high), Some(low)] = [0, 1].map(|at| pair.get(at).and_then(|c| char::from(*c).to_digit(16)))
        else {
            return false;
        };
        bytes.extend(u8::try_from(high * 16 + low));
    }
    true
}
