//! OAuth clients that people bring along: how they come to be known, whose agents they are, and what they may do at the
//! OAuth doors.

mod authenticating;
mod brought;
mod documents;
mod keeping;
mod registering;
mod strangers;

use super::{
    cast::{Heard, Member, anonymous},
    support::{Front, line},
};
use crate::support::installation::slug;
use broker::{
    clients::{self, OAuthClient},
    grants,
    store::{agents::Agent, people},
};
use serde_json::{Value, json};

/// What the TypeScript SDK of MCP sends.
pub fn of_sdk(name: &str) -> Value {
    json!({
        "client_name": name,
        "redirect_uris": ["http://localhost:3334/oauth/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "application_type": "native",
        "scope": "items.read items.comment",
    })
}

/// Registers a client, and keeps from the log what it got.
pub async fn register(front: &Front, metadata: &Value) -> Value {
    let heard = anonymous(front).post("/oauth/register", metadata).await;
    assert_eq!(heard.status, 201, "{}", heard.text());
    let said = heard.json();
    for secret in ["client_secret", "registration_access_token"] {
        if let Some(secret) = said[secret].as_str() {
            front.keep(secret);
        }
    }
    said
}

pub fn text<'a>(said: &'a Value, field: &str) -> &'a str {
    said[field].as_str().unwrap_or_else(|| panic!("no {field} in {said}"))
}

/// A client as the doors know it.
pub async fn known(front: &Front, id: &str) -> OAuthClient {
    clients::find(&front.app, id, &slug("otto")).await.unwrap().expect("a client")
}

/// The agent that a client is for a member.
pub async fn brought(front: &Front, client: &OAuthClient, member: &Member) -> Agent {
    let id = member.id.parse().unwrap();
    let person = people::find(&mut front.app.store.read().await.unwrap(), &id).await.unwrap().unwrap();
    clients::agent_of(&front.app, client, &person).await.unwrap()
}

/// A session of an agent that was brought along: its request, and its access token.
pub async fn session(front: &Front, agent: &Agent) -> (String, String) {
    let lines = [line("issues", &["items.read"], None)];
    let wanted = json!({"authorization_details": lines, "purpose": "Look", "duration": 3_600});
    let wanted = serde_json::from_value(wanted).unwrap();
    let (asked, _) = grants::open(&front.app, agent, &wanted).await.unwrap();
    front.approve(&front.approver, asked.id.as_str()).await;
    let redeemed = grants::redeem(&front.app, agent, &asked.id).await.unwrap();
    front.keep(&redeemed.grant_token);
    (asked.id.to_string(), redeemed.grant_token)
}

/// An error of OAuth, and nothing done.
pub fn refused(heard: &Heard, status: u16, error: &str) {
    assert_eq!((heard.status.as_u16(), text(&heard.json(), "error")), (status, error), "{}", heard.text());
    assert_eq!(heard.header("cache-control"), "no-store");
}
