//! How a client proves who it is: in the one way that it registered, and a public one not at all.

use super::{brought, known, of_sdk, refused, register, session, text};
use crate::front::{
    acts::exchange,
    cast::{Asking, Heard, anonymous},
    support::{Front, on_each_front},
};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as B64},
};
use serde_json::{Value, json};

on_each_front!(
    a_confidential_client_acts_on_the_tokens_of_its_agents,
    as1_a_client_authenticates_in_its_own_way_only,
    as1_a_key_signs_once_and_for_its_client_only,
    a_key_that_anybody_registered_signs_so_often,
    a_public_client_gives_its_own_token_back_and_does_nothing_else,
    a_client_that_fails_is_shut_out_alone,
);

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that authenticates by a secret.
async fn confidential(front: &Front, method: &str) -> (String, String) {
    let mut metadata = of_sdk("Confidential");
    metadata["token_endpoint_auth_method"] = json!(method);
    let said = register(front, &metadata).await;
    (text(&said, "client_id").to_owned(), text(&said, "client_secret").to_owned())
}

fn basic<'a>(front: &'a Front, id: &str, secret: &str) -> Asking<'a> {
    let pair = BASE64_STANDARD.encode(format!("{id}:{secret}"));
    anonymous(front).header("authorization", &format!("Basic {pair}"))
}

async fn exchanged(who: Asking<'_>, token: &str, extra: &[(&str, &str)]) -> Heard {
    let fields = exchange(token, "issues", "items.read");
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.extend(extra);
    who.form("/oauth/token", &fields).await
}

async fn a_confidential_client_acts_on_the_tokens_of_its_agents(front: &Front) {
    let (id, secret) = confidential(front, "client_secret_basic").await;
    let client = known(front, &id).await;
    let agent = brought(front, &client, &front.owner).await;
    let (_, token) = session(front, &agent).await;
    let me = || basic(front, &id, &secret);
    let heard = exchanged(me(), &token, &[]).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    front.keep(text(&heard.json(), "access_token"));
    let said = me().form("/oauth/introspect", &[("token", &token)]).await.json();
    assert_eq!((&said["active"], &said["client_id"]), (&json!(true), &json!(id)), "{said}");
    assert_eq!((&said["sub"], &said["act"]["sub"]), (&json!("otto"), &json!(agent.id)));
    // What is another agent's is nothing to it, and its own nothing to others.
    let usual = front.usual().await;
    assert_eq!(
        me().form("/oauth/introspect", &[("token", &usual.token)]).await.json(),
        json!({"active": false})
    );
    refused(&exchanged(me(), &usual.token, &[]).await, 400, "invalid_request");
    let (other, its) = confidential(front, "client_secret_basic").await;
    let heard = basic(front, &other, &its).form("/oauth/introspect", &[("token", &token)]).await;
    assert_eq!(heard.json(), json!({"active": false}));
    let heard = front.client(&front.agent).form("/oauth/introspect", &[("token", &token)]).await;
    assert_eq!(heard.json(), json!({"active": false}));
    refused(&exchanged(basic(front, &other, &its), &token, &[]).await, 400, "invalid_request");
    // Nothing comes to it without a person.
    let heard = me().form("/oauth/token", &[("grant_type", "client_credentials")]).await;
    refused(&heard, 400, "unauthorized_client");
    assert_eq!(me().form("/oauth/revoke", &[("token", &token)]).await.status, 200);
    assert_eq!(me().form("/oauth/introspect", &[("token", &token)]).await.json(), json!({"active": false}));
}

async fn as1_a_client_authenticates_in_its_own_way_only(front: &Front) {
    let (by_basic, its) = confidential(front, "client_secret_basic").await;
    let (by_post, posted) = confidential(front, "client_secret_post").await;
    let public = register(front, &of_sdk("Public")).await;
    let public = text(&public, "client_id");
    let ask = async |who: Asking<'_>, fields: &[(&str, &str)]| {
        front.wait(5_000);
        let mut all = vec![("token", "x")];
        all.extend(fields);
        who.form("/oauth/introspect", &all).await
    };
    assert_eq!(ask(basic(front, &by_basic, &its), &[]).await.status, 200);
    let heard = ask(anonymous(front), &[("client_id", &by_post), ("client_secret", &posted)]).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    let wrong = [
        ask(anonymous(front), &[("client_id", &by_basic), ("client_secret", &its)]).await,
        ask(basic(front, &by_post, &posted), &[]).await,
        ask(anonymous(front), &[("client_id", &by_basic)]).await,
        ask(anonymous(front), &[("client_id", &by_post)]).await,
        ask(basic(front, &by_basic, &posted), &[]).await,
        ask(basic(front, &by_post, &its), &[]).await,
        ask(basic(front, public, &its), &[]).await,
        ask(basic(front, public, ""), &[]).await,
        ask(basic(front, &by_basic, &front.agent.token), &[]).await,
        ask(basic(front, "helper", &its), &[]).await,
        ask(basic(front, &by_basic, &its), &[("client_id", &by_post)]).await,
        ask(anonymous(front), &[("client_id", "helper")]).await,
        ask(anonymous(front), &[("client_id", "csn_c_unknown")]).await,
        ask(anonymous(front), &[("client_id", "https://nobody.example/client.json")]).await,
    ];
    for (at, heard) in wrong.iter().enumerate() {
        assert_eq!(heard.status, 401, "case {at}: {}", heard.text());
        refused(heard, 401, "invalid_client");
    }
    refused(&ask(anonymous(front), &[("client_id", public)]).await, 400, "unauthorized_client");
    let both = ask(basic(front, &by_basic, &its), &[("client_id", &by_basic), ("client_secret", &its)]).await;
    refused(&both, 400, "invalid_request");
}

/// A client with a key.
struct Keyed {
    id: String,
    pair: Ed25519KeyPair,
}

impl Keyed {
    async fn register(front: &Front) -> Self {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap();
        let mut metadata = of_sdk("Keyed");
        metadata["token_endpoint_auth_method"] = json!("private_key_jwt");
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": B64.encode(pair.public_key()), "kid": "one"});
        metadata["jwks"] = json!({"keys": [jwk]});
        let id = text(&register(front, &metadata).await, "client_id").to_owned();
        Self { id, pair }
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "kid": "one"});
        let message = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
        format!("{message}.{}", B64.encode(self.pair.sign(message.as_bytes())))
    }

    fn claims(front: &Front, id: &str) -> Value {
        let exp = front.clock.now().timestamp() + 60;
        let jti = front.app.rng.name(front.clock.now()).unwrap();
        json!({"iss": id, "sub": id, "aud": "http://localhost:8420", "exp": exp, "jti": jti})
    }

    async fn introspects(front: &Front, assertion: &str) -> Heard {
        front.wait(5_000);
        let fields = [("token", "x"), ("client_assertion_type", TYPE), ("client_assertion", assertion)];
        anonymous(front).form("/oauth/introspect", &fields).await
    }
}

async fn as1_a_key_signs_once_and_for_its_client_only(front: &Front) {
    let (one, other) = (Keyed::register(front).await, Keyed::register(front).await);
    let good = one.sign(&Keyed::claims(front, &one.id));
    let heard = Keyed::introspects(front, &good).await;
    assert_eq!(heard.json(), json!({"active": false}), "it authenticated");
    refused(&Keyed::introspects(front, &good).await, 401, "invalid_client");
    for id in [other.id.as_str(), "helper", "https://nobody.example/client.json"] {
        let foreign = one.sign(&Keyed::claims(front, id));
        refused(&Keyed::introspects(front, &foreign).await, 401, "invalid_client");
    }
    let mut claims = Keyed::claims(front, &one.id);
    claims["sub"] = json!(other.id);
    refused(&Keyed::introspects(front, &one.sign(&claims)).await, 401, "invalid_client");
    // By its id alone, or with a secret that it never had, it is nobody.
    let fields = [("token", "x"), ("client_id", one.id.as_str())];
    refused(&anonymous(front).form("/oauth/introspect", &fields).await, 401, "invalid_client");
}

async fn a_key_that_anybody_registered_signs_so_often(front: &Front) {
    let one = Keyed::register(front).await;
    let ask = async || {
        let assertion = one.sign(&Keyed::claims(front, &one.id));
        let fields = [("token", "x"), ("client_assertion_type", TYPE), ("client_assertion", &assertion)];
        anonymous(front).form("/oauth/introspect", &fields).await
    };
    for at in 0..60 {
        assert_eq!(ask().await.status, 200, "{at}");
    }
    refused(&ask().await, 429, "temporarily_unavailable");
    let used = "SELECT COUNT(*) FROM assertions";
    assert_eq!(crate::support::invariants::count(&front.app.store, used).await, 60);
    front.wait(1_000);
    assert_eq!(ask().await.status, 200);
}

async fn a_public_client_gives_its_own_token_back_and_does_nothing_else(front: &Front) {
    let said = register(front, &of_sdk("Public")).await;
    let id = text(&said, "client_id");
    let client = known(front, id).await;
    let agent = brought(front, &client, &front.owner).await;
    let (_, token) = session(front, &agent).await;
    let heard = exchanged(anonymous(front), &token, &[("client_id", id)]).await;
    refused(&heard, 400, "unauthorized_client");
    assert!(heard.text().contains("itself, as a bearer"), "it is told what to do: {}", heard.text());
    let heard = anonymous(front).form("/oauth/introspect", &[("client_id", id), ("token", &token)]).await;
    refused(&heard, 400, "unauthorized_client");
    let read = async || front.with(&token).get("/proxy/issues/projects/acme/items").await.status.as_u16();
    assert_eq!(read().await, 200, "its access token is a bearer");
    // Another client's token is given back by nobody else, and nobody learns that it is one.
    let other = register(front, &of_sdk("Other")).await;
    let by_other = [("client_id", text(&other, "client_id")), ("token", &token)];
    assert_eq!(anonymous(front).form("/oauth/revoke", &by_other).await.status, 200);
    let usual = front.usual().await;
    let of_agent = [("client_id", id), ("token", &usual.token)];
    assert_eq!(anonymous(front).form("/oauth/revoke", &of_agent).await.status, 200);
    assert_eq!(read().await, 200);
    assert_eq!(front.read(&usual, "").await.status, 200);
    assert_eq!(
        anonymous(front).form("/oauth/revoke", &[("client_id", id), ("token", &token)]).await.status,
        200
    );
    assert_eq!(read().await, 401);
}

async fn a_client_that_fails_is_shut_out_alone(front: &Front) {
    let (one, its) = confidential(front, "client_secret_basic").await;
    let (other, others) = confidential(front, "client_secret_basic").await;
    let ask = async |id: &str, secret: &str| {
        basic(front, id, secret).form("/oauth/introspect", &[("token", "x")]).await.status.as_u16()
    };
    for _ in 0..31 {
        assert_eq!(ask(&one, &others).await, 401);
    }
    assert_eq!(ask(&one, &its).await, 429, "also with the right one, from here");
    assert_eq!(ask(&other, &others).await, 200);
}
