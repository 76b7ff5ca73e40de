//! Writing much at once: a wave is one transaction, its records go through the broker's own hashing and statements.

use anyhow::{Result, ensure};
use broker::store::{
    Conn,
    audit::{self, Common, NewRow, Said},
    chains, millis,
};
use chrono::{DateTime, Utc};
use domain::chain::{Head, START};
use protocol::{CallId, Digest, GrantId, record::Actor};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Records in one statement.
const ROWS: usize = 4_096;

const GRANTS_SQLITE: &str = "INSERT INTO grants (id, agent, owner, approver, state, version, watermark, same_ask, \
    asked_at, expires_at, decided_at, ends_at, last_call_at, body) SELECT value ->> 0, value ->> 1, value ->> 2, \
    value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, \
    value ->> 11, value ->> 12, value ->> 13 FROM json_each($1)";
const GRANTS_POSTGRES: &str = "INSERT INTO grants (id, agent, owner, approver, state, version, watermark, same_ask, \
    asked_at, expires_at, decided_at, ends_at, last_call_at, body) SELECT value ->> 0, value ->> 1, value ->> 2, \
    value ->> 3, value ->> 4, CAST(value ->> 5 AS BIGINT), CAST(value ->> 6 AS BIGINT), value ->> 7, \
    CAST(value ->> 8 AS BIGINT), CAST(value ->> 9 AS BIGINT), CAST(value ->> 10 AS BIGINT), \
    CAST(value ->> 11 AS BIGINT), CAST(value ->> 12 AS BIGINT), value ->> 13 \
    FROM json_array_elements(CAST($1 AS json)) AS value";
const SERVICES_SQLITE: &str =
    "INSERT INTO grant_services (grant_id, service) SELECT value ->> 0, value ->> 1 FROM json_each($1)";
const SERVICES_POSTGRES: &str = "INSERT INTO grant_services (grant_id, service) SELECT value ->> 0, value ->> 1 \
    FROM json_array_elements(CAST($1 AS json)) AS value";
const LINES_SQLITE: &str = "INSERT INTO grant_lines (grant_id, line, max_calls, used) \
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1)";
const LINES_POSTGRES: &str = "INSERT INTO grant_lines (grant_id, line, max_calls, used) \
    SELECT value ->> 0, CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), CAST(value ->> 3 AS BIGINT) \
    FROM json_array_elements(CAST($1 AS json)) AS value";

macro_rules! execute {
    ($conn:expr, $sqlite:expr, $postgres:expr $(, $bind:expr)*) => {
        match $conn {
            Conn::Sqlite(raw) => {
                sqlx::query($sqlite)$(.bind($bind))*.execute(&mut **raw).await?;
            }
            Conn::Postgres(raw) => {
                sqlx::query($postgres)$(.bind($bind))*.execute(&mut **raw).await?;
            }
        }
    };
}

/// What is being written.
pub struct Bulk {
    conn: Conn,
    chain: String,
    number: i64,
    head: Head,
    /// Where the chain's head stands in the database.
    written: i64,
    rows: Vec<NewRow>,
    records: u64,
    /// The number of the last revocation.
    pub revoked: i64,
}

impl Bulk {
    pub fn new(conn: Conn) -> Self {
        let head = Head::default();
        Self {
            conn,
            chain: String::new(),
            number: 0,
            head,
            written: 0,
            rows: Vec::new(),
            records: 0,
            revoked: 0,
        }
    }

    pub async fn begin(&mut self) -> Result<()> {
        execute!(&mut self.conn, "BEGIN IMMEDIATE", "BEGIN");
        Ok(())
    }

    /// A broker starts: its chain links to those that are there.
    pub async fn start(&mut self, at: DateTime<Utc>, seed: u64) -> Result<()> {
        self.end_chain(at).await?;
        let heads = chains::list(&mut self.conn).await?;
        let links: Vec<_> = heads
            .iter()
            .filter(|it| it.head_seq > 0)
            .map(|it| json!({"chain": it.id, "seq": it.head_seq, "hash": it.head_hash}))
            .collect();
        self.chain = format!("{:012x}{seed:020x}", at.timestamp_millis());
        let start = Digest::from_bytes(&START);
        self.number = chains::open(&mut self.conn, &self.chain, start.as_str(), at).await?;
        (self.head, self.written) = (Head::default(), 0);
        let facts = json!({"links": links, "why": "start"});
        self.record(at, "broker.started", Actor::Broker, (None, None), facts).await
    }

    async fn end_chain(&mut self, at: DateTime<Utc>) -> Result<()> {
        if self.number > 0 {
            chains::end(&mut self.conn, &self.chain, at).await?;
        }
        Ok(())
    }

    /// Appends a record.
    pub async fn record(
        &mut self,
        at: DateTime<Utc>,
        kind: &str,
        actor: Actor,
        (grant, call): (Option<&GrantId>, Option<&CallId>),
        facts: Value,
    ) -> Result<()> {
        let facts = if let Value::Object(facts) = facts { facts } else { Map::new() };
        let said = Said {
            kind: kind.to_owned(),
            actor,
            grant: grant.cloned(),
            call: call.cloned(),
            facts: domain::digest::canonical_object(&facts),
        };
        let common = Common {
            chain: &self.chain,
            number: self.number,
            at: at.timestamp_millis(),
            watermark: self.revoked,
        };
        self.rows.push(NewRow::append(said, &common, &mut self.head));
        self.records += 1;
        if self.rows.len() >= ROWS { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        audit::append(&mut self.conn, self.number, &mut self.rows).await?;
        self.rows.clear();
        Ok(())
    }

    /// Adds rows of grants, their services and their limits, each as a list of columns.
    pub async fn grants(
        &mut self,
        grants: &impl Serialize,
        services: &impl Serialize,
        lines: &impl Serialize,
    ) -> Result<()> {
        execute!(&mut self.conn, GRANTS_SQLITE, GRANTS_POSTGRES, serde_json::to_string(grants)?);
        execute!(&mut self.conn, SERVICES_SQLITE, SERVICES_POSTGRES, serde_json::to_string(services)?);
        execute!(&mut self.conn, LINES_SQLITE, LINES_POSTGRES, serde_json::to_string(lines)?);
        Ok(())
    }

    /// Notes a revocation of a session; gives its number.
    pub async fn revoke(&mut self, grant: &GrantId, at: DateTime<Utc>) -> Result<i64> {
        self.revoked = broker::store::watermarks::next(&mut self.conn).await?;
        let key = format!("session:{}", grant.digits());
        broker::store::watermarks::add(&mut self.conn, self.revoked, &key, at).await?;
        Ok(self.revoked)
    }

    pub async fn commit(&mut self, at: DateTime<Utc>) -> Result<()> {
        self.flush().await?;
        let hash = Digest::from_bytes(&self.head.hash);
        let (from, to) = (self.written, self.head.seq);
        ensure!(
            chains::advance(&mut self.conn, &self.chain, from, to, hash.as_str(), at).await?,
            "the head moved"
        );
        self.written = to;
        execute!(&mut self.conn, "COMMIT", "COMMIT");
        Ok(())
    }

    /// Ends the last chain, forgets what nothing can match any more, brings the log home; gives the number of records.
    pub async fn finish(mut self) -> Result<u64> {
        let last = chains::last_sign_of_life(&mut self.conn).await?;
        let last = DateTime::from_timestamp_millis(last).unwrap_or_default();
        self.end_chain(last).await?;
        let young = last - chrono::TimeDelta::days(2);
        broker::store::watermarks::forget(&mut self.conn, self.revoked, young).await?;
        execute!(&mut self.conn, "PRAGMA optimize", "ANALYZE");
        execute!(&mut self.conn, "PRAGMA wal_checkpoint(TRUNCATE)", "CHECKPOINT");
        Ok(self.records)
    }
}

/// A time as a column.
pub fn column(at: DateTime<Utc>) -> i64 {
    millis(at)
}
