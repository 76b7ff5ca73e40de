//! The last call of each connection, as far as the newest records tell.

use crate::store::{Conn, all};
use serde::Deserialize;
use std::collections::HashMap;

/// Only these newest records are looked at: the table has no index for more.
pub(super) const LAST: &str = "SELECT at, kind, call_id, facts FROM \
    (SELECT id, at, kind, call_id, facts FROM audit ORDER BY id DESC LIMIT 5000) AS newest \
    WHERE kind IN ('call.authorised', 'call.finished', 'call.not_sent', 'call.outcome_unknown') ORDER BY id DESC";

/// A connection's last call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastCall {
    /// Of which connection.
    pub connection: String,
    /// When it was authorised, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// What the service answered, if it did.
    pub status: Option<u16>,
    /// What became of it; `open` while nothing is recorded.
    pub outcome: String,
}

#[derive(Default, Deserialize)]
struct Facts {
    connection: Option<String>,
    status: Option<u16>,
    outcome: Option<String>,
}

/// The last call of each connection among the newest records.
pub async fn last_calls(conn: &mut Conn) -> sqlx::Result<Vec<LastCall>> {
    let rows: Vec<(i64, String, Option<Vec<u8>>, String)> = all!(conn, LAST)?;
    let mut ends: HashMap<Vec<u8>, Facts> = HashMap::new();
    let mut found: Vec<LastCall> = Vec::new();
    for (at, kind, call, facts) in rows {
        let Some(call) = call else { continue };
        let facts: Facts = serde_json::from_str(&facts).unwrap_or_default();
        if kind != "call.authorised" {
            ends.insert(call, facts);
            continue;
        }
        let Some(connection) = facts.connection else { continue };
        if found.iter().any(|it| it.connection == connection) {
            continue;
        }
        let end = ends.remove(&call).unwrap_or_default();
        let outcome = end.outcome.unwrap_or_else(|| "open".to_owned());
        found.push(LastCall { connection, at, status: end.status, outcome });
    }
    Ok(found)
}
