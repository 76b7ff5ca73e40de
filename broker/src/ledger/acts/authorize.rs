//! A client asks through a person's browser: what it pushed ahead, the browser that asked, and the code that the browser
//! goes back with. None of it decides anything: each points at a request, and the code redeems what was approved, once.

use super::{Acting, Why};
use crate::{
    ledger::{batch::Outcome, facts::Facts, intent::Answer},
    store::authorizations::{self, Authorization},
};
use chrono::{DateTime, Utc};
use protocol::{Digest, RequestId, Slug};
use serde_json::json;

/// A step of the way there and back. Only HMACs come here. None but the last leaves a record: the request's own says who
/// asked and who decided.
#[derive(Debug, Clone)]
pub enum Authorizing {
    /// A client pushes its parameters ahead (RFC 9126).
    Push {
        /// The HMAC of what names them.
        mac: String,
        /// Whose they are.
        client: String,
        /// The thumbprint of the key that it authenticated with, if it is an agent with a key.
        via: Option<String>,
        /// As JSON.
        params: String,
        /// Until when they are good.
        expires_at: DateTime<Utc>,
        /// How many of its client may wait at once.
        most: i64,
    },
    /// A browser asked for a client.
    Begin {
        /// What it asked, and where it goes back to.
        authorization: Box<Authorization>,
        /// What was pushed ahead for it, used up by this.
        pushed: Option<String>,
    },
    /// The browser goes back with a code: one more, since nobody knows whether an earlier one arrived.
    Code {
        /// The authorization.
        id: String,
        /// The request that it points at.
        request: RequestId,
        /// The code's HMAC.
        mac: String,
        /// Until when it is good.
        until: DateTime<Utc>,
    },
    /// The client redeems the grant with the code.
    Redeem {
        /// The authorization.
        id: String,
        /// The code's HMAC.
        mac: String,
        /// The request that it points at.
        request: RequestId,
        /// Whose it must be.
        agent: Slug,
        /// What was found to be approved: the very same must stand there still.
        proven: Option<Digest>,
    },
}

impl Authorizing {
    /// Which request it is about.
    pub(super) fn about(&self) -> Option<&RequestId> {
        match self {
            Self::Push { .. } => None,
            Self::Begin { authorization, .. } => Some(&authorization.request),
            Self::Code { request, .. } | Self::Redeem { request, .. } => Some(request),
        }
    }

    pub(super) fn is_an_agents(&self) -> bool {
        matches!(self, Self::Push { .. } | Self::Redeem { .. })
    }
}

impl Acting<'_> {
    pub(super) async fn authorize(self, step: &Authorizing) -> sqlx::Result<Outcome> {
        let now = self.pen.now;
        match step {
            Authorizing::Push { mac, client, via, params, expires_at, most } => {
                if authorizations::waiting(self.conn, client, now, *most).await? >= *most {
                    let why = format!("{most} requests of this client wait already, which is the most");
                    return Ok(Err(Why::NotPermitted(why)));
                }
                let by = (client.as_str(), via.as_deref());
                authorizations::push(self.conn, mac, by, params, *expires_at).await?;
            }
            Authorizing::Begin { authorization, pushed } => {
                if let Some(mac) = pushed
                    && !authorizations::use_pushed(self.conn, mac, &authorization.client, now).await?
                {
                    return Ok(Err(Why::Spent));
                }
                authorizations::add(self.conn, authorization).await?;
            }
            Authorizing::Code { id, mac, until, .. } => {
                authorizations::add_code(self.conn, id, mac, *until).await?;
            }
            Authorizing::Redeem { id, mac, request, agent, proven } => {
                if !authorizations::use_code(self.conn, id, mac, now).await? {
                    return Ok(Err(Why::Spent));
                }
                let facts = Facts::from_iter([("door".to_owned(), json!("authorization code"))]);
                return self.redeem(request, agent, proven.as_ref(), facts).await;
            }
        }
        Ok(Ok(Answer::Done))
    }
}
