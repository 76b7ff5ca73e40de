//! `doctor`: whether everything around the broker is as it must be. A file per family of checks.
//!
//! The checks return data: a command prints them, a page can show them. They look and change nothing, but for a file that
//! they write to measure the disk and remove. Where a broker runs, they run inside it, with its configuration, its
//! user and its view of the network; where none runs, over a database that is opened for reading only.

mod clock;
mod connections;
mod copy;
mod database;
mod disk;
mod keys;
mod limits;
mod network;
mod offline;
mod passkeys;
mod people;
pub mod probe;
mod programs;
mod public_url;
mod record;
mod user;

pub use offline::offline;

use crate::{
    app::App, clock::Clock, config::Config, egress::Egress, keys::RootKeys, store::Store, vault::Vault,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::timeout;

/// A family of checks that takes longer waits for something that will not come.
const PATIENCE: Duration = Duration::from_secs(25);

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and somebody should look.
    Warning,
    /// Something does not work, or is not safe.
    Failure,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was looked at, as `clock` or `connection tracker-paul`: stays the same from release to release.
    pub name: String,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub to_do: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn ok(name: impl Into<String>, what: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: Verdict::Ok, what: what.into(), to_do: None }
    }

    /// It works, and somebody should look.
    pub fn warning(name: impl Into<String>, what: impl Into<String>, to_do: impl Into<String>) -> Self {
        let to_do = Some(to_do.into());
        Self { name: name.into(), verdict: Verdict::Warning, what: what.into(), to_do }
    }

    /// Something does not work, or is not safe.
    pub fn failure(name: impl Into<String>, what: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failure, ..Self::warning(name, what, to_do) }
    }
}

/// What is examined.
pub struct Patient<'a> {
    /// The database.
    pub store: &'a Store,
    /// Time.
    pub clock: &'a Clock,
    /// The settings.
    pub config: &'a Config,
    /// The vault; sealed where it could not be opened.
    pub vault: &'a Vault,
    /// Where the root key is.
    pub root: &'a RootKeys,
    /// The way to the services.
    pub egress: &'a Egress,
    /// The running broker, from inside.
    pub app: Option<&'a App>,
}

/// Examines a broker from inside; none if it was put together without a configuration.
pub async fn inside(app: &App) -> Option<Vec<Check>> {
    let patient = Patient {
        store: &app.store,
        clock: &app.clock,
        config: app.config.as_deref()?,
        vault: &app.vault,
        root: &app.keys.root,
        egress: &app.egress,
        app: Some(app),
    };
    Some(Box::pin(examine(&patient)).await)
}

async fn examine(it: &Patient<'_>) -> Vec<Check> {
    let (database, copy, record, people, passkeys, connections, keys, clock, public, programs) = futures::join!(
        reading("database", Box::pin(database::look(it))),
        reading("anchor", Box::pin(copy::look(it))),
        reading("record", Box::pin(record::look(it))),
        reading("approvers", Box::pin(people::look(it))),
        reading("passkeys", Box::pin(passkeys::look(it))),
        reading("connections", Box::pin(connections::look(it))),
        reading("keys", Box::pin(keys::look(it))),
        reading("clock", Box::pin(clock::look(it))),
        reading("public url", Box::pin(async { Ok(public_url::look(it).await) })),
        reading("programs", Box::pin(async { Ok(programs::look(it).await) })),
    );
    let disk = reading("disk", Box::pin(disk::look(it))).await; // alone: it measures
    [
        settings(it.config),
        user::look(it),
        limits::look(it),
        network::look(it),
        public,
        clock,
        disk,
        database,
        copy,
        keys,
        record,
        people,
        passkeys,
        connections,
        programs,
    ]
    .concat()
}

async fn reading(name: &str, look: impl Future<Output = sqlx::Result<Vec<Check>>>) -> Vec<Check> {
    match timeout(PATIENCE, look).await {
        Ok(Ok(checks)) => checks,
        Ok(Err(error)) => {
            let what = format!("the database does not answer: {error}");
            vec![Check::failure(name, what, "look at the database and its log")]
        }
        Err(_) => {
            let what = format!("no answer within {} s", PATIENCE.as_secs());
            vec![Check::failure(name, what, "look at the broker's log, and at the load of this machine")]
        }
    }
}

/// What contradicts in the settings.
fn settings(config: &Config) -> Vec<Check> {
    let to_do = "countersign-broker config show --origin says where each setting comes from";
    let found: Vec<Check> = config
        .findings()
        .into_iter()
        .map(|it| {
            let make = if it.wrong { Check::failure } else { Check::warning };
            make("settings", it.text, to_do)
        })
        .collect();
    if found.is_empty() { vec![Check::ok("settings", "nothing contradicts")] } else { found }
}

/// A length of time for people.
fn ago(seconds: i64) -> String {
    match seconds {
        ..0 => "just now".to_owned(),
        0..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
