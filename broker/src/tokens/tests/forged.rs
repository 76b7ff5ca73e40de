//! Foreign algorithms, keys, headers and kinds.

use super::*;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, KeyPair};

#[test]
fn one_kind_under_the_typ_of_the_other_is_refused() {
    let b = bench();
    let (grant, call) = (claims_of(&b.grant_text()).to_string(), claims_of(&b.call_text()).to_string());
    assert_eq!(b.verify_grant(&b.grant_with(&call)), Err(TokenError::BadClaims));
    assert_eq!(b.verify_call(&b.call_with(&grant)), Err(TokenError::BadClaims));
    assert_eq!(b.verify_grant(&b.call_with(&grant)), Err(TokenError::WrongKind));
    assert_eq!(b.verify_call(&b.grant_with(&call)), Err(TokenError::WrongKind));
    let typ = |alg: &str, typ: &str| json!({"alg": alg, "typ": typ, "kid": b.key.kid()}).to_string();
    assert_eq!(b.verify_grant(&b.forge(&typ("ES256", "csn-call+jwt"), &grant)), Err(TokenError::WrongKind));
    let foreign_typ = forge_mac(&mac_of(&b.key), &typ("HS256", "at+jwt"), &call);
    assert_eq!(b.verify_call(&foreign_typ), Err(TokenError::WrongKind));
    assert_eq!(b.verify_grant(&b.grant_with(&grant)), Ok(()), "the forge itself works");
    assert_eq!(b.verify_call(&b.call_with(&call)), Ok(()), "the forge itself works");
}

#[test]
fn only_es256_by_a_key_of_ours_counts() {
    let b = bench();
    let claims = claims_of(&b.grant_text()).to_string();
    let foreign = fresh_key();
    let header = |alg: &str, kid: &str| json!({"alg": alg, "typ": "at+jwt", "kid": kid}).to_string();
    let (alg, kid) = (&ECDSA_P256_SHA256_FIXED_SIGNING, b.key.kid());

    let unsigned = format!("{}.{}.", b64(header("none", kid)), b64(&claims));
    assert_eq!(b.verify_grant(&unsigned), Err(TokenError::Malformed));
    let no_signature = format!("{}.{}.", b64(header("ES256", kid)), b64(&claims));
    assert_eq!(b.verify_grant(&no_signature), Err(TokenError::BadSignature));
    for other in ["HS256", "ES384", "es256", "EdDSA", ""] {
        let token = forge(&b.key, alg, &header(other, kid), &claims);
        assert_eq!(b.verify_grant(&token), Err(TokenError::Malformed), "{other}");
    }
    let stranger = forge(&foreign, alg, &header("ES256", foreign.kid()), &claims);
    assert_eq!(b.verify_grant(&stranger), Err(TokenError::UnknownKey));
    let pretender = forge(&foreign, alg, &header("ES256", kid), &claims);
    assert_eq!(b.verify_grant(&pretender), Err(TokenError::BadSignature));
    for near in
        [kid.to_lowercase(), format!("{kid} "), kid[1..].to_owned(), format!("../{kid}"), String::new()]
    {
        let token = forge(&b.key, alg, &header("ES256", &near), &claims);
        assert_eq!(b.verify_grant(&token), Err(TokenError::UnknownKey), "{near:?}");
    }
    let der = forge(&b.key, &ECDSA_P256_SHA256_ASN1_SIGNING, &header("ES256", kid), &claims);
    assert_eq!(b.verify_grant(&der), Err(TokenError::BadSignature));
}

#[test]
fn nothing_that_is_published_is_the_mac_key() {
    let b = bench();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, b.key.pkcs8().expose()).unwrap();
    let (grant, call) = (claims_of(&b.grant_text()).to_string(), claims_of(&b.call_text()).to_string());
    let known = [
        pair.public_key().as_ref().to_vec(),
        b.key.jwk().to_string().into_bytes(),
        b.signer.jwks().to_string().into_bytes(),
        b.key.kid().as_bytes().to_vec(),
        mac_of(&fresh_key()),
        vec![0; 32],
        vec![],
    ];
    for secret in known {
        for alg in ["HS256", "ES256"] {
            let header = |typ: &str| json!({"alg": alg, "typ": typ, "kid": b.key.kid()}).to_string();
            assert!(b.verify_grant(&forge_mac(&secret, &header("at+jwt"), &grant)).is_err(), "{alg}");
            assert!(b.verify_call(&forge_mac(&secret, &header("csn-call+jwt"), &call)).is_err(), "{alg}");
        }
    }
}

#[test]
fn a_call_token_counts_by_its_mac_alone() {
    let b = bench();
    let claims = claims_of(&b.call_text()).to_string();
    let (mac, kid) = (mac_of(&b.key), b.key.kid());
    let header = |alg: &str, kid: &str| json!({"alg": alg, "typ": "csn-call+jwt", "kid": kid}).to_string();
    assert_eq!(
        b.verify_call(&forge_mac(&mac, &header("HS256", kid), &claims)),
        Ok(()),
        "the forge itself works"
    );

    // What the public half could check is not asked for: a signature of our own key counts for nothing here.
    let signed = |alg: &str| b.forge(&header(alg, kid), &claims);
    assert_eq!(b.verify_call(&signed("ES256")), Err(TokenError::Malformed));
    assert_eq!(b.verify_call(&signed("HS256")), Err(TokenError::BadSignature));
    for other in ["none", "HS384", "HS512", "hs256", ""] {
        let token = forge_mac(&mac, &header(other, kid), &claims);
        assert_eq!(b.verify_call(&token), Err(TokenError::Malformed), "{other}");
    }
    for near in ["", "x", &kid[1..]] {
        let token = forge_mac(&mac, &header("HS256", near), &claims);
        assert_eq!(b.verify_call(&token), Err(TokenError::UnknownKey), "{near:?}");
    }
    let token = forge_mac(&mac, &header("HS256", kid), &claims);
    let (message, tag) = token.rsplit_once('.').unwrap();
    for short in [0, 1, tag.len() / 2, tag.len() - 2] {
        assert!(b.verify_call(&format!("{message}.{}", &tag[..short])).is_err(), "{short} characters of it");
    }
}

#[test]
fn a_header_says_nothing_but_what_ours_say() {
    let b = bench();
    let claims = claims_of(&b.grant_text()).to_string();
    let extras = [
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!([])),
        ("jwk", fresh_key().jwk()),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("anything", json!(1)),
    ];
    for (name, value) in extras {
        let token = b.forge(&with(b.header("at+jwt"), name, value), &claims);
        assert_eq!(b.verify_grant(&token), Err(TokenError::Malformed), "{name}");
    }
    for name in ["alg", "typ", "kid"] {
        let mut header = b.header("at+jwt");
        header.as_object_mut().unwrap().remove(name);
        assert_eq!(
            b.verify_grant(&b.forge(&header.to_string(), &claims)),
            Err(TokenError::Malformed),
            "{name}"
        );
    }
    let doubled = b.header("at+jwt").to_string().replacen('{', r#"{"alg":"none","#, 1);
    assert_eq!(b.verify_grant(&b.forge(&doubled, &claims)), Err(TokenError::Malformed));
    for typ in ["JWT", "AT+JWT", "application/at+jwt", "at+jwt ", ""] {
        let token = b.forge(&b.header(typ).to_string(), &claims);
        assert_eq!(b.verify_grant(&token), Err(TokenError::WrongKind), "{typ}");
    }
}

#[test]
fn size_is_looked_at_before_anything_else() {
    let b = bench();
    assert_eq!(b.verify_grant(&"x".repeat(MAX_TOKEN_BYTES + 1)), Err(TokenError::TooLarge));
    assert_eq!(b.verify_call(&"x".repeat(MAX_TOKEN_BYTES + 1)), Err(TokenError::TooLarge));
    assert_eq!(b.verify_grant(&"x".repeat(MAX_TOKEN_BYTES)), Err(TokenError::Malformed));
    // What would be refused is not signed either; what fits is accepted.
    let details = |length: usize| vec![json!({"type": "x".repeat(length)})];
    assert_eq!(b.grant(at(60), details(6_000)).unwrap_err(), TokenError::TooLarge);
    let large = b.grant(at(60), details(5_000)).unwrap();
    assert_eq!(b.verify_grant(large.expose()), Ok(()));
    let valid = with(claims_of(&b.grant_text()), "scope", json!("x".repeat(6_000)));
    assert_eq!(
        b.verify_grant(&b.grant_with(&valid)),
        Err(TokenError::TooLarge),
        "though the signature is good"
    );
}

#[test]
fn there_is_one_way_to_write_a_token() {
    let b = bench();
    let good = b.grant_text();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let odd = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!(" {good}"),
        format!("{good} "),
        format!("{good}\n"),
        format!("{good}="),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!(".{good}"),
        message.to_owned(),
        good.replacen('.', "..", 1),
        good.replacen('.', " .", 1),
        format!("Bearer {good}"),
        format!("{good}\0"),
        format!("é{good}"),
    ];
    for token in odd {
        assert!(b.verify_grant(&token).is_err(), "{token:?}");
    }
}

#[test]
fn every_changed_character_is_noticed() {
    let b = bench();
    for good in [b.grant_text(), b.call_text()] {
        for position in 0..good.len() {
            let other = if good.as_bytes()[position] == b'A' { "B" } else { "A" };
            let bad = format!("{}{other}{}", &good[..position], &good[position + 1..]);
            assert!(b.verify_grant(&bad).is_err() && b.verify_call(&bad).is_err(), "character {position}");
        }
    }
}
