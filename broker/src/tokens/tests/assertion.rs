//! Client assertions: what an agent's key proves, and everything that proves nothing.

use super::*;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde_json::Map;

const AUDIENCES: [&str; 2] = [ISSUER, "https://approve.example/oauth/token"];

/// A private key of either kind.
enum Pair {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Pair {
    fn ec() -> Self {
        let der =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref()).unwrap())
    }

    fn ed() -> Self {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed(Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap())
    }

    fn jwk(&self) -> Value {
        match self {
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": b64(&point[1..33]), "y": b64(&point[33..])})
            }
            Self::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key())}),
        }
    }

    fn alg(&self) -> &'static str {
        if matches!(self, Self::Ec(_)) { "ES256" } else { "EdDSA" }
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", b64(header), b64(claims));
        let signature = match self {
            Self::Ec(pair) => pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", b64(signature))
    }
}

fn key(pair: &Pair, kid: &str) -> AgentKey {
    AgentKey::from_jwk(&pair.jwk().to_string()).unwrap().named(kid).unwrap()
}

fn claims() -> Value {
    json!({"iss": "ci-bot", "sub": "ci-bot", "aud": ISSUER, "exp": START + 60, "jti": "one"})
}

fn header(alg: &str, kid: &str) -> String {
    json!({"alg": alg, "kid": kid, "typ": "JWT"}).to_string()
}

fn check(keys: &[AgentKey], text: &str) -> Result<Proven, AssertionError> {
    Assertion::read(text)?.check(keys, &AUDIENCES.map(str::to_owned), at(0))
}

#[test]
fn both_kinds_of_key_prove_who_it_is() {
    let (ec, ed) = (Pair::ec(), Pair::ed());
    let keys = [key(&ec, "old"), key(&ed, "new")];
    for (pair, kid, mine) in [(&ec, "old", &keys[0]), (&ed, "new", &keys[1])] {
        let good = pair.sign(&header(pair.alg(), kid), &claims().to_string());
        assert_eq!(Assertion::read(&good).unwrap().client, "ci-bot");
        let proven = check(&keys, &good).unwrap();
        assert_eq!((proven.thumbprint.as_str(), proven.expires_at), (mine.thumbprint(), at(65)));
        let by_thumbprint = pair.sign(&header(pair.alg(), mine.thumbprint()), &claims().to_string());
        assert_eq!(check(&keys, &by_thumbprint).unwrap().replay, proven.replay, "the jti is what is used up");
        let nameless = pair.sign(&json!({"alg": pair.alg()}).to_string(), &claims().to_string());
        assert_eq!(check(&keys, &nameless), Err(AssertionError::NoKey), "never one key after the other");
        check(std::slice::from_ref(mine), &nameless).unwrap();
        assert_eq!(check(&[], &good), Err(AssertionError::NoKey));
    }
}

#[test]
fn the_key_says_which_algorithm_counts() {
    let (ec, ed) = (Pair::ec(), Pair::ed());
    let keys = [key(&ec, "a"), key(&ed, "b")];
    let body = claims().to_string();
    for alg in ["none", "None", "HS256", "RS256", "ES384", "es256", "Ed25519", ""] {
        assert_eq!(check(&keys, &ec.sign(&header(alg, "a"), &body)), Err(AssertionError::Malformed), "{alg}");
    }
    // The public key as the secret of an HMAC.
    for secret in [ec.jwk().to_string(), ec.jwk()["x"].to_string()] {
        let message = format!("{}.{}", b64(header("HS256", "a")), b64(&body));
        let hmac_key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
        let text = format!("{message}.{}", b64(aws_lc_rs::hmac::sign(&hmac_key, message.as_bytes())));
        assert!(check(&keys, &text).is_err());
    }
    // One key's signature under the other's name or algorithm, somebody else's key, none at all.
    let stranger = Pair::ec();
    for text in [
        ec.sign(&header("EdDSA", "a"), &body),
        ec.sign(&header("ES256", "b"), &body),
        ed.sign(&header("EdDSA", "a"), &body),
        stranger.sign(&header("ES256", "a"), &body),
        stranger.sign(&header("ES256", "c"), &body),
        format!("{}.{}.", b64(header("ES256", "a")), b64(&body)),
    ] {
        assert_eq!(check(&keys, &text), Err(AssertionError::NoKey), "{text}");
    }
}

#[test]
fn nothing_in_the_header_is_followed() {
    let pair = Pair::ec();
    let keys = [key(&pair, "a")];
    let body = claims().to_string();
    for (name, value) in [
        ("jwk", pair.jwk()),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/x")),
        ("x5c", json!([])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let mut head: Map<String, Value> = serde_json::from_str(&header("ES256", "a")).unwrap();
        head.insert(name.to_owned(), value);
        let text = pair.sign(&Value::Object(head).to_string(), &body);
        assert_eq!(check(&keys, &text), Err(AssertionError::Malformed), "{name}");
    }
    for head in [
        r#"{"alg":"ES256","alg":"ES256","kid":"a"}"#,
        r#"{"alg":"ES256","kid":"a","kid":"a"}"#,
        r#"{"alg":"ES256","kid":"a","typ":"at+jwt"}"#,
        r#"{"alg":"ES256","kid":7}"#,
        "[]",
    ] {
        assert_eq!(check(&keys, &pair.sign(head, &body)), Err(AssertionError::Malformed), "{head}");
    }
    let twice = r#"{"iss":"ci-bot","iss":"ci-bot","sub":"ci-bot","aud":"https://approve.example","exp":1800000060,"jti":"x"}"#;
    assert_eq!(check(&keys, &pair.sign(&header("ES256", "a"), twice)), Err(AssertionError::Malformed));
    let twice = r#"{"iss":"ci-bot","sub":"ci-bot","aud":"https://approve.example","exp":1,"exp":1800000060,"jti":"x"}"#;
    assert_eq!(check(&keys, &pair.sign(&header("ES256", "a"), twice)), Err(AssertionError::Malformed));
    let huge = with(claims(), "pad", json!("x".repeat(MAX_TOKEN_BYTES)));
    assert_eq!(check(&keys, &pair.sign(&header("ES256", "a"), &huge)), Err(AssertionError::TooLarge));
    for broken in ["", ".", "..", "a.b.c", "a.b.c.d", "e30.e30.e30"] {
        assert_eq!(check(&keys, broken), Err(AssertionError::Malformed), "{broken}");
    }
}

#[test]
fn every_claim_counts() {
    let pair = Pair::ed();
    let keys = [key(&pair, "a")];
    let told = |changed: String| check(&keys, &pair.sign(&header("EdDSA", "a"), &changed));
    let audience = || AssertionError::Audience(AUDIENCES.join(" or "));
    for good in [
        with(claims(), "aud", json!(AUDIENCES[1])),
        with(claims(), "aud", json!(AUDIENCES)),
        with(claims(), "exp", json!(START + 305)),
        with(claims(), "exp", json!(START - 4)),
        with(claims(), "iat", json!(START + 5)),
        with(claims(), "nbf", json!(START - 900)),
        with(claims(), "anything", json!({"else": 1})),
    ] {
        told(good.clone()).unwrap_or_else(|why| panic!("{good}: {why}"));
    }
    let table = [
        ("iss", json!("other"), AssertionError::Parties),
        ("sub", json!("other"), AssertionError::Parties),
        ("aud", json!("https://approve.example/"), audience()),
        ("aud", json!("https://approve.example.evil"), audience()),
        ("aud", json!([]), audience()),
        ("aud", json!([ISSUER, "https://elsewhere.example"]), audience()),
        ("exp", json!(START - 5), AssertionError::Expired),
        ("exp", json!(0), AssertionError::Expired),
        ("exp", json!(START + 306), AssertionError::TooLong),
        ("exp", json!(START * 1_000), AssertionError::TooLong),
        ("exp", json!("1800000060"), AssertionError::Malformed),
        ("iat", json!(START + 6), AssertionError::NotYet),
        ("nbf", json!(START + 6), AssertionError::NotYet),
        ("nbf", json!(START * 1_000), AssertionError::NotYet),
        ("jti", json!(""), AssertionError::Jti),
        ("jti", json!("x".repeat(257)), AssertionError::Jti),
        ("jti", Value::Null, AssertionError::Jti),
    ];
    for (name, value, expected) in table {
        let changed = with(claims(), name, value);
        // Who it is comes first: another issuer's assertion is looked up among the keys of another agent.
        assert_eq!(told(changed.clone()).unwrap_err(), expected, "{changed}");
    }
    for name in ["exp", "iat", "nbf"] {
        for odd in [json!(i64::MAX), json!(u64::MAX), json!(1e300), json!(true)] {
            assert!(told(with(claims(), name, odd.clone())).is_err(), "{name} {odd}");
        }
    }
    assert!(told(with(claims(), "exp", json!(i64::MIN))).is_err());
    for name in ["iss", "sub", "aud", "exp"] {
        let mut missing = claims();
        missing.as_object_mut().unwrap().remove(name);
        assert_eq!(told(missing.to_string()), Err(AssertionError::Malformed), "without {name}");
    }
    assert_eq!(told(with(claims(), "iss", json!("Not A Name"))), Err(AssertionError::NoKey));
}

#[test]
fn a_jti_is_one_agents() {
    let pair = Pair::ed();
    let keys = [key(&pair, "a")];
    let of = |agent: &str, jti: &str| {
        let claims = json!({"iss": agent, "sub": agent, "aud": ISSUER, "exp": START + 60, "jti": jti});
        check(&keys, &pair.sign(&header("EdDSA", "a"), &claims.to_string())).unwrap().replay
    };
    let all = [of("ci-bot", "a"), of("ci-bot", "b"), of("ci", "-bota"), of("other", "a")];
    assert!(all.iter().enumerate().all(|(at, one)| !all[..at].contains(one)), "{all:?}");
    assert_eq!(of("ci-bot", "a\0\u{202e}"), of("ci-bot", "a\0\u{202e}"));
}

#[test]
fn only_public_signature_keys_are_taken() {
    let (ec, ed) = (Pair::ec().jwk(), Pair::ed().jwk());
    let told = |jwk: &str| AgentKey::from_jwk(jwk).unwrap_err().to_string();
    for good in [with(ec.clone(), "use", json!("sig")), with(ed.clone(), "alg", json!("EdDSA"))] {
        AgentKey::from_jwk(&good).unwrap();
    }
    assert!(told(&with(ec.clone(), "d", json!("AAAA"))).contains("private key"));
    assert!(told(r#"{"kty":"oct","k":"AAAA"}"#).contains("private key"));
    for bad in [
        with(ec.clone(), "y", ec["x"].clone()),
        with(ec.clone(), "crv", json!("P-384")),
        with(ec.clone(), "crv", json!("secp256k1")),
        with(ec.clone(), "alg", json!("EdDSA")),
        with(ec.clone(), "use", json!("enc")),
        with(ec.clone(), "key_ops", json!(["sign"])),
        with(ec.clone(), "kid", json!("a b")),
        with(ec, "x5u", json!("https://evil.example")),
        with(ed.clone(), "crv", json!("X25519")),
        with(ed.clone(), "x", json!("AAAA")),
        with(ed, "kid", json!("")),
        r#"{"kty":"RSA","n":"AAAA","e":"AQAB"}"#.to_owned(),
        "{}".to_owned(),
    ] {
        assert!(AgentKey::from_jwk(&bad).is_err(), "{bad}");
    }
    // What `openssl pkey -pubout` writes of the keys in RFC 8037 appendix A and RFC 7517 appendix A.1.
    let ed = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    assert_eq!(AgentKey::from_pem(ed).unwrap().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert!(
        AgentKey::from_pem(&ed.replace("PUBLIC", "PRIVATE")).unwrap_err().to_string().contains("private")
    );
    assert!(AgentKey::from_pem("ssh-ed25519 AAAA").is_err());
}
