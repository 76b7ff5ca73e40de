//! Reading the record fast: the records of a stretch travel in one text, which is taken apart where it lies. A row of
//! its own for each record costs more than checking it.

use super::{
    chain_of,
    columns::{Columns, actor_json, record},
    seq_of,
};
use crate::store::{Conn, Engine, optional};
use domain::chain::Parts;
use protocol::{ids::BadId, record::Record};

/// Between the columns of a record. No column holds one: canonical JSON escapes control characters.
const FIELD: char = '\u{1f}';
/// Between records.
const RECORD: char = '\u{1e}';

/// Which records of a stretch are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those that decide about calls: starts, decisions, redemptions, revocations, seals.
    Deciding,
}

macro_rules! texts {
    ($all:ident, $deciding:ident, $grant:literal, $call:literal, $hash:literal) => {
        texts!($all, $grant, $call, $hash, "");
        texts!(
            $deciding,
            $grant,
            $call,
            $hash,
            " AND kind IN ('broker.started', 'request.approved', 'request.denied', 'request.withdrawn', \
             'request.lapsed', 'grant.redeemed', 'revoked', 'vault.sealed', 'vault.unsealed', \
             'database.suspended', 'database.accepted', 'record.dropped', 'request.consented', \
             'passkey.added', 'passkey.removed')"
        );
    };
    ($name:ident, $grant:literal, $call:literal, $hash:literal, $more:literal) => {
        const $name: &str = concat!(
            "SELECT COUNT(*), COALESCE(string_agg(concat_ws($3, id, at, watermark, back, kind, actor, \
             COALESCE(",
            $grant,
            ", ''), COALESCE(",
            $call,
            ", ''), facts, ",
            $hash,
            "), $4 ORDER BY id), '') FROM audit WHERE id > $1 AND id <= $2",
            $more
        );
    };
}

texts!(SQLITE, SQLITE_DECIDING, "lower(hex(grant_id))", "lower(hex(call_id))", "lower(hex(hash))");
texts!(
    POSTGRES,
    POSTGRES_DECIDING,
    "encode(grant_id, 'hex')",
    "encode(call_id, 'hex')",
    "encode(hash, 'hex')"
);

/// The statement of an engine.
pub(super) fn sql(engine: Engine, which: Which) -> &'static str {
    match (engine, which) {
        (Engine::Sqlite, Which::All) => SQLITE,
        (Engine::Sqlite, Which::Deciding) => SQLITE_DECIDING,
        (Engine::Postgres, Which::All) => POSTGRES,
        (Engine::Postgres, Which::Deciding) => POSTGRES_DECIDING,
    }
}

/// The records of a stretch.
#[derive(Debug)]
pub struct Stretch {
    count: i64,
    text: String,
}

/// Reads the records behind an id, up to another.
pub async fn stretch(conn: &mut Conn, after: i64, until: i64, which: Which) -> sqlx::Result<Stretch> {
    let sql = sql(conn.engine(), which);
    let (field, record) = (FIELD.to_string(), RECORD.to_string());
    let row: Option<(i64, String)> = optional!(conn, sql, after, until, field, record)?;
    let (count, text) = row.unwrap_or_default();
    Ok(Stretch { count, text })
}

impl Stretch {
    /// How many records there are.
    pub fn len(&self) -> usize {
        usize::try_from(self.count).unwrap_or_default()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The records in order; none where what is stored there cannot be taken apart.
    pub fn lines(&self) -> impl Iterator<Item = Option<Line<'_>>> {
        let found = self.text.split(RECORD).take(self.len()).map(Line::new);
        // What holds a separator makes another number of records.
        let separators = self.text.matches(RECORD).count();
        let wrong = separators != self.len().saturating_sub(1);
        found.chain(wrong.then_some(None))
    }
}

/// A record where it lies.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The id.
    pub id: i64,
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// The highest revocation that its batch had seen.
    pub watermark: i64,
    /// How far back the record before of the same session stands; 0: none in this chain.
    pub back: i64,
    /// What happened.
    pub kind: &'a str,
    /// Who did it, as the column has it.
    pub actor: &'a str,
    /// The digits of the session it is about.
    pub grant: Option<&'a str>,
    /// The digits of the call it is about.
    pub call: Option<&'a str>,
    /// Its facts, in JSON.
    pub facts: &'a str,
    /// Its hash.
    pub hash: [u8; 32],
}

impl<'a> Line<'a> {
    fn new(text: &'a str) -> Option<Self> {
        let mut fields = text.split(FIELD);
        let mut next = || fields.next();
        // The 32 digits of an id, or none.
        let digits = |text: &'a str| {
            let fits = text.is_empty() || text.len() == 32;
            fits.then(|| Some(text).filter(|it| !it.is_empty()))
        };
        let line = Self {
            id: next()?.parse().ok()?,
            at: next()?.parse().ok()?,
            watermark: next()?.parse().ok()?,
            back: next()?.parse().ok()?,
            kind: next()?,
            actor: next()?,
            grant: digits(next()?)?,
            call: digits(next()?)?,
            facts: next()?,
            hash: hash_bytes(next()?)?,
        };
        next().is_none().then_some(line)
    }

    /// The number of its chain.
    pub fn chain(&self) -> i64 {
        chain_of(self.id)
    }

    /// Its number in its chain.
    pub fn seq(&self) -> i64 {
        seq_of(self.id)
    }

    /// Its actor in canonical JSON.
    pub fn actor_json(&self) -> Result<String, BadId> {
        actor_json(self.actor).map(Into::into)
    }

    /// Puts its canonical JSON together, as a record of the chain of this name.
    pub fn write(&self, chain: &str, actor_json: &str, body: &mut String) {
        let parts = Parts {
            chain,
            seq: self.seq(),
            at: self.at,
            watermark: self.watermark,
            kind: self.kind,
            actor: actor_json,
            grant: self.grant,
            call: self.call,
            facts: self.facts,
        };
        parts.write(body);
    }

    /// It, as a record of the chain of this name.
    pub fn record(&self, chain: &str) -> Result<Record, serde_json::Error> {
        record(&Columns {
            chain,
            seq: self.seq(),
            at: self.at,
            watermark: self.watermark,
            kind: self.kind,
            actor: self.actor,
            grant: self.grant,
            call: self.call,
            facts: self.facts,
        })
    }
}

/// A hash from its hexadecimal digits.
pub fn hash_bytes(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let half = |digit: u8| char::from(digit).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (half(pair[0])? << 4) | half(pair[1])?;
    }
    Some(bytes)
}
