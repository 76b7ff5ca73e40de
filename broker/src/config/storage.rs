//! Where the broker keeps what it must not lose.

use super::{
    ConfigError, Layers, Setting, Source, database,
    keys::{ANCHOR, DATA, DATABASE, ROOT_KEY},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The name under which a systemd unit may hand the root key over.
const CREDENTIAL: &str = "countersign-root-key";
/// What stands in the place of a file where the root key is a passphrase.
const PASSPHRASE: &str = "passphrase";
/// The anchor in the data directory.
const OWN_ANCHOR: &str = "anchor.json";
/// What may stand in the path of a database's address as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// The data directory and the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageConfig {
    /// The data directory.
    pub data: Setting<PathBuf>,
    /// The database's address, with its password if it needs one: never shown whole.
    pub database: Setting<String>,
    /// The file in which the password is.
    pub database_password: Option<Setting<PathBuf>>,
    /// Where the root key is.
    pub root_key: Setting<RootKeyPlace>,
    /// The file of the anchor.
    pub anchor: Setting<PathBuf>,
}

/// Where the root key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootKeyPlace {
    /// In a file that was named: it must be there.
    File(PathBuf),
    /// In a systemd credential of this name.
    Credential(&'static str),
    /// In the environment.
    Environment,
    /// In `root.key` of the data directory: made at the very first start.
    Own(PathBuf),
    /// A passphrase that somebody enters after every start.
    Passphrase,
}

/// How an environment variable is looked up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The data directory, before the file that may lie in it is read.
pub(super) fn data(layers: &Layers, lookup: Lookup<'_>) -> Setting<PathBuf> {
    if let Some(given) = layers.get(DATA) {
        return Setting { value: given.value.into(), source: given.source };
    }
    // systemd lists all directories of a unit, with colons in between.
    let states = lookup("STATE_DIRECTORY").and_then(|it| it.into_string().ok()).unwrap_or_default();
    match states.split(':').next().filter(|first| !first.is_empty()) {
        Some(first) => {
            Setting { value: PathBuf::from(first), source: Source::Environment("STATE_DIRECTORY") }
        }
        None => Setting::by_default(PathBuf::from("countersign-data")),
    }
}

impl StorageConfig {
    pub(super) fn read(layers: &Layers, lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let data = data(layers, lookup);
        let mut database = match layers.get(DATABASE) {
            Some(given) => given.parse(check_database)?,
            None => Setting::by_default(sqlite_address(&data.value.join("countersign.db"))),
        };
        let database_password = database::password_file(layers, lookup);
        if let Some(file) = &database_password {
            database.value = database::with_password(&database.value, file)?;
        }
        let root_key = root_key(layers, lookup, &data.value)?;
        let anchor = match layers.get(ANCHOR) {
            Some(given) => Setting { value: given.value.into(), source: given.source },
            None => Setting::by_default(data.value.join(OWN_ANCHOR)),
        };
        Ok(Self { data, database, database_password, root_key, anchor })
    }

    /// Where the anchor is unless another place is named.
    pub fn usual_anchor(&self) -> PathBuf {
        self.data.value.join(OWN_ANCHOR)
    }

    /// The file of an SQLite database; none with a server, or in memory.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let rest = self.database.value.strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next()?;
        let path = percent_decode_str(path).decode_utf8().ok()?;
        (path != ":memory:").then(|| PathBuf::from(path.as_ref()))
    }
}

/// There is no fallback from one place to another: what was named must hold the key.
fn root_key(layers: &Layers, lookup: Lookup<'_>, data: &Path) -> Result<Setting<RootKeyPlace>, ConfigError> {
    let file = layers.get(ROOT_KEY);
    if let Some(Setting { value, source: source @ Source::Flag(_) }) = file {
        return Ok(Setting { value: named(value), source });
    }
    let variable = lookup("COUNTERSIGN_ROOT_KEY").is_some();
    match file {
        Some(Setting { source: Source::Environment(_), .. }) if variable => {
            let why = "and COUNTERSIGN_ROOT_KEY are both set: which one counts?".to_owned();
            Err(ConfigError::Invalid { origin: Source::Environment(ROOT_KEY.variable), why })
        }
        Some(Setting { value, source: source @ Source::Environment(_) }) => {
            Ok(Setting { value: named(value), source })
        }
        _ if has_credential(lookup) => {
            let source = Source::Environment("CREDENTIALS_DIRECTORY");
            Ok(Setting { value: RootKeyPlace::Credential(CREDENTIAL), source })
        }
        _ if variable => {
            let source = Source::Environment("COUNTERSIGN_ROOT_KEY");
            Ok(Setting { value: RootKeyPlace::Environment, source })
        }
        Some(given) => Ok(Setting { value: named(given.value), source: given.source }),
        None => Ok(Setting::by_default(RootKeyPlace::Own(data.join("root.key")))),
    }
}

/// The word `passphrase`, or a file; one of that name is `./passphrase`.
fn named(value: String) -> RootKeyPlace {
    if value == PASSPHRASE { RootKeyPlace::Passphrase } else { RootKeyPlace::File(value.into()) }
}

fn has_credential(lookup: Lookup<'_>) -> bool {
    lookup("CREDENTIALS_DIRECTORY").is_some_and(|folder| PathBuf::from(folder).join(CREDENTIAL).exists())
}

fn check_database(address: String) -> Result<String, &'static str> {
    match address.split_once(':') {
        Some(("sqlite" | "postgres" | "postgresql", _)) => Ok(address),
        _ => Err("must start with sqlite: or postgres:"),
    }
}

/// The address of a SQLite database in this file.
pub fn sqlite_address(file: &Path) -> String {
    format!("sqlite://{}", utf8_percent_encode(&file.to_string_lossy(), PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_path_survives_the_address() {
        let data = Setting::by_default(PathBuf::new());
        let root_key = Setting::by_default(RootKeyPlace::Environment);
        for path in ["/var/lib/countersign/countersign.db", "a b/100% sure?/ü#.db", "relative.db"] {
            let database = Setting::by_default(sqlite_address(Path::new(path)));
            let (data, root_key) = (data.clone(), root_key.clone());
            let anchor = Setting::by_default(PathBuf::new());
            let config = StorageConfig { data, database, database_password: None, root_key, anchor };
            assert_eq!(config.sqlite_file().unwrap(), Path::new(path));
        }
        for (address, file) in [
            ("postgres://u@h/db", None),
            ("sqlite::memory:", None),
            ("sqlite:x.db?mode=rwc", Some("x.db")),
            ("sqlite:///tmp/x.db", Some("/tmp/x.db")),
        ] {
            let database = Setting::by_default(address.to_owned());
            let (data, root_key) = (data.clone(), root_key.clone());
            let anchor = Setting::by_default(PathBuf::new());
            let config = StorageConfig { data, database, database_password: None, root_key, anchor };
            assert_eq!(config.sqlite_file(), file.map(PathBuf::from), "{address}");
        }
    }
}
