//! The configuration: one small struct per concern; flag over environment over `countersign.toml` over default.
//!
//! To add a setting: a [`keys::Key`], a field in the struct of its concern, a row in `shown.rs`, a flag in `cli`. What
//! nobody knows is an error, in the file and among the variables that start with `COUNTERSIGN_`.

mod admin;
mod check;
mod clients;
mod database;
mod decisions;
pub mod keys;
mod layers;
mod limits;
mod log;
mod network;
mod programs;
mod record;
mod server;
mod shown;
mod storage;
#[cfg(test)]
mod tests;
mod upstream;

pub use admin::{AdminConfig, AdminListen};
pub use check::{Finding, Inspection, inspect};
pub use clients::ClientsConfig;
pub use database::shown as shown_database;
pub use decisions::DecisionsConfig;
pub use layers::{Flags, Layers, Setting, Source};
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use network::{NetworkConfig, TlsFiles};
pub use programs::ProgramsConfig;
pub use record::RecordConfig;
pub use server::ServerConfig;
pub use shown::Shown;
pub use storage::{Lookup, RootKeyPlace, StorageConfig, sqlite_address};
pub use upstream::UpstreamConfig;

use std::{ffi::OsString, path::PathBuf};

/// Why the configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key of the file that nobody knows.
    #[error("{}, line {line}: there is no setting {name:?}{hint}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Its line.
        line: usize,
        /// The key.
        name: String,
        /// What may have been meant.
        hint: keys::Hint,
    },
    /// A variable with our prefix that nobody knows.
    #[error("the environment variable {name} is not known{hint}")]
    UnknownVariable {
        /// The variable.
        name: String,
        /// What may have been meant.
        hint: keys::Hint,
    },
    /// A value that does not fit.
    #[error("{origin}: {why}")]
    Invalid {
        /// Where it came from.
        origin: Source,
        /// What is wrong with it.
        why: String,
    },
    /// A file that cannot be read.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl ConfigError {
    /// The setting that is wrong, where one is.
    fn origin(&self) -> Option<&Source> {
        match self {
            Self::Invalid { origin, .. } => Some(origin),
            Self::UnknownKey { .. } | Self::UnknownVariable { .. } | Self::File { .. } => None,
        }
    }
}

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Data directory, database, root key.
    pub storage: StorageConfig,
    /// Listening and being reached.
    pub server: ServerConfig,
    /// TLS and proxies.
    pub network: NetworkConfig,
    /// The admin listener.
    pub admin: AdminConfig,
    /// How long services may take, and whom of them to trust.
    pub upstream: UpstreamConfig,
    /// How much anybody may ask.
    pub limits: LimitsConfig,
    /// How many people and which proof a decision takes.
    pub decisions: DecisionsConfig,
    /// Which OAuth clients people may bring along.
    pub clients: ClientsConfig,
    /// How long the record is kept.
    pub record: RecordConfig,
    /// Logging.
    pub log: LogConfig,
    /// Programs of the host that may be MCP servers.
    pub programs: ProgramsConfig,
}

impl Config {
    /// Puts the layers together.
    pub fn load(
        flags: Flags,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        lookup: Lookup<'_>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::new(flags, environment);
        layers.read_file(&storage::data(&layers, lookup).value);
        if let Some(first) = std::mem::take(&mut layers.errors).into_iter().next() {
            return Err(first);
        }
        Ok(Self {
            storage: StorageConfig::read(&layers, lookup)?,
            server: ServerConfig::read(&layers)?,
            network: NetworkConfig::read(&layers)?,
            admin: AdminConfig::read(&layers)?,
            upstream: UpstreamConfig::read(&layers)?,
            limits: LimitsConfig::read(&layers)?,
            decisions: DecisionsConfig::read(&layers)?,
            clients: ClientsConfig::read(&layers)?,
            record: RecordConfig::read(&layers)?,
            log: LogConfig::read(&layers)?,
            programs: ProgramsConfig::read(&layers)?,
        })
    }

    /// Files that nobody but the broker may see, as programs that it runs.
    pub fn own_files(&self) -> Vec<PathBuf> {
        let tls_key = self.network.tls.as_ref().map(|it| &it.key.value);
        programs::own_files(&self.storage, tls_key, self.programs.file.as_ref())
    }
}
