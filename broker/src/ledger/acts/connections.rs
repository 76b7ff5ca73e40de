//! Connections come and go. What holds one that goes loses its service, in the same transaction.

use super::{Acting, Why, declare::facts_of};
use crate::{
    ledger::{batch::Outcome, facts::Facts, intent::Answer},
    store::{
        connections::{self, Connection},
        grants::Stored,
        history, keys,
    },
};
use protocol::{Slug, record::Actor, revoke::Subject};
use serde_json::json;

/// Why something ends with its connection.
const REMOVED: &str = "the connection that it used was removed";

/// Whether a request or session is bound to this connection.
pub(crate) fn holds(stored: &Stored, connection: &Slug) -> bool {
    let mut lines = stored.grant.terms().lines.iter();
    lines.any(|line| line.connection.as_ref().is_some_and(|it| it.id == *connection))
}

impl Acting<'_> {
    pub(super) async fn connection(&mut self, it: &Connection, by: &Actor) -> sqlx::Result<Outcome> {
        if !keys::holds(self.conn, &it.record).await? {
            let why = "the key that sealed this secret was retired in the meantime; do it again";
            return Ok(Err(Why::Outdated(why.to_owned())));
        }
        if connections::was_removed(self.conn, &it.id).await? {
            let why = "a connection of this name was removed: the name stands for that account for good";
            return Ok(Err(Why::NotPermitted(why.to_owned())));
        }
        connections::save(self.conn, it, self.pen.now).await?;
        let facts = json!({
            "connection": it.id,
            "service": it.service,
            "account": it.account,
            "owner": it.owner,
            "approvers": it.approvers,
            "secret_version": it.version,
            "record_digest": domain::digest::sha256_hex(it.record.as_bytes()),
        });
        self.pen.write("connection.saved", by.clone(), None, None, facts_of(facts));
        Ok(Ok(Answer::Done))
    }

    /// Its secret is destroyed, sessions lose its service, and requests for it are withdrawn.
    pub(super) async fn remove_connection(mut self, id: &Slug, by: &Actor) -> sqlx::Result<Outcome> {
        let Some(it) = connections::find(self.conn, id).await? else {
            return Ok(Err(Why::Missing("connection")));
        };
        let now = self.pen.now;
        let live = history::live(self.conn, now).await?;
        let waiting = history::waiting(self.conn, now).await?;
        connections::remove(self.conn, id, now).await?;
        let facts = json!({
            "connection": it.id,
            "service": it.service,
            "account": it.account,
            "owner": it.owner,
            "secret_version": it.version,
        });
        self.pen.write("connection.removed", by.clone(), None, None, facts_of(facts));
        for stored in live.iter().filter(|stored| holds(stored, id)) {
            let (grant, service) = (stored.grant.grant_id(), it.service.clone());
            self.revoke(Subject::SessionService { grant, service }, REMOVED, by).await?;
        }
        for stored in waiting.iter().filter(|stored| holds(stored, id)) {
            if let Ok(transition) = stored.grant.clone().withdraw(now) {
                let facts = Facts::from_iter([("why".to_owned(), json!(REMOVED))]);
                self.advance(stored, transition, "request.withdrawn", by.clone(), facts).await?.ok();
            }
        }
        Ok(Ok(Answer::Done))
    }
}
