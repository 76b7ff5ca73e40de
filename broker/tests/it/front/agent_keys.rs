//! Agents that authenticate by a key: the token endpoint, the agents' API, what a key's session is bound to, and what
//! its removal ends.

use super::{
    acts::exchange,
    cast::{Asking, Heard, Member, anonymous},
    support::{Front, line, on_each_front, service},
};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use broker::{
    ledger::acts::{Credentials, Declaration},
    store::{agent_keys::Key, agents},
    tokens::AgentKey,
};
use futures::future::join_all;
use serde_json::{Value, json};

on_each_front!(
    a_key_asks_redeems_and_exchanges,
    an_assertion_is_used_once,
    a_session_belongs_to_its_credential,
    a_removed_key_ends_what_it_asked_for,
    a_removed_secret_ends_what_it_asked_for,
    a_token_for_asking_only_asks,
    refusals_are_invalid_client_and_say_why,
);

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key that an agent has.
pub struct Signing {
    agent: String,
    pair: Ed25519KeyPair,
    key: Key,
}

impl Signing {
    /// A fresh key that the usual agent has from now on.
    pub async fn of(front: &Front, agent: &Member) -> Self {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap();
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": B64.encode(pair.public_key())});
        let read = AgentKey::from_jwk(&jwk.to_string()).unwrap();
        let thumbprint = read.thumbprint().to_owned();
        let key = Key { kid: thumbprint.clone(), thumbprint, jwk: read.jwk().to_owned() };
        let it = Self { agent: agent.id.clone(), pair, key };
        it.change(front, |wanted| wanted.added.push(it.key.clone())).await;
        it
    }

    async fn change(&self, front: &Front, change: impl FnOnce(&mut Credentials)) {
        let (added, removed) = (Vec::new(), Vec::new());
        let id = service(&self.agent);
        let agent = agents::find(&mut front.app.store.read().await.unwrap(), &id).await.unwrap().unwrap();
        let mut wanted = Credentials { agent: id, added, removed, no_secret: false, end_sessions: false };
        change(&mut wanted);
        front.declare(Declaration::Agent { agent, secret_mac: None, credentials: Some(wanted) }).await;
    }

    /// From now on the agent has no secret.
    pub async fn only(&self, front: &Front) {
        self.change(front, |wanted| wanted.no_secret = true).await;
    }

    pub async fn remove(&self, front: &Front) {
        self.change(front, |wanted| wanted.removed.push(self.key.thumbprint.clone())).await;
    }

    pub fn claims(&self, front: &Front) -> Value {
        let jti = front.app.rng.name(front.clock.now()).unwrap();
        let exp = front.clock.now().timestamp() + 60;
        json!({"iss": self.agent, "sub": self.agent, "aud": "http://localhost:8420", "exp": exp, "jti": jti})
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "kid": self.key.kid});
        let message = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
        format!("{message}.{}", B64.encode(self.pair.sign(message.as_bytes())))
    }

    pub fn assertion(&self, front: &Front) -> String {
        self.sign(&self.claims(front))
    }

    async fn token(&self, front: &Front) -> Heard {
        client_credentials(front, &self.assertion(front)).await
    }

    /// The agent at its API, by a token for asking.
    pub async fn member(&self, front: &Front) -> Member {
        let token = self.token(front).await.json()["access_token"].as_str().unwrap().to_owned();
        Member { id: self.agent.clone(), token, cookie: String::new() }
    }

    async fn exchange(&self, front: &Front, grant_token: &str) -> Heard {
        let mut fields = exchange(grant_token, "issues", "items.read");
        fields.extend([
            ("client_assertion_type", TYPE.to_owned()),
            ("client_assertion", self.assertion(front)),
        ]);
        form(anonymous(front), &fields).await
    }
}

async fn form(asking: Asking<'_>, fields: &[(&'static str, String)]) -> Heard {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    asking.form("/oauth/token", &fields).await
}

async fn client_credentials(front: &Front, assertion: &str) -> Heard {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion),
    ];
    anonymous(front).form("/oauth/token", &fields).await
}

fn reading() -> Vec<Value> {
    vec![line("issues", &["items.read"], None)]
}

async fn a_key_asks_redeems_and_exchanges(front: &Front) {
    let signing = Signing::of(front, &front.agent).await;
    let issued = signing.token(front).await;
    assert_eq!(issued.status, 200, "{}", issued.text());
    let body = issued.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&json!("Bearer"), &json!(600), &json!("ask"))
    );
    let member = signing.member(front).await;
    let asked = front.ask(&member, &reading()).await;
    let card = front.card(&front.approver, asked.id.as_str()).await;
    assert_eq!(
        card.agent.thumbprint.as_deref(),
        Some(signing.key.thumbprint.as_str()),
        "the digest covers it"
    );
    assert_eq!(card.agent.key, 0);
    front.approve(&front.approver, asked.id.as_str()).await;
    let session = front.redeem(&member, asked.id.as_str()).await;
    let exchanged = signing.exchange(front, &session.token).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text());
    let token = exchanged.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(front.with(&token).get("/proxy/issues/projects/acme/items").await.status, 200);
}

/// 64 at once: one wins.
async fn an_assertion_is_used_once(front: &Front) {
    let signing = Signing::of(front, &front.agent).await;
    let assertion = signing.assertion(front);
    let all = join_all((0..64).map(|_| client_credentials(front, &assertion))).await;
    assert_eq!(all.iter().filter(|heard| heard.status == 200).count(), 1);
    for lost in all.iter().filter(|heard| heard.status != 200) {
        assert_eq!((lost.status.as_u16(), lost.json()["error"].clone()), (401, json!("invalid_client")));
        assert!(lost.text().contains("used already"), "{}", lost.text());
    }
    // Until nobody would accept it any more, it stays used; then its row goes.
    front.wait(64_000);
    broker::sweeper::sweep(&front.app).await.unwrap();
    assert!(client_credentials(front, &assertion).await.text().contains("used already"));
    front.wait(302_000);
    broker::sweeper::sweep(&front.app).await.unwrap();
    let rows = "SELECT COUNT(*) FROM assertions";
    assert_eq!(crate::support::invariants::count(&front.app.store, rows).await, 0);
    assert!(client_credentials(front, &assertion).await.text().contains("expired"));
}

/// What was asked with a key is no use to the secret, and the other way round.
async fn a_session_belongs_to_its_credential(front: &Front) {
    let signing = Signing::of(front, &front.agent).await;
    let other = Signing::of(front, &front.agent).await;
    let member = signing.member(front).await;
    let asked = front.ask(&member, &reading()).await;
    front.approve(&front.approver, asked.id.as_str()).await;
    let path = format!("/v1/requests/{}/redeem", asked.id);
    for thief in [&front.agent, &other.member(front).await] {
        let heard = thief.at(front).post(&path, &json!({})).await;
        assert_eq!(heard.status, 403, "{}", heard.text());
        assert!(heard.text().contains("another of the agent's credentials"));
    }
    let session = front.redeem(&member, asked.id.as_str()).await;
    assert_eq!(front.token_for(&front.agent, &session, "issues", "items.read").await.status, 400);
    assert_eq!(other.exchange(front, &session.token).await.status, 400);
    assert_eq!(signing.exchange(front, &session.token).await.status, 200);
    let by_secret = front.session(&reading()).await;
    assert_eq!(signing.exchange(front, &by_secret.token).await.status, 400);
    // The secret may change as often as it likes: it is not what was asked with.
    signing.change(front, |wanted| wanted.no_secret = true).await;
    assert_eq!(signing.exchange(front, &session.token).await.status, 200);
}

async fn a_removed_key_ends_what_it_asked_for(front: &Front) {
    let (lost, kept) = (Signing::of(front, &front.agent).await, Signing::of(front, &front.agent).await);
    let mut sessions = Vec::new();
    for signing in [&lost, &kept] {
        sessions.push(front.session_of(&signing.member(front).await, &reading(), 3_600).await);
    }
    let by_secret = front.session(&reading()).await;
    let member = lost.member(front).await;
    let waiting = front.ask(&member, &[line("issues", &["items.comment"], None)]).await;
    let token =
        lost.exchange(front, &sessions[0].token).await.json()["access_token"].as_str().unwrap().to_owned();
    let card = front.card(&front.approver, waiting.id.as_str()).await;
    let approval = super::support::approval(&card, None);
    lost.remove(front).await;
    // Tokens for asking, assertions, call tokens, the session, the open request: all of that key.
    assert_eq!(member.at(front).get("/v1/me").await.status, 401);
    assert!(lost.token(front).await.text().contains("no key of this agent"));
    assert_eq!(front.with(&token).get("/proxy/issues/projects/acme/items").await.status, 403);
    let path = format!("/v1/inbox/{}/approve", waiting.id);
    assert_eq!(front.approver.at(front).post(&path, &approval).await.status, 409);
    let record = front.record(&sessions[0].grant).await;
    let ended = record.iter().find(|it| it.kind == "grant.ended").expect("the end is on the record");
    assert_eq!(ended.facts["why"], "revoked");
    // Nothing else.
    assert_eq!(kept.exchange(front, &sessions[1].token).await.status, 200);
    assert_eq!(front.token_for(&front.agent, &by_secret, "issues", "items.read").await.status, 200);
}

async fn a_removed_secret_ends_what_it_asked_for(front: &Front) {
    let signing = Signing::of(front, &front.agent).await;
    let by_secret = front.session(&reading()).await;
    let by_key = front.session_of(&signing.member(front).await, &reading(), 3_600).await;
    signing.change(front, |wanted| wanted.no_secret = true).await;
    assert_eq!(front.token_for(&front.agent, &by_secret, "issues", "items.read").await.status, 401);
    assert_eq!(front.agent.at(front).get("/v1/me").await.status, 401);
    let record = front.record(&by_secret.grant).await;
    assert_eq!(record.last().unwrap().kind, "grant.ended");
    assert_eq!(signing.exchange(front, &by_key.token).await.status, 200);
    // Everything, whichever credential.
    signing.change(front, |wanted| wanted.end_sessions = true).await;
    assert_eq!(signing.exchange(front, &by_key.token).await.json()["code"], "grant_ended");
}

async fn a_token_for_asking_only_asks(front: &Front) {
    let signing = Signing::of(front, &front.direct).await;
    let member = signing.member(front).await;
    assert_eq!(member.at(front).get("/v1/me").await.status, 200);
    assert_eq!(member.at(front).get("/proxy/issues/projects/acme/items").await.status, 401);
    assert_eq!(member.at(front).get("/v1/inbox").await.status, 401);
    assert_eq!(signing.exchange(front, &member.token).await.json()["error"], "invalid_request");
    // A grant token and a call token do not ask.
    let session = front.session(&reading()).await;
    let call = front.call_token(&session, "issues", "items.read").await;
    for token in [&session.token, &call] {
        assert_eq!(front.with(token).get("/v1/me").await.status, 401);
    }
    // By a secret it can be had as well, and dies with it.
    let fields = [("grant_type", "client_credentials".to_owned())];
    let token =
        form(front.client(&front.agent), &fields).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(front.with(&token).get("/v1/me").await.status, 200);
    let agent =
        broker::store::agents::find(&mut front.app.store.read().await.unwrap(), &service("helper")).await;
    let (agent, secret_mac) = (agent.unwrap().unwrap(), Some("another".to_owned()));
    front.declare(Declaration::Agent { agent, secret_mac, credentials: None }).await;
    assert_eq!(front.with(&token).get("/v1/me").await.status, 401);
    front.wait(600_000);
    assert_eq!(member.at(front).get("/v1/me").await.status, 401, "ten minutes");
}

async fn refusals_are_invalid_client_and_say_why(front: &Front) {
    let signing = Signing::of(front, &front.agent).await;
    let with = |name: &str, value: Value| {
        let mut claims = signing.claims(front);
        claims[name] = value;
        signing.sign(&claims)
    };
    let now = front.clock.now().timestamp();
    for (assertion, expected) in [
        (
            with("aud", json!("http://localhost:8420/")),
            "must be http://localhost:8420 or http://localhost:8420/oauth/token",
        ),
        (with("exp", json!(now - 5)), "has expired"),
        (with("exp", json!(now + 306)), "at most 300 seconds"),
        (with("nbf", json!(now + 6)), "not valid yet"),
        (with("jti", Value::Null), "needs a jti"),
        (with("sub", json!("direct")), "must both be the agent's name"),
        (with("iss", json!("intruder")), "no key of this agent"),
        (with("iss", json!("nobody")), "no key of this agent"),
        (with("pad", json!("x".repeat(9_000))), "longer than 8192 bytes"),
        ("x".to_owned(), "must be a JWT"),
    ] {
        let heard = client_credentials(front, &assertion).await;
        assert_eq!((heard.status.as_u16(), heard.json()["error"].clone()), (401, json!("invalid_client")));
        let told = heard.json()["error_description"].as_str().unwrap().to_owned();
        assert!(told.contains(expected) && told.ends_with("Nothing was done"), "{told}");
    }
    let good = || ("client_assertion", signing.assertion(front));
    let kind = || ("client_assertion_type", TYPE.to_owned());
    let grant = ("grant_type", "client_credentials".to_owned());
    let door = async |asking: Asking<'_>, more: &[(&'static str, String)]| {
        form(asking, &[std::slice::from_ref(&grant), more].concat()).await.json()["error"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(door(anonymous(front), &[good()]).await, "invalid_request");
    assert_eq!(door(front.client(&front.agent), &[good(), kind()]).await, "invalid_request");
    assert_eq!(
        door(anonymous(front), &[good(), kind(), ("client_id", "direct".to_owned())]).await,
        "invalid_client"
    );
    assert_eq!(
        door(anonymous(front), &[good(), kind(), ("scope", "items.read".to_owned())]).await,
        "invalid_scope"
    );
    assert_eq!(
        door(anonymous(front), &[good(), kind(), ("resource", "x".to_owned())]).await,
        "invalid_target"
    );
    // Whoever is blocked stays out, whatever they hold.
    let blocked = front.owner.at(front).post("/v1/agents/helper/revoke", &json!({"block": true})).await;
    assert_eq!(blocked.status, 200);
    assert_eq!(signing.token(front).await.status, 401);
}
