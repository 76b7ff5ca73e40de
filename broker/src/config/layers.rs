//! Flag over environment over file over default; each value knows where it came from.

use super::{
    ConfigError,
    keys::{self, Key},
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};
use toml::de::DeTable;

/// The name of the file in the data directory.
const FILE: &str = "countersign.toml";
/// The one table of the file; all else in it are texts.
const PROGRAMS: &str = "mcp";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// A key of the file.
    File {
        /// The file.
        path: PathBuf,
        /// The key.
        name: &'static str,
        /// Its line.
        line: usize,
    },
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Environment(variable) => f.write_str(variable),
            Self::File { path, name, line } => write!(f, "{name} in {}, line {line}", path.display()),
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
    file: BTreeMap<&'static str, InFile>,
    path: PathBuf,
    text: String,
    /// What was said and cannot be meant.
    pub(super) errors: Vec<ConfigError>,
}

/// A value of the file.
#[derive(Debug)]
struct InFile {
    text: String,
    line: usize,
}

impl Layers {
    /// Takes flags and environment; a variable of ours that nobody knows is an error.
    pub fn new(flags: Flags, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut layers = Self::default();
        for (key, value) in flags {
            if let Some(value) = layers.utf8(value, Source::Flag(key.flag)) {
                layers.flags.insert(key.name, value);
            }
        }
        for (name, value) in environment {
            let Some(name) = name.to_str().filter(|name| name.starts_with(keys::PREFIX)) else { continue };
            if !keys::is_known_variable(name) {
                let hint = keys::did_you_mean(name, keys::ALL.iter().map(|key| key.variable));
                layers.errors.push(ConfigError::UnknownVariable { name: name.to_owned(), hint });
            }
            if let Some(key) = keys::ALL.iter().find(|key| key.variable == name)
                && let Some(value) = layers.utf8(value, Source::Environment(key.variable))
            {
                layers.environment.insert(key.name, value);
            }
        }
        layers
    }

    /// The value of a key, from the highest layer that has one.
    pub fn get(&self, key: Key) -> Option<Setting<String>> {
        let given = |value: &String, source: Source| Setting { value: value.clone(), source };
        let flag = self.flags.get(key.name).map(|value| given(value, Source::Flag(key.flag)));
        flag.or_else(|| {
            self.environment.get(key.name).map(|value| given(value, Source::Environment(key.variable)))
        })
        .or_else(|| self.file.get(key.name).map(|it| given(&it.text, self.in_file(key.name, it.line))))
    }

    /// Leaves out what one source said, so that what else is wrong can be found. Says whether it said anything.
    pub(super) fn forget(&mut self, source: &Source) -> bool {
        let name_of =
            |matches: &dyn Fn(&Key) -> bool| keys::ALL.iter().find(|key| matches(key)).map(|key| key.name);
        match source {
            Source::Flag(flag) => {
                name_of(&|key| key.flag == *flag).is_some_and(|name| self.flags.remove(name).is_some())
            }
            Source::Environment(variable) => name_of(&|key| key.variable == *variable)
                .is_some_and(|name| self.environment.remove(name).is_some()),
            Source::File { name, .. } => self.file.remove(name).is_some(),
            Source::Default => false,
        }
    }

    /// The file that was read, if there is one.
    pub(super) fn path(&self) -> Option<&Path> {
        Some(self.path.as_path()).filter(|path| !path.as_os_str().is_empty())
    }

    /// The file's path and text, for what stands in the file alone.
    pub(super) fn file_text(&self) -> Option<(&Path, &str)> {
        Some((self.path()?, &self.text))
    }

    /// Reads the file that `--config` names, or `countersign.toml` of this data directory if there is one.
    pub fn read_file(&mut self, data: &Path) {
        let named = self.get(keys::CONFIG).map(|it| PathBuf::from(it.value));
        let is_named = named.is_some();
        let path = named.unwrap_or_else(|| data.join(FILE));
        match fs::read_to_string(&path) {
            Ok(text) => {
                self.path = path;
                // The file in the data directory cannot move the data directory.
                self.take(&text, |key| key != keys::CONFIG && (is_named || key != keys::DATA));
                self.text = text;
            }
            Err(error) if error.kind() == ErrorKind::NotFound && !is_named => {}
            Err(error) => self.errors.push(ConfigError::File { path, why: error.to_string() }),
        }
    }

    fn take(&mut self, text: &str, may_stand: impl Fn(Key) -> bool) {
        let line = |at: usize| 1 + text.get(..at).map_or(0, |before| before.matches('\n').count());
        let table = match DeTable::parse(text) {
            Ok(table) => table.into_inner(),
            // The parser's own report quotes the line, which may hold the password of a database.
            Err(error) => {
                let why =
                    format!("line {}: {}", line(error.span().map_or(0, |it| it.start)), error.message());
                return self.errors.push(ConfigError::File { path: self.path.clone(), why });
            }
        };
        let known = || keys::ALL.iter().filter(|key| may_stand(**key));
        for (name, value) in table {
            if name.as_ref() == PROGRAMS {
                continue; // programs.rs reads it
            }
            let line = line(name.span().start);
            let Some(key) = known().find(|key| key.name == name.as_ref()) else {
                let hint = keys::did_you_mean(name.as_ref(), known().map(|key| key.name));
                let (path, name) = (self.path.clone(), name.into_inner().into_owned());
                self.errors.push(ConfigError::UnknownKey { path, line, name, hint });
                continue;
            };
            if let Some(text) = value.as_ref().as_str() {
                self.file.insert(key.name, InFile { text: text.to_owned(), line });
            } else {
                let origin = self.in_file(key.name, line);
                let why = "must be a text in quotes".to_owned();
                self.errors.push(ConfigError::Invalid { origin, why });
            }
        }
    }

    fn in_file(&self, name: &'static str, line: usize) -> Source {
        Source::File { path: self.path.clone(), name, line }
    }

    fn utf8(&mut self, value: OsString, source: Source) -> Option<String> {
        let text = value.into_string();
        text.inspect_err(|_| {
            self.errors.push(ConfigError::Invalid { origin: source, why: "must be UTF-8".to_owned() });
        })
        .ok()
    }
}
