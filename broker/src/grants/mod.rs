//! What agents and people do with requests and grants: a file per verb.

mod card;
mod decide;
mod exchange;
mod held;
mod list;
mod offer;
mod open;
mod proven;
mod redeem;
mod revoke;
mod routine;
mod session;
mod usage;
mod view;
mod watch;

pub use card::{card, narrowed};
pub use decide::{approve, deny};
pub use exchange::{Client, Exchange, exchange};
pub use held::{Held, agent_of_token, held, left, stands};
pub use list::{agents, inbox, services, sessions, summarised};
pub use offer::{choices, offers};
pub use open::{Ask, ask, open};
pub use redeem::{redeem, redeem_by, scope_of};
pub use revoke::{commit as revoke_as, end_own, revoke};
pub use routine::routine;
pub use session::session;
pub use view::{me, view};
pub use watch::watch;

use crate::{
    app::App,
    fault::Fault,
    ledger::acts::{Act, By},
    people::permission::{Grounds, may_see},
    store::{
        agents::Agent,
        connections::{self, Connection},
        grants::{self as rows, Stored},
        people::Person,
    },
};
use protocol::{RequestId, RequestView, Slug, record::Actor, terms::AgentRef};

/// A text that may hold what an agent sent, in a path for instance, with everything escaped that is not plainly visible.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if domain::text::is_forbidden(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// What a person asks in, with how they came in.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who.
    pub person: Person,
    /// How they signed in: `passkey`, `link`, `token`.
    pub via: String,
    /// The HMAC of their web session; none by a token.
    pub session: Option<String>,
    /// By whose sign-in links that began, the nearest first.
    pub let_in_by: Vec<Slug>,
}

impl Visitor {
    /// As whom they declare something.
    pub fn by(&self) -> By {
        let actor = Actor::Person { person: self.person.id.clone(), via: self.via.clone() };
        By { actor, session: self.session.clone() }
    }

    /// Whether they look through a browser, which can ask a passkey.
    fn has_a_browser(&self) -> bool {
        self.via != "token"
    }
}

/// An agent's own request; to every other agent it does not exist.
async fn own(app: &App, agent: &Agent, request: &RequestId) -> Result<Stored, Fault> {
    let found = rows::find(&mut app.store.read().await?, request).await?;
    found.filter(|it| it.grant.asked.agent.id == agent.id).ok_or(Fault::NotFound("request"))
}

/// Whether the agent authenticated with the credential that the session was asked for with: a key stands for itself
/// alone, so that a stolen secret is worth nothing in sessions of a key, and the other way round.
fn same_credential(agent: &Agent, asked: &AgentRef) -> Result<(), Fault> {
    if asked.thumbprint == agent.via {
        return Ok(());
    }
    let why =
        "this session was asked for with another of the agent's credentials; use that one, or ask again";
    Err(Fault::Forbidden(why.to_owned()))
}

/// What says who may decide.
fn grounds<'a>(app: &'a App, connections: &'a [Connection]) -> Grounds<'a> {
    Grounds { connections, policy: &app.policy }
}

/// A request that a person may see, with the connections that say who decides.
async fn seen_by(
    app: &App,
    visitor: &Visitor,
    request: &RequestId,
) -> Result<(Stored, Vec<Connection>), Fault> {
    let mut conn = app.store.read().await?;
    let found = rows::find(&mut conn, request).await?;
    let connections = connections::list(&mut conn).await?;
    let grounds = grounds(app, &connections);
    let visible = |it: &Stored| {
        may_see(&visitor.person, it.grant.terms(), grounds)
            || may_see(&visitor.person, &it.grant.asked, grounds)
    };
    match found.filter(visible) {
        Some(stored) => Ok((stored, connections)),
        None => Err(Fault::NotFound("request")),
    }
}

/// The agent takes its request back.
pub async fn withdraw(app: &App, agent: &Agent, request: &RequestId) -> Result<RequestView, Fault> {
    own(app, agent, request).await?;
    let act = Act::Withdraw { request: request.clone(), agent: agent.id.clone() };
    let stored = app.ledger.advance(act).await?;
    view(app, &stored).await
}
