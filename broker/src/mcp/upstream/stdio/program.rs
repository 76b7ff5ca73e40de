//! What a file on the host says about a program.

use crate::{host::SecretText, vault::MIN_SECRET_BYTES};
use std::{
    collections::BTreeMap,
    env,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};
use zeroize::Zeroizing;

/// No secret is longer: one that is could not be looked for in what the program says.
const MAX_SECRET: u64 = 16 << 10;

/// A program that may be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its path, and its arguments.
    pub command: Vec<String>,
    /// What stands in its environment beside PATH, HOME, TMPDIR and LANG.
    pub env: BTreeMap<String, Value>,
    /// The folder it works in; an empty one of its own if none is named.
    pub folder: Option<PathBuf>,
    /// What it may read beside the system's own files.
    pub readable: Vec<PathBuf>,
    /// What it may read and write.
    pub writable: Vec<PathBuf>,
    /// Whether it may use the network.
    pub network: bool,
    /// How much it may take.
    pub limits: Limits,
    /// How long it may take for its first answer.
    pub start_timeout: Duration,
}

/// How much each process of a program may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Bytes of memory that it writes to.
    pub memory: u64,
    /// Open files.
    pub open_files: u64,
    /// Processes and threads; the kernel counts all of the broker's user.
    pub processes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 1 << 30, open_files: 1_024, processes: None }
    }
}

/// What an environment variable is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// As it stands there.
    Literal(String),
    /// The secret in this file, without the line's end.
    File(PathBuf),
    /// The secret that systemd hands over under this name.
    Credential(String),
}

impl Program {
    /// The program itself.
    pub fn path(&self) -> &Path {
        Path::new(self.command.first().map_or("", String::as_str))
    }

    /// All paths that the declaration gives it.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let folder = self.folder.as_deref();
        let given = self.readable.iter().chain(&self.writable).map(PathBuf::as_path);
        std::iter::once(self.path()).chain(folder).chain(given)
    }

    /// Its environment, and which of its values are secret.
    pub fn environment(&self) -> io::Result<Vec<(&str, SecretText, bool)>> {
        let read = |(name, value): (&'_ String, &'_ Value)| {
            let named = |error: io::Error| io::Error::new(error.kind(), format!("{name}: {error}"));
            value.read().map_err(named)
        };
        self.env
            .iter()
            .map(|pair| Ok((pair.0.as_str(), read(pair)?, !matches!(pair.1, Value::Literal(_)))))
            .collect()
    }
}

impl Value {
    fn read(&self) -> io::Result<SecretText> {
        match self {
            Self::Literal(text) => Ok(SecretText::new(text.clone())),
            Self::File(path) => secret(path),
            Self::Credential(name) => {
                let folder = env::var_os("CREDENTIALS_DIRECTORY");
                let folder = folder.ok_or_else(|| io::Error::other("CREDENTIALS_DIRECTORY is not set"))?;
                secret(&Path::new(&folder).join(name))
            }
        }
    }
}

fn secret(path: &Path) -> io::Result<SecretText> {
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MAX_SECRET).unwrap_or(0) + 1));
    let file =
        File::open(path).map_err(|it| io::Error::new(it.kind(), format!("{}: {it}", path.display())))?;
    file.take(MAX_SECRET + 1).read_to_string(&mut text)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let why = match line.len() {
        long if long as u64 > MAX_SECRET => "is too long for a secret",
        short if short < MIN_SECRET_BYTES => "is too short for a secret: it could not be kept out of answers",
        _ if line.contains('\0') => "holds a byte that no environment variable can hold",
        _ => return Ok(SecretText::new(line)),
    };
    Err(io::Error::other(format!("{}: {why}", path.display())))
}
