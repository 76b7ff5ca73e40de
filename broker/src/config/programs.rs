//! The programs of the host that may be MCP servers: `[mcp]` and `[mcp.program.NAME]`. They stand in the file alone: what
//! the broker runs is nothing for a command line or an environment, and never comes from the API or the database.

use super::{ConfigError, Layers, StorageConfig, upstream::duration};
use crate::mcp::upstream::stdio::{Limits, Program, Value, collision};
use protocol::Slug;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a program may take for its first answer.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// The least memory that any runtime starts with.
const LEAST_MEMORY: u64 = 16 << 20;

/// The programs that may be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProgramsConfig {
    /// Whether nothing runs where the kernel does not enforce the restrictions.
    pub require_confinement: bool,
    /// By name.
    pub declared: BTreeMap<Slug, Program>,
    /// The file that says so.
    pub file: Option<PathBuf>,
}

impl ProgramsConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let Some((path, text)) = layers.file_text() else { return Ok(Self::default()) };
        let file = |why: String| ConfigError::File { path: path.to_owned(), why };
        let found: File = toml::from_str(text).map_err(|error| {
            // The parser's own report quotes the line, which may hold a secret.
            let at = error.span().map_or(0, |it| it.start);
            let line = 1 + text.get(..at).map_or(0, |before| before.matches('\n').count());
            file(format!("line {line}: {}", error.message()))
        })?;
        let Some(mcp) = found.mcp else { return Ok(Self::default()) };
        let program = |(name, it): (Slug, Declared)| match it.checked() {
            Ok(program) => Ok((name, program)),
            Err(why) => Err(file(format!("mcp.program.{name}: {why}"))),
        };
        let declared = mcp.program.into_iter().map(program).collect::<Result<_, _>>()?;
        Ok(Self { require_confinement: mcp.require_confinement, declared, file: Some(path.to_owned()) })
    }

    /// What would not run, or would see what is the broker's own.
    pub(super) fn wrong(&self, own: &[PathBuf]) -> Vec<String> {
        let wrong = |(name, program): (&Slug, &Program)| {
            let is_missing = |path: &&Path| !path.exists();
            let why = if let Some((given, own)) = collision(program.paths(), own) {
                format!("{} would open {} to the program", given.display(), own.display())
            } else {
                let missing = program.paths().find(is_missing)?;
                format!("there is no {}", missing.display())
            };
            Some(format!("mcp.program.{name}: {why}"))
        };
        self.declared.iter().filter_map(wrong).collect()
    }
}

/// What no program may be given: the broker's data, its keys, and the file that declares programs.
pub(super) fn own_files(
    storage: &StorageConfig,
    tls_key: Option<&PathBuf>,
    file: Option<&PathBuf>,
) -> Vec<PathBuf> {
    let super::RootKeyPlace::File(root_key) = &storage.root_key.value else {
        return own(storage, tls_key, file).collect();
    };
    own(storage, tls_key, file).chain([root_key.clone()]).collect()
}

fn own<'a>(
    storage: &'a StorageConfig,
    tls_key: Option<&'a PathBuf>,
    file: Option<&'a PathBuf>,
) -> impl Iterator<Item = PathBuf> + 'a {
    let password = storage.database_password.as_ref().map(|it| it.value.clone());
    [storage.data.value.clone(), storage.anchor.value.clone()]
        .into_iter()
        .chain(storage.sqlite_file())
        .chain(password)
        .chain(tls_key.cloned())
        .chain(file.cloned())
}

/// The one part of the file that is more than texts. The rest is read by `layers.rs`.
#[derive(Deserialize)]
struct File {
    mcp: Option<Mcp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mcp {
    #[serde(default)]
    require_confinement: bool,
    #[serde(default)]
    program: BTreeMap<Slug, Declared>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    command: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, DeclaredValue>,
    folder: Option<PathBuf>,
    #[serde(default)]
    readable: Vec<PathBuf>,
    #[serde(default)]
    writable: Vec<PathBuf>,
    #[serde(default)]
    network: bool,
    memory: Option<String>,
    open_files: Option<u64>,
    processes: Option<u64>,
    start_timeout: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DeclaredValue {
    Literal(String),
    Kept(Kept),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Kept {
    File(PathBuf),
    Credential(String),
}

impl Declared {
    fn checked(self) -> Result<Program, String> {
        let usual = Limits::default();
        let memory = self.memory.map_or(Ok(usual.memory), |text| size(&text))?;
        let start_timeout = self.start_timeout.map_or(Ok(START_TIMEOUT), |text| duration(&text))?;
        let open_files = self.open_files.unwrap_or(usual.open_files);
        let limits = Limits { memory, open_files, processes: self.processes };
        if open_files < 16 || limits.processes == Some(0) {
            return Err("open_files is at least 16, processes at least 1".to_owned());
        }
        let env = self.env.into_iter().map(variable).collect::<Result<_, _>>()?;
        let program = Program {
            command: self.command,
            env,
            folder: self.folder,
            readable: self.readable,
            writable: self.writable,
            network: self.network,
            limits,
            start_timeout,
        };
        if program.command.iter().any(|it| it.contains('\0')) || program.command.is_empty() {
            return Err("command is the program's path and its arguments, each a text".to_owned());
        }
        if let Some(path) = program.paths().find(|it| !it.is_absolute()) {
            return Err(format!(
                "{} is no absolute path; no PATH is searched, and there is no shell",
                path.display()
            ));
        }
        Ok(program)
    }
}

fn variable((name, value): (String, DeclaredValue)) -> Result<(String, Value), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let good = !name.is_empty() && name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
    if !good || name.starts_with(super::keys::PREFIX) {
        return Err(format!("{name:?} is no name of a variable that a program can have"));
    }
    let value = match value {
        DeclaredValue::Literal(text) if text.contains('\0') => return Err(format!("{name} holds a NUL")),
        DeclaredValue::Literal(text) => Value::Literal(text),
        DeclaredValue::Kept(Kept::File(path)) if !path.is_absolute() => {
            return Err(format!("{name}: {} is no absolute path", path.display()));
        }
        DeclaredValue::Kept(Kept::File(path)) => Value::File(path),
        DeclaredValue::Kept(Kept::Credential(it)) if it.is_empty() || it.contains(['/', '\0']) => {
            return Err(format!("{name}: {it:?} is no name of a credential"));
        }
        DeclaredValue::Kept(Kept::Credential(it)) => Value::Credential(it),
    };
    Ok((name, value))
}

/// A size as 512m or 2g.
fn size(text: &str) -> Result<u64, String> {
    let bad = || format!("{text:?} is not a size from 16m on, as 512m or 2g");
    let at = text.len().saturating_sub(1);
    let (number, unit) = text.split_at_checked(at).ok_or_else(bad)?;
    let plain = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    let number: u64 = if plain { number.parse().map_err(|_| bad())? } else { return Err(bad()) };
    let unit: u64 = match unit {
        "m" => 1 << 20,
        "g" => 1 << 30,
        _ => return Err(bad()),
    };
    number.checked_mul(unit).filter(|it| *it >= LEAST_MEMORY).ok_or_else(bad)
}

#[cfg(test)]
#[path = "programs_tests.rs"]
mod tests;
