//! The kill switch: every key is dropped here at once, then everywhere, and nothing is called until it is lifted.

use super::drop_keys;
use crate::{
    app::App,
    ledger::{
        LedgerError,
        acts::{Act, KeyAct},
    },
};

/// The vault was sealed here, but not for good.
#[derive(Debug, thiserror::Error)]
#[error(
    "this broker has dropped its keys and cut {streams} calls, but that could not be recorded ({why}): other brokers of \
     this database were not told, and a restart would open this one again; run seal again"
)]
pub struct SealError {
    /// Calls that were cut here.
    pub streams: i64,
    /// Why it is not on the record.
    pub why: LedgerError,
}

/// Seals the vault; says how many calls were cut here. When it has returned, no broker authorises a call any more: each
/// batch learns of the seal before it judges. Other brokers drop their keys when they hear of it, or within a second.
pub async fn seal(app: &App, reason: Option<String>) -> Result<i64, SealError> {
    // First, whatever the database does.
    let streams = drop_keys(app);
    let recorded = app.ledger.act(Act::Keys(Box::new(KeyAct::Seal { reason }))).await;
    // What was being opened meanwhile, and what was authorised before the record was there.
    let streams = streams + drop_keys(app);
    recorded.map(|_| streams).map_err(|why| SealError { streams, why })
}
