//! OpenID Connect CIBA, poll mode, as a strict client meets it: from asking to calling, and everything that may come in
//! between.

mod asking;
mod library;
mod polling;

use super::{
    cast::{Heard, Member},
    support::{Front, line, on_each_front},
};
use broker::ledger::acts::Declaration;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use protocol::{RequestStatus, access::Me};
use serde_json::{Value, json};

on_each_front!(
    from_asking_to_calling,
    an_id_token_is_for_the_client_and_names_the_owner,
    what_was_narrowed_is_what_is_given,
    what_was_not_approved_gives_nothing,
    what_is_over_before_it_is_fetched_gives_nothing,
    a_token_is_restricted_to_the_resources_that_were_named,
    a_seal_uses_nothing_up,
    the_card_says_what_to_compare,
);

pub const GRANT: &str = "urn:openid:params:grant-type:ciba";

/// The fields of a good request for reading in `issues`.
pub fn good() -> Vec<(&'static str, String)> {
    let details = json!([{
        "type": "service_access", "service": "issues", "actions": ["items.read", "items.comment"], "resources": ["acme"],
    }]);
    vec![
        ("scope", "openid".to_owned()),
        ("login_hint", "otto".to_owned()),
        ("authorization_details", details.to_string()),
    ]
}

/// The same with some fields set anew.
pub fn with(set: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut fields = good();
    fields.retain(|(name, _)| set.iter().all(|(other, _)| other != name));
    fields.extend(set.iter().map(|(name, value)| (*name, (*value).to_owned())));
    fields
}

/// What the door answers to an agent.
pub async fn asked(front: &Front, agent: &Member, fields: &[(&'static str, String)]) -> Heard {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let heard = front.client(agent).form("/oauth/bc-authorize", &fields).await;
    assert_eq!(
        (heard.header("cache-control"), heard.header("content-type")),
        ("no-store", "application/json"),
        "{}",
        heard.text()
    );
    heard
}

/// A request that was taken, by its handle.
pub async fn begun(front: &Front, fields: &[(&'static str, String)]) -> String {
    let heard = asked(front, &front.agent, fields).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    let id = heard.json()["auth_req_id"].as_str().unwrap().to_owned();
    front.keep(&id);
    id
}

/// Asks what became of it, without waiting.
pub async fn poll_as(front: &Front, agent: &Member, id: &str) -> Heard {
    let fields = [("grant_type", GRANT), ("auth_req_id", id)];
    let heard = front.client(agent).header("prefer", "wait=0").form("/oauth/token", &fields).await;
    assert_eq!(heard.header("cache-control"), "no-store");
    if let Some(token) = heard.json()["access_token"].as_str() {
        front.keep(token);
    }
    heard
}

pub async fn poll(front: &Front, id: &str) -> Heard {
    poll_as(front, &front.agent, id).await
}

/// That it is refused so.
pub fn refused(heard: &Heard, error: &str) {
    let said = heard.json();
    assert_eq!((heard.status.as_u16(), said["error"].as_str()), (400, Some(error)), "{said}");
    assert!(said["error_description"].as_str().is_some_and(|it| !it.is_empty()), "{said}");
    assert!(said.get("access_token").is_none() && said.get("auth_req_id").is_none(), "{said}");
}

/// The usual agent's open requests, the newest last.
pub async fn open(front: &Front) -> Vec<String> {
    let me: Me = front.agent.at(front).get("/v1/me").await.good();
    me.pending.iter().map(ToString::to_string).collect()
}

async fn newest(front: &Front) -> String {
    open(front).await.pop().expect("an open request")
}

pub async fn approved(front: &Front, fields: &[(&'static str, String)]) -> String {
    let id = begun(front, fields).await;
    front.approve(&front.approver, &newest(front).await).await;
    id
}

async fn from_asking_to_calling(front: &Front) {
    let heard = asked(front, &front.agent, &good()).await;
    let answer = heard.json();
    let id = answer["auth_req_id"].as_str().unwrap();
    front.keep(id);
    assert!(id.starts_with("csn_q_") && id.len() == 55, "{id}");
    assert_eq!(answer, json!({"auth_req_id": id, "expires_in": 600, "interval": 5}));
    refused(&poll(front, id).await, "authorization_pending");
    let request = newest(front).await;
    front.approve(&front.approver, &request).await;
    front.wait(5_000);
    let heard = poll(front, id).await;
    let given = heard.json();
    assert_eq!(heard.status, 200, "{given}");
    assert_eq!((&given["token_type"], &given["expires_in"]), (&json!("Bearer"), &json!(3_595)));
    assert_eq!(given["scope"], "openid items.read items.comment");
    assert_eq!(given["authorization_details"][0]["service"], "issues");
    assert!(given.get("refresh_token").is_none());
    let grant = given["grant_id"].as_str().unwrap().to_owned();
    assert_eq!(grant.rsplit('_').next(), request.rsplit('_').next());
    let token = given["access_token"].as_str().unwrap().to_owned();
    let session = super::support::Session { request: request.clone(), grant: grant.clone(), token };
    assert_eq!(front.read(&session, "").await.status, 200);
    // Once, by whichever door.
    for _ in 0..2 {
        refused(&poll(front, id).await, "invalid_grant");
        front.wait(60_000);
    }
    let path = format!("/v1/requests/{request}/redeem");
    assert_eq!(front.agent.at(front).send("POST", &path, axum::body::Body::empty()).await.status, 409);
    let kinds: Vec<String> = front.record(&grant).await.into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds[..3], ["request.opened", "request.approved", "grant.redeemed"]);
}

/// The claims of an ID token, checked as a client does: against the published keys, issuer, audience and time.
async fn id_claims(front: &Front, token: &str, client: &str) -> Value {
    let keys: JwkSet = super::cast::anonymous(front).get("/.well-known/jwks.json").await.good();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::ES256, Some("JWT")));
    let key = DecodingKey::from_jwk(keys.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "this is a client")]
    let mut wanted = Validation::new(Algorithm::ES256);
    wanted.set_issuer(&["http://localhost:8420"]);
    wanted.set_audience(&[client]);
    wanted.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    wanted.validate_exp = false; // on a clock of its own
    #[expect(clippy::disallowed_methods, reason = "this is a client")]
    let claims = jsonwebtoken::decode::<Value>(token, &key, &wanted).unwrap().claims;
    assert!(claims["exp"].as_i64().unwrap() > front.clock.now().timestamp());
    claims
}

async fn an_id_token_is_for_the_client_and_names_the_owner(front: &Front) {
    let id = approved(front, &good()).await;
    let decided = front.clock.now().timestamp();
    front.wait(7_000);
    let given = poll(front, &id).await.json();
    let claims = id_claims(front, given["id_token"].as_str().unwrap(), &front.agent.id).await;
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!("otto"), &json!("helper")));
    assert_eq!((&claims["auth_time"], &claims["iat"]), (&json!(decided), &json!(decided + 7)));
    assert_eq!(claims["exp"], decided + 307);
    let at_hash = {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
        let token = given["access_token"].as_str().unwrap();
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
    };
    assert_eq!(claims["at_hash"], at_hash);
    // It opens nothing.
    let token = given["id_token"].as_str().unwrap();
    for path in ["/v1/me", "/v1/inbox", "/proxy/issues/projects/acme/items"] {
        assert_eq!(front.with(token).get(path).await.status, 401, "{path}");
    }
}

async fn what_was_narrowed_is_what_is_given(front: &Front) {
    let id = begun(front, &with(&[("duration", "7200")])).await;
    let request = newest(front).await;
    let narrowing = json!({
        "lines": [{"line": 1, "actions": ["items.read"], "resources": ["acme"], "max_calls": 2}],
        "duration": 900,
    });
    let path = format!("/v1/inbox/{request}");
    let card = front.approver.at(front).post(&format!("{path}/preview"), &narrowing).await.good();
    let approval = super::support::approval(&card, Some(&narrowing));
    assert_eq!(front.approver.at(front).post(&format!("{path}/approve"), &approval).await.status, 200);
    let given = poll(front, &id).await.json();
    assert_eq!((&given["expires_in"], &given["scope"]), (&json!(900), &json!("openid items.read")));
    let line = &given["authorization_details"][0];
    assert_eq!((&line["actions"], &line["limits"]["max_calls"]), (&json!(["items.read"]), &json!(2)));
}

async fn what_was_not_approved_gives_nothing(front: &Front) {
    // Denied, with a word.
    let id = begun(front, &good()).await;
    let request = newest(front).await;
    let card = front.card(&front.approver, &request).await;
    let denial = json!({"request_digest": card.request_digest, "reason": "not on a Friday"});
    let path = format!("/v1/inbox/{request}/deny");
    assert_eq!(front.approver.at(front).post(&path, &denial).await.status, 200);
    let heard = poll(front, &id).await;
    refused(&heard, "access_denied");
    assert!(heard.text().contains("not on a Friday"), "{}", heard.text());
    // Taken back by the agent.
    let id = begun(front, &with(&[("purpose", "Another one.")])).await;
    let path = format!("/v1/requests/{}", newest(front).await);
    front.agent.at(front).send("DELETE", &path, axum::body::Body::empty()).await;
    refused(&poll(front, &id).await, "invalid_grant");
    // Lapsed, before and after the sweep, until it is forgotten.
    let id = begun(front, &with(&[("requested_expiry", "60"), ("purpose", "A third.")])).await;
    front.wait(60_000);
    refused(&poll(front, &id).await, "expired_token");
    broker::sweeper::sweep(&front.app).await.unwrap();
    front.wait(10_000);
    refused(&poll(front, &id).await, "expired_token");
    front.wait(87_000_000);
    broker::sweeper::sweep(&front.app).await.unwrap();
    refused(&poll(front, &id).await, "invalid_grant");
    let left = "SELECT COUNT(*) FROM ciba_requests";
    assert_eq!(crate::support::invariants::count(&front.app.store, left).await, 0);
}

async fn what_is_over_before_it_is_fetched_gives_nothing(front: &Front) {
    // Revoked between the approval and the question.
    let id = approved(front, &good()).await;
    let stopped = front.admin.at(front).post("/v1/services/issues/revoke", &json!({})).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    refused(&poll(front, &id).await, "invalid_grant");
    broker::sweeper::sweep(&front.app).await.unwrap();
    front.wait(5_000);
    refused(&poll(front, &id).await, "invalid_grant");
    // Approved, and not fetched in time.
    let scope = [("scope", "openid inside:items.read"), ("authorization_details", "")];
    let id = approved(front, &with(&scope)).await;
    front.wait(600_000);
    refused(&poll(front, &id).await, "expired_token");
    // The definition changed in between.
    let scope = [("scope", "openid notes:items.read"), ("authorization_details", "")];
    let id = begun(front, &with(&scope)).await;
    front.approve(&front.owner, &newest(front).await).await;
    let definition = crate::support::installation::definition("notes");
    front.declare(Declaration::Service(definition)).await;
    refused(&poll(front, &id).await, "invalid_grant");
    let live = "SELECT COUNT(*) FROM grants WHERE state = 'active'";
    assert_eq!(crate::support::invariants::count(&front.app.store, live).await, 0);
}

async fn a_token_is_restricted_to_the_resources_that_were_named(front: &Front) {
    let at = |service: &str| format!("http://localhost:8420/proxy/{service}");
    let fields = with(&[("resource", &at("issues"))]);
    let id = approved(front, &fields).await;
    let token = poll(front, &id).await.json()["access_token"].as_str().unwrap().to_owned();
    let said = front.client(&front.agent).form("/oauth/introspect", &[("token", &token)]).await;
    assert_eq!(said.json()["aud"], json!([at("issues")]));
    let lines = [line("inside", &["items.read"], None), line("issues", &["items.read"], None)];
    let fields = with(&[("authorization_details", &json!(lines).to_string()), ("resource", &at("issues"))]);
    refused(&asked(front, &front.agent, &fields).await, "invalid_target");
}

async fn a_seal_uses_nothing_up(front: &Front) {
    let id = approved(front, &good()).await;
    broker::keys::seal(&front.app, None).await.unwrap();
    let heard = poll(front, &id).await;
    assert_eq!((heard.status.as_u16(), heard.json()["code"].clone()), (503, json!("sealed")));
    broker::keys::unseal(&front.app, None).await.unwrap();
    front.wait(5_000);
    assert_eq!(poll(front, &id).await.status, 200);
}

async fn the_card_says_what_to_compare(front: &Front) {
    begun(front, &with(&[("binding_message", "Order #12: K7-42")])).await;
    let first = newest(front).await;
    let card = front.card(&front.approver, &first).await;
    assert_eq!(card.binding_message.as_deref(), Some("Order #12: K7-42"));
    let page = front.approver.in_browser(front).get(&format!("/requests/{first}")).await.text();
    assert!(page.contains("must show") && page.contains("Order #12: K7-42"), "{page}");
    assert!(page.contains("not on its screen"), "our own code is not what to compare");
    // Without one there is nothing to compare but the code.
    begun(front, &good()).await;
    let second = newest(front).await;
    assert_ne!(first, second, "another message is another request");
    let page = front.approver.in_browser(front).get(&format!("/requests/{second}")).await.text();
    assert!(!page.contains("must show"));
    // Both digests cover it.
    front.approve(&front.approver, &first).await;
    let request = first.parse().unwrap();
    let stored = broker::store::grants::find(&mut front.app.store.read().await.unwrap(), &request).await;
    let stored = stored.unwrap().unwrap().grant;
    assert_eq!(stored.status(), RequestStatus::Approved);
    let mut terms = stored.approval().unwrap().terms.clone();
    let (was, then) = (domain::digest::grant_digest(&terms), domain::digest::request_digest(&stored.asked));
    terms.binding_message = Some("Order #13: K7-42".to_owned());
    assert_ne!(domain::digest::grant_digest(&terms), was);
    assert_eq!(stored.request_digest, then);
}
