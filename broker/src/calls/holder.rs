//! Who holds the token of a call, and under which grant.

use super::{
    bearer::{Bearer, bearer},
    facts, must_be_open,
    refusals::{self, Caller},
};
use crate::{
    app::App,
    fault::Fault,
    keys,
    ledger::{
        Why,
        memory::{Content, Found},
    },
    tokens::TokenError,
};
use http::request::Parts;
use protocol::{GrantId, Slug};
use serde_json::json;

/// Whoever calls, with the content of their grant. That it is remembered says nothing about whether a call is allowed.
pub(crate) struct Holder {
    pub(crate) bearer: Bearer,
    /// Under which grant.
    pub(crate) grant: GrantId,
    /// Which agent.
    pub(crate) agent: Slug,
    /// Under which terms.
    pub(crate) content: Content,
}

impl Holder {
    /// Whether the token is good for this service; whether the grant holds it is another matter.
    pub(crate) fn is_for(&self, service: &Slug) -> bool {
        match &self.bearer {
            Bearer::Call(claims) => claims.service == *service,
            Bearer::Grant(known) => known.is_for(service) || known.is_for_all_mcp(),
        }
    }

    /// The same as whoever calls a service.
    pub(crate) fn caller(&self, service: &Slug) -> Caller {
        Caller { grant: self.grant.clone(), agent: self.agent.clone(), service: service.clone() }
    }
}

/// Reads the token of a request to a service, or to all that the grant holds. A grant that is over, or that is not what the token was made for, is refused
/// on the record; a bad token names no session, so it leaves none.
pub(crate) async fn holder(app: &App, parts: &Parts, service: Option<&Slug>) -> Result<Holder, Fault> {
    must_be_open(app)?;
    let bearer = match bearer(app, parts, service) {
        Err(Fault::Token(TokenError::UnknownKey)) if keys::look_again(app).await => {
            bearer(app, parts, service)?
        }
        known => known?,
    };
    let (grant, agent) = bearer.bound_to();
    let content = match app.ledger.active().find(&app.store, &grant).await? {
        Found::Active(content) if content.agent.id == agent => {
            if !content.is_what_was_granted(bearer.digest()) {
                app.ledger.active().forget(&grant);
                return Err(refuse_whole(app, service, grant, agent, Why::Altered).await?);
            }
            content
        }
        Found::Other { agent: owner, status } if owner == agent => {
            return Err(refuse_whole(app, service, grant, agent, Why::NotActive(status)).await?);
        }
        _ => return Err(Fault::Unauthenticated),
    };
    if matches!(bearer, Bearer::Grant(..)) {
        // A call by a call token was counted when it was minted.
        app.limits.call(&agent)?;
    }
    Ok(Holder { bearer, grant, agent, content })
}

/// Records that a call came where the session as a whole allows none: it is over, or not what its token was made for.
async fn refuse_whole(
    app: &App,
    service: Option<&Slug>,
    grant: GrantId,
    agent: Slug,
    why: Why,
) -> Result<Fault, Fault> {
    let facts = facts::object(json!({"service": service, "why": why.to_string()}));
    refusals::record_one(app, &grant, &agent, facts).await?;
    Ok(why.into())
}
