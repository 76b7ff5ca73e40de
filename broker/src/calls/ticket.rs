//! A call that its grant's lines hold, on its way into the ledger.

use super::{finish::Finisher, inflight::Place};
use crate::{
    app::App,
    fault::Fault,
    ledger::{Authorise, CallFacts, Intent, LedgerError, Why, memory::Content},
};
use protocol::{CallId, GrantId, LineId, Slug};
use std::sync::Arc;

/// All that the ledger has to know of it.
pub(crate) struct Ticket<'a> {
    /// Under which grant.
    pub grant: &'a GrantId,
    /// With which content.
    pub content: &'a Content,
    /// To which service.
    pub service: &'a Slug,
    /// The id of the call if it came with a call token.
    pub token: Option<&'a CallId>,
    /// The lines that permit it, in the order in which they are tried.
    pub lines: &'a [LineId],
    /// The agent's key for repeats, with the digest of what it is bound to.
    pub idempotency: Option<&'a (String, String)>,
    /// The revision of what admins declared that it was admitted under.
    pub revision: i64,
    /// What the record says.
    pub facts: CallFacts,
}

impl Ticket<'_> {
    /// Has the ledger judge and record it. It takes its place among the calls in flight first, so that a revocation in
    /// between finds it there.
    pub(crate) async fn record(mut self, app: &Arc<App>) -> Result<(Place, Finisher), Fault> {
        let Self { content, grant, service, lines, .. } = self;
        let agent = &content.agent.id;
        let mut last = Why::Missing("line");
        for (tried, line) in lines.iter().enumerate() {
            let more = tried + 1 < lines.len();
            let facts = if more { self.facts.clone() } else { std::mem::take(&mut self.facts) };
            let call = match self.token {
                Some(call) => call.clone(),
                None => CallId::from_u128(app.rng.id(app.clock.now())?),
            };
            let (bearings, session) = (content.bearings(grant), grant.request());
            let place =
                app.inflight.enter(call.clone(), session, bearings, service.clone(), content.watermark);
            let intent = Authorise {
                call: call.clone(),
                token: self.token.is_some(),
                grant: grant.clone(),
                agent: agent.clone(),
                service: service.clone(),
                line: *line,
                idempotency: self.idempotency.cloned(),
                revision: Some(self.revision),
                facts,
            };
            match app.ledger.submit(Intent::Authorise(Box::new(intent))).await {
                Ok(_) => {
                    app.seen.grant(grant.request(), app.clock.now());
                    return Ok((place, Finisher::new(app.clone(), call, grant.clone(), agent.clone())));
                }
                Err(LedgerError::Refused(why @ Why::Limit(_))) => last = why,
                // The limit before used the token up: that is what the agent has to know.
                Err(LedgerError::Refused(Why::TokenUsed)) if matches!(last, Why::Limit(_)) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }
}
