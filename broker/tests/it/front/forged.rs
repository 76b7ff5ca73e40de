//! Forged grant tokens at every door that takes tokens (RFC 8725; SECURITY.md 2.6). They are signed with the broker's own
//! key wherever the forger could not have it, so that nothing but what is wrong with each is what it is refused for.

use super::{
    acts::Session,
    support::{Front, exchange, line, on_each_front},
};
use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use broker::{
    store::keys,
    tokens::SigningKey,
    vault::{Origin, SecretContext},
};
use serde_json::{Value, json};

on_each_front!(
    a_forged_header_is_refused_at_every_door,
    forged_claims_are_refused_at_every_door,
    rs3_foreign_audiences_are_refused_at_every_door,
    what_is_longer_than_a_token_is_refused_before_it_is_read,
);

const ITEMS: &str = "/proxy/issues/projects/acme/items";

/// The broker's signing key in a forger's hands.
struct Forge {
    pair: EcdsaKeyPair,
    kid: String,
    public: Value,
    claims: Value,
}

impl Forge {
    async fn of(front: &Front, token: &str) -> Self {
        let stored = keys::signing(&mut front.app.store.read().await.unwrap()).await.unwrap();
        let place = SecretContext {
            owner: None,
            connection: "(broker)",
            version: 1,
            field: "signing-key",
            service: "(broker)",
            origin: Origin { scheme: "countersign", host: "broker", port: 0 },
            auth_style: "es256",
        };
        let secret = front.app.vault.open_secret(&place, &stored[0].record).unwrap();
        let key = SigningKey::from_pkcs8(secret).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.pkcs8().expose()).unwrap();
        let claims = token.split('.').nth(1).unwrap();
        let claims = serde_json::from_slice(&B64.decode(claims).unwrap()).unwrap();
        Self { pair, kid: key.kid().to_owned(), public: key.jwk(), claims }
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", B64.encode(header), B64.encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", B64.encode(signature))
    }

    fn header(&self) -> Value {
        json!({"alg": "ES256", "typ": "at+jwt", "kid": self.kid})
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header();
        header[name] = value;
        self.sign(&header.to_string(), &self.claims.to_string())
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.sign(&self.header().to_string(), &claims.to_string())
    }

    /// The claims as text, with a piece of it replaced.
    fn with_text(&self, from: &str, to: &str) -> String {
        let text = self.claims.to_string();
        assert!(text.contains(from), "{from} is not in {text}");
        self.sign(&self.header().to_string(), &text.replacen(from, to, 1))
    }

    /// HS256 with a key that everybody knows.
    fn with_mac(&self, secret: &[u8]) -> String {
        let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": self.kid}).to_string();
        let message = format!("{}.{}", B64.encode(header), B64.encode(self.claims.to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", B64.encode(tag))
    }
}

/// At every door: as a bearer at the proxy, at the agents' API and at the people's, as subject and as actor of an exchange,
/// at introspection, at revocation and as a client's assertion.
async fn refused_everywhere(front: &Front, session: &Session, what: &str, token: &str) {
    for path in [ITEMS, "/v1/me", "/v1/inbox"] {
        let heard = front.with(token).get(path).await;
        assert_eq!(heard.status, 401, "{what} at {path}: {}", heard.text());
    }
    let as_subject = exchange(token, "issues", "items.read");
    let mut as_actor = exchange(&session.token, "issues", "items.read");
    as_actor.push(("actor_token", token.to_owned()));
    as_actor.push(("actor_token_type", "urn:ietf:params:oauth:token-type:access_token".to_owned()));
    for fields in [as_subject, as_actor] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let heard = front.client(&front.direct).form("/oauth/token", &fields).await;
        let said = (heard.status.as_u16(), heard.json()["error"].clone());
        assert_eq!(said, (400, json!("invalid_request")), "{what}: {}", heard.text());
    }
    let said = front.client(&front.direct).form("/oauth/introspect", &[("token", token)]).await.json();
    assert_eq!(said, json!({"active": false}), "{what}");
    let heard = front.client(&front.direct).form("/oauth/revoke", &[("token", token)]).await;
    assert_eq!((heard.status.as_u16(), heard.text().as_str()), (200, ""), "{what}");
}

async fn stage(front: &Front) -> (Session, Forge) {
    let session = front.session_of(&front.direct, &[line("issues", &["items.read"], None)], 3_600).await;
    let forge = Forge::of(front, &session.token).await;
    let copy = forge.sign(&forge.header().to_string(), &forge.claims.to_string());
    assert_eq!(front.with(&copy).get(ITEMS).await.status, 200, "the forge itself works");
    (session, forge)
}

async fn lives(front: &Front, session: &Session) {
    assert_eq!(front.with(&session.token).get(ITEMS).await.status, 200, "nothing of it ended the session");
}

async fn a_forged_header_is_refused_at_every_door(front: &Front) {
    let (session, forge) = stage(front).await;
    let kid = forge.kid.clone();
    let claims = forge.claims.to_string();
    let public = forge.public.clone();
    let point = B64.decode(public["x"].as_str().unwrap()).unwrap();
    let none = |alg: &str| {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": kid}).to_string();
        format!("{}.{}.", B64.encode(header), B64.encode(&claims))
    };
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        refused_everywhere(front, &session, alg, &none(alg)).await;
    }
    for (what, secret) in [
        ("HS256 with the key as published", public.to_string().into_bytes()),
        ("HS256 with the point", point),
        ("HS256 with the key's id", kid.clone().into_bytes()),
        ("HS256 with nothing", Vec::new()),
    ] {
        refused_everywhere(front, &session, what, &forge.with_mac(&secret)).await;
    }
    let foreign = SigningKey::generate(&SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, foreign.pkcs8().expose()).unwrap();
    let foreign_forge = Forge { pair, kid: kid.clone(), public: foreign.jwk(), claims: forge.claims.clone() };
    let as_ours = foreign_forge.sign(&forge.header().to_string(), &claims);
    refused_everywhere(front, &session, "a foreign key under our name", &as_ours).await;
    let by_its_own = json!({"alg": "ES256", "typ": "at+jwt", "kid": foreign.kid()}).to_string();
    refused_everywhere(front, &session, "a foreign key", &foreign_forge.sign(&by_its_own, &claims)).await;
    let bring_along = json!({"alg": "ES256", "typ": "at+jwt", "kid": kid, "jwk": foreign.jwk()}).to_string();
    refused_everywhere(front, &session, "a key that it brings", &foreign_forge.sign(&bring_along, &claims))
        .await;
    let tricks = ["", "../../etc/passwd", "/dev/null", "' OR '1'='1", "x' UNION SELECT 1--", "%00", "\u{0}"];
    for trick in tricks.into_iter().map(str::to_owned).chain([format!("{kid}\0"), "k".repeat(4_000)]) {
        let shown: String = trick.chars().take(20).collect();
        refused_everywhere(
            front,
            &session,
            &format!("kid {shown:?}"),
            &forge.with_header("kid", json!(trick)),
        )
        .await;
    }
    for (name, value) in [
        ("kid", json!(null)),
        ("kid", json!([kid])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("jwk", public.clone()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("zip", json!("DEF")),
        ("typ", json!("JWT")),
        ("typ", json!("AT+JWT")),
        ("typ", json!("application/at+jwt")),
        ("typ", json!("csn-call+jwt")),
        ("alg", json!("ES384")),
        ("alg", json!(["ES256"])),
    ] {
        let what = format!("{name} {value}");
        refused_everywhere(front, &session, &what, &forge.with_header(name, value)).await;
    }
    let doubled = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{kid}","kid":"{kid}"}}"#);
    refused_everywhere(front, &session, "kid twice", &forge.sign(&doubled, &claims)).await;
    lives(front, &session).await;
}

async fn forged_claims_are_refused_at_every_door(front: &Front) {
    let (session, forge) = stage(front).await;
    let exp = forge.claims["exp"].to_string();
    for odd in ["9e99", "1e400", "\"9e99\"", "null", "true", "[]", "99999999999999999999"] {
        let what = format!("exp {odd}");
        let text = forge.with_text(&format!("\"exp\":{exp}"), &format!("\"exp\":{odd}"));
        refused_everywhere(front, &session, &what, &text).await;
    }
    for odd in [format!("{exp}.0"), format!("{exp}.5"), format!("\"{exp}\"")] {
        let text = forge.with_text(&format!("\"exp\":{exp}"), &format!("\"exp\":{odd}"));
        refused_everywhere(front, &session, &format!("exp {odd}"), &text).await;
    }
    for name in ["iss", "aud", "sub", "exp", "jti", "grant_id", "act", "client_id"] {
        let value = &forge.claims[name];
        let twice = forge.with_text("{", &format!("{{\"{name}\":{value},"));
        refused_everywhere(front, &session, &format!("{name} twice"), &twice).await;
    }
    let now = front.clock.now().timestamp();
    for (name, value) in [
        ("iss", json!("https://elsewhere.example")),
        ("iss", json!("http://localhost:8420/")),
        ("iss", json!([forge.claims["iss"]])),
        ("exp", json!(now)),
        ("exp", json!(i64::MIN)),
        ("nbf", json!(now + 60)),
        ("client_id", json!("helper")),
        ("act", json!({"sub": "helper"})),
        ("act", json!({"sub": "direct", "act": {"sub": "helper"}})),
        ("may_act", json!({"sub": "helper"})),
        ("grant_id", json!("ses_00000000000000000000000000000001")),
        ("cnf", json!({"jkt": "x"})),
        ("admin", json!(true)),
    ] {
        let what = format!("{name} {value}");
        refused_everywhere(front, &session, &what, &forge.with_claim(name, value)).await;
    }
    for text in ["", "null", "[]", "{}", "\"x\"", "{\"a\":"] {
        let token = forge.sign(&forge.header().to_string(), text);
        refused_everywhere(front, &session, &format!("claims {text}"), &token).await;
    }
    lives(front, &session).await;
}

async fn rs3_foreign_audiences_are_refused_at_every_door(front: &Front) {
    let (session, forge) = stage(front).await;
    let issuer = front.app.public_url.clone();
    let at = |rest: &str| format!("{issuer}{rest}");
    for aud in [
        json!(["https://elsewhere.example"]),
        json!([issuer, "https://elsewhere.example"]),
        json!([at("/proxy/issues"), "https://elsewhere.example"]),
        json!([at("/proxy/issues"), issuer]),
        json!([at("/proxy/notes")]),
        json!([at("/proxy/issues/x")]),
        json!([at("/v1")]),
        json!([at("") + "/"]),
        json!(issuer),
        json!([]),
        json!(null),
    ] {
        let what = format!("aud {aud}");
        let token = forge.with_claim("aud", aud.clone());
        if aud == json!([at("/proxy/notes")]) {
            // A resource of ours, but not this one.
            assert_eq!(front.with(&token).get(ITEMS).await.status, 401, "{what}");
        } else {
            refused_everywhere(front, &session, &what, &token).await;
        }
    }
    lives(front, &session).await;
}

async fn what_is_longer_than_a_token_is_refused_before_it_is_read(front: &Front) {
    let (session, forge) = stage(front).await;
    let padding = json!([{"pad": "x".repeat(8_000)}]);
    let padded = forge.with_claim("authorization_details", padding);
    assert!(padded.len() > 8 * 1024);
    refused_everywhere(front, &session, "padded, and well signed", &padded).await;
    let short = forge.with_claim("authorization_details", json!([{"pad": "x".repeat(4_000)}]));
    assert!(short.len() < 8 * 1024);
    assert_eq!(front.with(&short).get(ITEMS).await.status, 200, "the details are the agent's to read");
    for junk in
        ["x".repeat(9_000), ".".repeat(9_000), format!("{}.{}.", "e".repeat(9_000), "e".repeat(9_000))]
    {
        refused_everywhere(front, &session, "junk", &junk).await;
    }
    lives(front, &session).await;
}
