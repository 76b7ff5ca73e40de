//! What is looked for as a file, oldest first, chain by chain: read in blocks while it is sent, so that neither memory
//! nor a connection to the database is held for long.

use super::{Matching, allowed};
use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    store::{
        audit::{self, Row},
        chains::{self, Chain},
        corrupt, millis,
    },
};
use futures::{Stream, stream};
use protocol::{audit::AuditQuery, record::Actor};
use serde_json::Value;
use std::{fmt::Write as _, sync::Arc};

/// Records that are read at once.
const BLOCK: i64 = 1_000;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line of JSON for each record, exactly as it is hashed, and its hash.
    JsonLines,
    /// A table of the most telling facts.
    Csv,
}

const COLUMNS: &str = "at,chain,number,kind,actor,session,service,action,resource,outcome,facts,hash\r\n";

struct Export {
    app: Arc<App>,
    form: Form,
    matching: Matching,
    since: i64,
    chains: Vec<Chain>,
    /// The last record of the first chain that was looked at.
    after: i64,
    begun: bool,
}

/// Writes out what a query finds, as far as the record went when it began.
pub async fn write_out(
    app: Arc<App>,
    visitor: &Visitor,
    query: &AuditQuery,
    form: Form,
) -> Result<impl Stream<Item = sqlx::Result<Vec<u8>>> + Send + 'static, Fault> {
    allowed(visitor)?;
    let mut chains = chains::list(&mut app.store.read().await?).await?;
    let since = query.since.map_or(i64::MIN, millis);
    chains.retain(|it| it.head_seq > it.dropped_seq && it.ended_at.is_none_or(|at| at >= since));
    chains.reverse();
    let after = chains.last().map_or(0, |it| it.dropped_seq);
    let export = Export { app, form, matching: Matching::of(query), since, chains, after, begun: false };
    Ok(stream::try_unfold(export, |mut export| async move {
        Ok(export.block().await?.map(|block| (block, export)))
    }))
}

impl Export {
    /// The next lines; none at the end.
    async fn block(&mut self) -> sqlx::Result<Option<Vec<u8>>> {
        let mut text = String::new();
        if !self.begun && self.form == Form::Csv {
            text.push_str(COLUMNS);
        }
        self.begun = true;
        while let Some(chain) = self.chains.last() {
            let rows = {
                let mut conn = self.app.store.read().await?;
                audit::page(&mut conn, chain.number, self.after, BLOCK).await?
            };
            for row in rows.iter().filter(|row| row.seq() <= chain.head_seq && row.at() >= self.since) {
                self.line(&mut text, row, &chain.id)?;
            }
            match rows.last() {
                Some(last) if last.seq() < chain.head_seq => self.after = last.seq(),
                _ => {
                    self.chains.pop();
                    self.after = self.chains.last().map_or(0, |it| it.dropped_seq);
                }
            }
            if !text.is_empty() {
                return Ok(Some(text.into_bytes()));
            }
        }
        Ok((!text.is_empty()).then(|| text.into_bytes()))
    }

    fn line(&self, text: &mut String, row: &Row, chain: &str) -> sqlx::Result<()> {
        let record = row.record(chain).map_err(corrupt)?;
        if !self.matching.takes(&record) {
            return Ok(());
        }
        if self.form == Form::JsonLines {
            let body = row.body(chain).map_err(corrupt)?;
            let _ = writeln!(text, "{{\"hash\":\"{}\",\"record\":{body}}}", row.hash());
            return Ok(());
        }
        let fact = |name: &str| record.facts.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let actor = match &record.actor {
            Actor::Agent { agent } => format!("agent {agent}"),
            Actor::Person { person, via } => format!("person {person} ({via})"),
            Actor::Host => "host".to_owned(),
            Actor::Broker => "broker".to_owned(),
        };
        let cells = [
            record.at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            record.chain.clone(),
            record.seq.to_string(),
            record.kind.clone(),
            actor,
            record.grant.as_ref().map(ToString::to_string).unwrap_or_default(),
            fact("service"),
            fact("action"),
            fact("resource"),
            domain::audit_query::outcome_word(super::describe::outcome(&record)).to_owned(),
            Value::Object(record.facts.clone()).to_string(),
            row.hash(),
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
        Ok(())
    }
}

/// A cell. What a spreadsheet would take for a formula is told apart from one by an apostrophe: names and purposes
/// come from agents.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = cell.replace('"', "\"\"");
    if formula { format!("\"'{cell}\"") } else { format!("\"{cell}\"") }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_never_a_formula_or_two_cells() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("@x"), "\"'@x\"");
        assert_eq!(quoted(""), "\"\"");
    }
}
