//! The database is found to be an older copy, or accepted as it is. What was ended after the copy was made is not in it,
//! so nothing is authorised until an admin on the host says that everything in it is over.

use super::{Acting, Why};
use crate::{
    events::Event,
    failpoint,
    ledger::{
        batch::Outcome,
        facts::Facts,
        intent::{Answer, Revocation},
        revoke,
    },
    store::{keys, meta, recovery, watermarks, web},
};
use domain::watermark::{ACCEPTED, SUSPENDED};
use protocol::{access::EndReason, record::Actor, revoke::Subject};
use serde_json::json;

/// Numbers that an accepted database leaves out: some of them may have been given after the copy was made.
const SKIPPED: i64 = 1_000_000;

/// One of the two.
#[derive(Debug, Clone)]
pub enum Recovery {
    /// From here on nothing is authorised, on any broker. Every way in that people have is ended.
    Suspend {
        /// What was found.
        why: String,
    },
    /// It has an anchor outside itself from here on. Leaves no record.
    Anchored,
    /// Everything that lives is ended, nobody is signed in, no token is valid: from here on it goes on.
    Accept {
        /// Why, in the words of who did it.
        reason: Option<String>,
    },
}

impl Acting<'_> {
    pub(super) async fn recover(mut self, recovery: &Recovery) -> sqlx::Result<Outcome> {
        let outcome = match recovery {
            Recovery::Anchored => {
                meta::put(self.conn, meta::ANCHORED, "1").await?;
                return Ok(Ok(Answer::Done));
            }
            Recovery::Suspend { why } => self.suspend_all(why).await,
            Recovery::Accept { reason } => self.accept_all(reason.as_deref()).await,
        }?;
        if outcome.is_ok() {
            self.pen.events.push(Event::Vault);
        }
        Ok(outcome)
    }

    async fn suspend_all(&mut self, why: &str) -> sqlx::Result<Outcome> {
        if let Some(number) = self.marks.suspended() {
            return Ok(Ok(Answer::Number(number)));
        }
        let number = self.mark(SUSPENDED).await?;
        web::end_everybody(self.conn, self.pen.now).await?;
        let facts = [("number".to_owned(), json!(number)), ("why".to_owned(), json!(why))];
        self.keep("database.suspended", Actor::Broker, Facts::from_iter(facts));
        Ok(Ok(Answer::Number(number)))
    }

    async fn accept_all(&mut self, reason: Option<&str>) -> sqlx::Result<Outcome> {
        if self.marks.suspended().is_none() {
            let what =
                "this database is in use as it is; there is nothing to accept, and nothing was changed";
            return Ok(Err(Why::Outdated(what.to_owned())));
        }
        watermarks::skip(self.conn, SKIPPED).await?;
        let revocation = Revocation {
            subject: Subject::All,
            actor: Actor::Host,
            reason: Some("an older copy of the database was accepted".to_owned()),
            block: false,
            end: EndReason::Revoked,
        };
        let outcome = revoke::apply(self.conn, self.active, self.pen, &revocation).await?;
        failpoint::hit("recovery.ending").await?;
        let number = self.mark(ACCEPTED).await?;
        web::end_everybody(self.conn, self.pen.now).await?;
        // The next key is made by whoever opens the vault, or has it open. Until then nothing can be signed.
        keys::forget_signing(self.conn).await?;
        keys::changed(self.conn).await?;
        let epoch = recovery::next_epoch(self.conn).await?;
        recovery::forget_restored(self.conn).await?;
        let mut facts =
            Facts::from_iter([("number".to_owned(), json!(number)), ("epoch".to_owned(), json!(epoch))]);
        facts.extend(reason.map(|reason| ("reason".to_owned(), json!(reason))));
        self.keep("database.accepted", Actor::Host, facts);
        Ok(outcome)
    }
}
