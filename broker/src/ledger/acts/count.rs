//! What a stretch of the record adds to the counts by day. Leaves no record: it says nothing that the record does not.

use super::Acting;
use crate::{
    ledger::{batch::Outcome, intent::Answer},
    store::{
        millis,
        usage::{self, DAY, Used},
    },
};

/// How many days are kept.
const KEPT: i64 = 400;

/// A counted stretch.
#[derive(Debug, Clone)]
pub struct Counting {
    /// The number of the chain.
    pub chain: i64,
    /// The number up to which it was counted before.
    pub from: i64,
    /// And up to which it is now.
    pub to: i64,
    /// What is added.
    pub used: Vec<Used>,
}

impl Acting<'_> {
    pub(super) async fn count(self, it: &Counting) -> sqlx::Result<Outcome> {
        // Another broker may have counted it: then it is nothing new.
        if usage::move_cursor(self.conn, it.chain, it.from, it.to).await? {
            for used in &it.used {
                usage::add(self.conn, used).await?;
            }
            if !it.used.is_empty() {
                usage::forget(self.conn, millis(self.pen.now) / DAY - KEPT).await?;
            }
        }
        Ok(Ok(Answer::Done))
    }
}
