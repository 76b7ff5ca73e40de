//! One chain: numbers, hashes, columns, order, head.

use super::{Fault, PAGE, Report, VerifyError, facts::Facts};
use crate::store::{Conn, audit, chains, millis};
use domain::chain::{Head, Link};
use protocol::{Digest, GrantId, record::Record};

pub(super) async fn check(
    conn: &mut Conn,
    chain: &chains::Chain,
    facts: &mut Facts,
    report: &mut Report,
    tell: &mut impl FnMut(usize),
) -> Result<Option<Fault>, VerifyError> {
    let mut walk = Walk { chain: &chain.id, head: Head::default(), watermark: 0, at: i64::MIN };
    while walk.head.seq < chain.head_seq {
        let rows =
            audit::page(conn, &chain.id, walk.head.seq, PAGE.min(chain.head_seq - walk.head.seq)).await?;
        if rows.is_empty() {
            return Ok(Some(Fault::new(
                &chain.id,
                walk.head.seq + 1,
                "it is missing; the end of the chain was cut off",
            )));
        }
        for row in &rows {
            let taken = walk.step(row).and_then(|record| facts.learn(&record, row.seq));
            if let Err(fault) = taken {
                return Ok(Some(fault));
            }
            report.records += 1;
        }
        tell(rows.len());
    }
    if Digest::from_bytes(&walk.head.hash).as_str() != chain.head_hash {
        return Ok(Some(Fault::new(
            &chain.id,
            walk.head.seq,
            "it is not the head that the list of chains names",
        )));
    }
    behind_the_head(conn, chain).await
}

/// Records behind the head that was listed are newer ones, or were put there by another hand.
async fn behind_the_head(conn: &mut Conn, chain: &chains::Chain) -> Result<Option<Fault>, VerifyError> {
    let Some(next) = audit::page(conn, &chain.id, chain.head_seq, 1).await?.pop() else { return Ok(None) };
    let head = chains::find(conn, &chain.id).await?.map_or(0, |now| now.head_seq);
    let foreign = next.seq > head;
    Ok(foreign.then(|| Fault::new(&chain.id, next.seq, "it stands behind the head of its chain")))
}

/// Where the walk along a chain is.
struct Walk<'a> {
    chain: &'a str,
    head: Head,
    watermark: i64,
    at: i64,
}

impl Walk<'_> {
    fn step(&mut self, row: &audit::Row) -> Result<Record, Fault> {
        let fault = |what: String| Fault::new(self.chain, row.seq, what);
        let hash = row.hash.parse().map_err(|_| fault("its hash is none".to_owned()))?;
        let link = Link { seq: row.seq, body: row.body.clone(), hash };
        let expected = self.head.seq + 1;
        let record = self.head.check(self.chain, &link).map_err(|broken| match broken {
            domain::chain::Fault::Gap { .. } => Fault::new(self.chain, expected, broken.to_string()),
            _ => fault(broken.to_string()),
        })?;
        let grant = record.grant.as_ref().map(GrantId::digits);
        if millis(record.at) != row.at || record.kind != row.kind || grant != row.grant_id.as_deref() {
            return Err(fault("its columns do not say what it says".to_owned()));
        }
        if record.watermark < self.watermark {
            return Err(fault(format!(
                "it had seen fewer revocations than the one before ({})",
                self.watermark
            )));
        }
        if row.at < self.at {
            return Err(fault("it is older than the one before".to_owned()));
        }
        (self.watermark, self.at) = (record.watermark, row.at);
        Ok(record)
    }
}
