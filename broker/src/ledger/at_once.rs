//! A group that needs to read nothing: judged by what the last one read, and committed in one text if that still holds.
//!
//! Every text that SQLite is given costs a message to its thread and back, several times what the statements in it take;
//! and news of a revocation or a declaration, for which a group begins by reading, is rare. So the text asks for itself
//! whether there is news. If there is, nothing has happened, and the group begins anew by reading.

use super::{
    batch::{Batch, Outcome, UNKNOWN},
    failures::Failure,
    intent::{Authorise, Intent},
    memory::ActiveGrants,
    pen::Pen,
    writer::{Committed, Writer},
};
use crate::{
    failpoint,
    store::{
        Conn, Store,
        batch::{AtOnce, Known},
    },
};
use domain::chain::Head;
use tokio::sync::Notify;

/// Where a group passes on its way to the commit. In one text there is no place between them for a test to stop at.
const FAILPOINTS: [&str; 4] = ["ledger.begun", "ledger.locked", "ledger.appended", "ledger.before_commit"];

impl Writer {
    /// Tries to judge and commit a group without reading; none if it has to begin by reading.
    pub(super) async fn at_once(&mut self, intents: &[&Intent]) -> Option<Result<Committed, Failure>> {
        let Store::Sqlite { committing, .. } = &self.store else { return None };
        let committing = committing.clone();
        let known = Known { seen: self.marks.seen(), revision: self.revision? };
        if !intents.iter().all(|intent| needs_nothing(intent, &self.active)) {
            return None;
        }
        let mut conn = self.conn.take()?;
        let mut pen =
            Pen::new(self.clock.now().max(self.last), self.chain.clone(), known.seen, self.head.seq);
        let done = self.judge_and_commit(&mut conn, &mut pen, intents, known, &committing).await;
        match done {
            Ok((AtOnce::Committed, outcomes, head)) => {
                self.conn = Some(conn);
                Some(Ok(Committed::of(pen, outcomes, head)))
            }
            Ok((AtOnce::Anew, ..)) => {
                self.conn = Some(conn);
                None
            }
            Ok((AtOnce::Unknown(error), outcomes, head)) => {
                conn.discard();
                Some(Err(Failure::of_commit(error, Committed::of(pen, outcomes, head))))
            }
            Err(error) => {
                // Nothing was committed on this connection, and nothing will be.
                tracing::debug!(%error, "a group begins anew on another connection");
                conn.discard();
                None
            }
        }
    }

    async fn judge_and_commit(
        &self,
        conn: &mut Conn,
        pen: &mut Pen,
        intents: &[&Intent],
        known: Known,
        committing: &Notify,
    ) -> sqlx::Result<(AtOnce, Vec<Outcome>, Head)> {
        for name in FAILPOINTS {
            failpoint::hit(name).await?;
        }
        let (active, revision) = (&self.active, known.revision);
        let mut batch = Batch { conn, at_once: true, active, revision, marks: &self.marks, pen };
        let outcomes = batch.run(intents).await?;
        if pen.is_empty() {
            // Without a text nobody asks whether it was judged by what holds.
            return Ok((AtOnce::Anew, outcomes, self.head));
        }
        let (done, head) = pen.commit(conn, committing, self.head, known).await?;
        Ok((done, outcomes, head))
    }
}

/// Whether an intent is judged by what is remembered alone.
fn needs_nothing(intent: &Intent, active: &ActiveGrants) -> bool {
    match intent {
        Intent::Finish(finish) => finish.kind != UNKNOWN,
        Intent::Refused(_) => true,
        Intent::Mint(mint) => active.remembered(&mint.grant).is_some(),
        Intent::Authorise(call) => spends_nothing(call, active),
        Intent::Act(_) | Intent::Revoke(_) => false,
    }
}

/// No key, no limit. That a token was unused is for the text to find.
fn spends_nothing(call: &Authorise, active: &ActiveGrants) -> bool {
    call.idempotency.is_none()
        && active
            .remembered(&call.grant)
            .is_some_and(|content| content.line(call.line).is_none_or(|line| line.limits.max_calls.is_none()))
}
