//! The record as JSON Lines: one `{"hash": …, "record": …}` a line, chain by chain, in order. The record stands there
//! exactly as it was hashed, so that others can check the chain without this program.

use crate::store::{Store, audit, chains, millis};
use chrono::{DateTime, Utc};
use protocol::GrantId;
use std::io;

/// Records that are read at once.
const PAGE: i64 = 1_000;

/// What is exported; by default everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what was recorded at or after this time.
    pub since: Option<DateTime<Utc>>,
    /// Only what is about this session.
    pub grant: Option<GrantId>,
    /// Only this kind, as `call.refused`, or all kinds that begin with it and a dot, as `call`.
    pub kind: Option<String>,
}

/// Why it could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database did not answer.
    #[error("the record could not be read: {0}")]
    Database(#[from] sqlx::Error),
    /// What was read could not be written.
    #[error("the export could not be written: {0}")]
    Output(#[from] io::Error),
}

impl Filter {
    fn takes(&self, row: &audit::Row) -> bool {
        let late = self.since.is_none_or(|since| row.at() >= millis(since));
        let about = self.grant.as_ref().is_none_or(|grant| row.grant().as_deref() == Some(grant.digits()));
        late && about && self.kind.as_ref().is_none_or(|kind| is_of_kind(&row.kind, kind))
    }
}

/// Whether a kind is this one, or begins with it and a dot.
pub(crate) fn is_of_kind(found: &str, wanted: &str) -> bool {
    found.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Writes the record out; says how many lines it has. A record that is appended meanwhile may be left out.
pub async fn export(store: &Store, filter: &Filter, out: &mut impl io::Write) -> Result<u64, ExportError> {
    let mut conn = store.read().await?;
    let mut lines = 0;
    for chain in chains::list(&mut conn).await? {
        let mut after = chain.dropped_seq;
        loop {
            let rows = audit::page(&mut conn, chain.number, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = last.seq();
            for row in rows.iter().filter(|row| filter.takes(row)) {
                let body = row.body(&chain.id).map_err(crate::store::corrupt)?;
                writeln!(out, "{{\"hash\":\"{}\",\"record\":{body}}}", row.hash())?;
                lines += 1;
            }
        }
    }
    out.flush()?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::is_of_kind;

    #[test]
    fn a_kind_is_taken_whole_or_by_its_first_words() {
        assert!(is_of_kind("call.refused", "call.refused"));
        assert!(is_of_kind("call.refused", "call"));
        assert!(!is_of_kind("call.refused", "call.ref"));
        assert!(!is_of_kind("call", "call.refused"));
    }
}
