//! A session, from the question to the token, through the public APIs.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use agent_client::{Client, PeopleClient};
use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use protocol::card::Approve;
use protocol::{AccessRequest, GrantId, RequestId};
use serde_json::json;

use super::{Broker, MCP, PROJECT, READ};
use crate::baseline::mcp::{HOLD, LOOK};
use crate::load::Ask;

/// How long a broker may take to ask a server what it offers, and how often that is looked at.
const IMPORT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const PURPOSE: &str = "Measure how fast this is.";

/// What an agent holds after a person approved.
#[derive(Clone)]
pub struct Grant {
    pub id: GrantId,
    pub token: String,
}

impl Grant {
    /// Asks, approves and redeems; every action that is named, in one project.
    pub async fn obtain(
        agent: &Client,
        person: &PeopleClient,
        service: &str,
        actions: &[&str],
    ) -> Result<Self> {
        Self::of(agent, person, &asked(service, actions)?).await
    }

    /// Both tools of the MCP server, once the broker knows what it offers.
    pub async fn of_tools(broker: &Broker) -> Result<Self> {
        let person = broker.person()?;
        let knows = async || {
            let services = person.services().await?;
            let offered = services.iter().find(|it| it.id.as_str() == MCP).map(|it| it.actions.len());
            anyhow::Ok(offered == Some(2))
        };
        let deadline = Instant::now() + IMPORT;
        while !knows().await? {
            ensure!(Instant::now() < deadline, "the broker does not know what the MCP server offers");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let request = serde_json::from_value(json!({
            "authorization_details": [{"type": "service_access", "service": MCP, "actions": [LOOK, HOLD]}],
            "purpose": PURPOSE,
            "duration": 3600,
        }))?;
        Self::of(&broker.agent(0)?, &person, &request).await
    }

    async fn of(agent: &Client, person: &PeopleClient, request: &AccessRequest) -> Result<Self> {
        let pending = agent.request(request).await?;
        approve(person, pending.id()).await?;
        let session = pending.redeem().await?;
        Ok(Self { id: session.grant().clone(), token: session.grant_token().expose().to_owned() })
    }

    /// A call of the service's, straight through the proxy by the grant token.
    pub fn call(&self, broker: SocketAddr, service: &str, path: &str) -> Ask {
        Ask::get(broker, &format!("/proxy/{service}{path}"))
            .header("authorization", format!("Bearer {}", self.token))
    }

    /// The exchange for a call token (RFC 8693).
    pub fn exchange(&self, broker: SocketAddr, service: &str, agent: &str, secret: &str) -> Ask {
        let body = format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token={}\
             &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
             &audience={service}&scope={READ}",
            self.token
        );
        let basic = BASE64_STANDARD.encode(format!("{agent}:{secret}"));
        Ask::post(broker, "/oauth/token", "application/x-www-form-urlencoded", body)
            .header("authorization", format!("Basic {basic}"))
    }
}

/// What an agent asks for.
pub fn asked(service: &str, actions: &[&str]) -> Result<AccessRequest> {
    Ok(serde_json::from_value(json!({
        "authorization_details": [{
            "type": "service_access", "service": service, "actions": actions, "resources": [PROJECT],
        }],
        "purpose": PURPOSE,
        "duration": 3600,
    }))?)
}

/// Approves a request as its card stands.
pub async fn approve(person: &PeopleClient, request: &RequestId) -> Result<()> {
    let card = person.card(request).await?;
    let approval = Approve {
        narrowing: None,
        request_digest: card.request_digest,
        grant_digest: card.grant_digest.context("the card grants nothing")?,
        reason: None,
        passkey: None,
    };
    person.approve(request, &approval).await?;
    Ok(())
}
