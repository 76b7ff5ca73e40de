//! The broker as whoever operates it sees it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A setting, as `config show --origin` has it. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingRow {
    /// Its name in the file.
    pub name: String,
    /// Its value; none if nobody set it and it has no default.
    pub value: Option<String>,
    /// Where the value came from; none if from nowhere.
    pub origin: Option<String>,
    /// Its environment variable.
    pub variable: String,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckVerdict {
    /// As it should be.
    Ok,
    /// It works, and somebody should look.
    Warning,
    /// Something does not work, or is not safe.
    Failure,
}

/// What one check of `doctor` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRow {
    /// What was looked at.
    pub name: String,
    /// How bad it is.
    pub verdict: CheckVerdict,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub to_do: Option<String>,
}

/// A key of the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Its name.
    pub name: String,
    /// Whether it signs tokens; otherwise it wraps secrets.
    pub signs: bool,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// The broker and what is around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemView {
    /// The version of the broker.
    pub version: String,
    /// The version of the database's schema.
    pub schema: i64,
    /// Which database: `SQLite` or `PostgreSQL`.
    pub database: String,
    /// When this broker started.
    pub started_at: Option<DateTime<Utc>>,
    /// The name of the chain that it writes.
    pub chain: String,
    /// Whether the vault is sealed.
    pub sealed: bool,
    /// Acts that wait to be committed.
    pub waiting: usize,
    /// Revocations that wait to be committed.
    pub waiting_revocations: usize,
    /// The keys of the vault, newest first.
    pub keys: Vec<KeyRow>,
    /// What the checks found, if they were run.
    pub checks: Option<Vec<CheckRow>>,
}
