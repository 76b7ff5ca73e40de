//! What the cast does again and again: ask, approve, redeem, exchange, call, and read the record.

use super::{
    cast::{Asking, Heard, Member, anonymous},
    support::Front,
};
use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use protocol::{Card, RequestView, access::Redeemed, record::Record};
use serde_json::{Value, json};

/// A session as its agent holds it.
pub struct Session {
    pub request: String,
    pub grant: String,
    pub token: String,
}

/// A line that asks for reading, commenting and deleting in `acme`.
pub fn wide(service: &str) -> Value {
    json!({
        "type": "service_access",
        "service": service,
        "actions": ["items.read", "items.comment", "items.delete"],
        "resources": ["acme"],
    })
}

/// A line that asks for some actions in `acme`, so often.
pub fn line(service: &str, actions: &[&str], max_calls: Option<u32>) -> Value {
    let mut line = json!({"service": service, "actions": actions, "resources": ["acme"]});
    if let Some(max_calls) = max_calls {
        line["limits"] = json!({"max_calls": max_calls});
    }
    line
}

impl Front {
    /// An agent asks for lines.
    pub async fn ask(&self, agent: &Member, lines: &[Value]) -> RequestView {
        self.ask_for(agent, lines, 3_600).await
    }

    pub async fn ask_for(&self, agent: &Member, lines: &[Value], duration: u32) -> RequestView {
        let purpose = format!("Tidy up {}", self.app.rng.name(self.clock.now()).unwrap());
        let wanted = json!({"authorization_details": lines, "purpose": purpose, "duration": duration});
        let heard = agent.at(self).post("/v1/requests", &wanted).await;
        assert_eq!(heard.status, 202, "{}", heard.text());
        heard.good()
    }

    /// The card of a request, as a person sees it.
    pub async fn card(&self, person: &Member, request: &str) -> Card {
        person.at(self).get(&format!("/v1/inbox/{request}")).await.good()
    }

    /// A person approves what they see.
    pub async fn approve(&self, person: &Member, request: &str) -> Card {
        let card = self.card(person, request).await;
        let path = format!("/v1/inbox/{request}/approve");
        person.at(self).post(&path, &approval(&card, None)).await.good()
    }

    /// The agent redeems what was approved.
    pub async fn redeem(&self, agent: &Member, request: &str) -> Session {
        let redeemed: Redeemed = agent
            .at(self)
            .send("POST", &format!("/v1/requests/{request}/redeem"), Body::empty())
            .await
            .good();
        self.keep(&redeemed.grant_token);
        Session {
            request: request.to_owned(),
            grant: redeemed.grant.to_string(),
            token: redeemed.grant_token,
        }
    }

    /// A session of the usual agent that the approver approved.
    pub async fn session(&self, lines: &[Value]) -> Session {
        self.session_of(&self.agent, lines, 3_600).await
    }

    pub async fn session_of(&self, agent: &Member, lines: &[Value], duration: u32) -> Session {
        let asked = self.ask_for(agent, lines, duration).await;
        let by =
            if lines.iter().any(|line| line["service"] == "notes") { &self.owner } else { &self.approver };
        self.approve(by, asked.id.as_str()).await;
        self.redeem(agent, asked.id.as_str()).await
    }

    /// A session in which `issues` may be read and commented on.
    pub async fn usual(&self) -> Session {
        self.session(&[line("issues", &["items.read", "items.comment", "items.close"], None)]).await
    }

    /// What `/oauth/token` answers to the agent, with these fields besides the usual ones.
    pub async fn token_for(&self, agent: &Member, session: &Session, service: &str, action: &str) -> Heard {
        let fields = exchange(&session.token, service, action);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.client(agent).form("/oauth/token", &fields).await
    }

    /// An agent at the OAuth door.
    pub fn client(&self, agent: &Member) -> Asking<'_> {
        let pair = BASE64_STANDARD.encode(format!("{}:{}", agent.id, agent.token));
        anonymous(self).header("authorization", &format!("Basic {pair}"))
    }

    /// A call token for an action.
    pub async fn call_token(&self, session: &Session, service: &str, action: &str) -> String {
        let heard = self.token_for(&self.agent, session, service, action).await;
        assert_eq!(heard.status, 200, "{}", heard.text());
        let token = heard.json()["access_token"].as_str().unwrap().to_owned();
        self.keep(&token);
        token
    }

    /// Somebody who holds this token.
    pub fn with(&self, token: &str) -> Asking<'_> {
        anonymous(self).header("authorization", &format!("Bearer {token}"))
    }

    /// Reads `acme` in `issues` with a fresh token; `query` tells the service what to do.
    pub async fn read(&self, session: &Session, query: &str) -> Heard {
        let token = self.call_token(session, "issues", "items.read").await;
        self.with(&token).get(&format!("/proxy/issues/projects/acme/items{query}")).await
    }

    /// The kinds of record of a session with their facts, oldest first.
    pub async fn record(&self, grant: &str) -> Vec<Record> {
        let grant = grant.parse().unwrap();
        let mut conn = self.app.store.read().await.unwrap();
        let mut records = broker::store::audit::of_grant(&mut conn, &grant, 400).await.unwrap();
        records.sort_by_key(|record| (record.chain.clone(), record.seq));
        records
    }

    /// Everything of a kind that is on the record, chain after chain, oldest first.
    pub async fn records_of(&self, kind: &str) -> Vec<Record> {
        let mut conn = self.app.store.read().await.unwrap();
        let mut records = Vec::new();
        for chain in broker::store::chains::list(&mut conn).await.unwrap() {
            let rows = broker::store::audit::page(&mut conn, chain.number, 0, 1_000_000).await.unwrap();
            let of_kind = rows.iter().filter(|row| row.kind == kind);
            records.extend(of_kind.map(|row| row.record(&chain.id).unwrap()));
        }
        records
    }

    /// The record of a session's last call: how it was authorised or refused, and how it ended.
    pub async fn last_call(&self, grant: &str) -> Record {
        self.settle().await;
        let record = self.record(grant).await;
        record.into_iter().rev().find(|it| it.kind.starts_with("call.")).expect("a call on the record")
    }

    pub fn wait(&self, millis: i64) {
        self.clock.advance(TimeDelta::milliseconds(millis));
    }
}

/// The usual fields of a token exchange.
pub fn exchange(token: &str, service: &str, action: &str) -> Vec<(&'static str, String)> {
    vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange".to_owned()),
        ("subject_token", token.to_owned()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token".to_owned()),
        ("audience", service.to_owned()),
        ("scope", action.to_owned()),
    ]
}

/// An approval of exactly what a card shows.
pub fn approval(card: &Card, narrowing: Option<&Value>) -> Value {
    json!({
        "narrowing": narrowing,
        "request_digest": card.request_digest,
        "grant_digest": card.grant_digest,
    })
}
