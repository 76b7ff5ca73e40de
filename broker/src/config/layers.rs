//! Flag over environment over file over default; each value knows where it came from.

use super::{
    ConfigError,
    keys::{self, Key},
};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// The name of the file in the data directory.
const FILE: &str = "countersign.toml";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// A key of the file.
    File(PathBuf, &'static str),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Environment(variable) => f.write_str(variable),
            Self::File(path, name) => write!(f, "{name} in {}", path.display()),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A value and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

impl<T> Setting<T> {
    /// A value that nobody set.
    pub fn by_default(value: T) -> Self {
        Self { value, source: Source::Default }
    }

    /// Reads the value as something else, or names its origin in the error.
    pub fn parse<U, E: fmt::Display>(
        self,
        parse: impl FnOnce(T) -> Result<U, E>,
    ) -> Result<Setting<U>, ConfigError> {
        match parse(self.value) {
            Ok(value) => Ok(Setting { value, source: self.source }),
            Err(why) => Err(ConfigError::Invalid { origin: self.source, why: why.to_string() }),
        }
    }
}

/// What was given on the command line, by key.
pub type Flags = Vec<(Key, OsString)>;

/// All that was said about the settings.
#[derive(Debug, Default)]
pub struct Layers {
    flags: BTreeMap<&'static str, String>,
    environment: BTreeMap<&'static str, String>,
    file: BTreeMap<&'static str, String>,
    path: PathBuf,
}

impl Layers {
    /// Takes flags and environment; refuses a variable of ours that nobody knows.
    pub fn new(
        flags: Flags,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Self::default();
        for (key, value) in flags {
            layers.flags.insert(key.name, utf8(value, Source::Flag(key.flag))?);
        }
        for (name, value) in environment {
            let Some(name) = name.to_str().filter(|name| name.starts_with(keys::PREFIX)) else { continue };
            if !keys::is_known_variable(name) {
                let hint = keys::did_you_mean(name, keys::ALL.iter().map(|key| key.variable));
                return Err(ConfigError::UnknownVariable { name: name.to_owned(), hint });
            }
            if let Some(key) = keys::ALL.iter().find(|key| key.variable == name) {
                layers.environment.insert(key.name, utf8(value, Source::Environment(key.variable))?);
            }
        }
        Ok(layers)
    }

    /// The value of a key, from the highest layer that has one.
    pub fn get(&self, key: Key) -> Option<Setting<String>> {
        let from = |layer: &BTreeMap<&'static str, String>, source: Source| {
            layer.get(key.name).map(|value| Setting { value: value.clone(), source })
        };
        from(&self.flags, Source::Flag(key.flag))
            .or_else(|| from(&self.environment, Source::Environment(key.variable)))
            .or_else(|| from(&self.file, Source::File(self.path.clone(), key.name)))
    }

    /// Reads the file that `--config` names, or `countersign.toml` of this data directory if there is one.
    pub fn read_file(&mut self, data: &Path) -> Result<(), ConfigError> {
        let named = self.get(keys::CONFIG).map(|it| PathBuf::from(it.value));
        let is_named = named.is_some();
        let path = named.unwrap_or_else(|| data.join(FILE));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !is_named => return Ok(()),
            Err(error) => return Err(ConfigError::File { path, why: error.to_string() }),
        };
        // The file in the data directory cannot move the data directory.
        let known: Vec<Key> = keys::ALL
            .into_iter()
            .filter(|key| *key != keys::CONFIG && (is_named || *key != keys::DATA))
            .collect();
        self.file = parse(&text, &path, &known)?;
        self.path = path;
        Ok(())
    }
}

fn parse(text: &str, path: &Path, known: &[Key]) -> Result<BTreeMap<&'static str, String>, ConfigError> {
    // The parser's own report quotes the line, which may hold the password of a database.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        ConfigError::File { path: path.to_owned(), why: format!("line {line}: {}", error.message()) }
    })?;
    let mut file = BTreeMap::new();
    for (name, value) in table {
        let Some(key) = known.iter().find(|key| key.name == name) else {
            let hint = keys::did_you_mean(&name, known.iter().map(|key| key.name));
            return Err(ConfigError::UnknownKey { path: path.to_owned(), name, hint });
        };
        let toml::Value::String(value) = value else {
            let source = Source::File(path.to_owned(), key.name);
            return Err(ConfigError::Invalid { origin: source, why: "must be a text in quotes".to_owned() });
        };
        file.insert(key.name, value);
    }
    Ok(file)
}

fn utf8(value: OsString, source: Source) -> Result<String, ConfigError> {
    value.into_string().map_err(|_| ConfigError::Invalid { origin: source, why: "must be UTF-8".to_owned() })
}
