//! What our tokens say, where and when they are accepted.

use super::*;
use chrono::TimeDelta;

#[test]
fn a_grant_token_says_what_rfc_9068_wants() {
    let b = bench();
    let details = vec![json!({"type": "service_access", "service": "github", "actions": ["issues.read"]})];
    let signed = b.grant(at(3600) + TimeDelta::milliseconds(900), details.clone()).unwrap();
    assert_eq!(signed.expires_at(), at(3600), "rounded down");
    assert_eq!(part(signed.expose(), 0), b.header("at+jwt"));
    let expected = json!({
        "iss": ISSUER, "aud": [ISSUER], "sub": "paul", "client_id": "ci-bot", "act": {"sub": "ci-bot"},
        "may_act": {"sub": "ci-bot"}, "iat": START, "nbf": START, "exp": START + 3600,
        "jti": "ses_00000000000000000000000000000001", "grant_id": "ses_00000000000000000000000000000001",
        "grant_digest": HALF, "authorization_details": details, "scope": "github:issues.read",
    });
    assert_eq!(claims_of(signed.expose()), expected);
    let known = b.signer.verify_grant(signed.expose(), at(0)).unwrap();
    assert_eq!(known.grant().as_str(), "ses_00000000000000000000000000000001");
    assert_eq!(known.agent, slug("ci-bot"));
}

#[test]
fn a_call_token_is_for_one_call_at_one_place() {
    let b = bench();
    let token = b.call_text();
    assert_eq!(part(&token, 0), b.header("csn-call+jwt"));
    let expected = json!({
        "iss": ISSUER, "aud": "https://approve.example/proxy/github", "sub": "paul", "client_id": "ci-bot",
        "act": {"sub": "ci-bot"}, "iat": START, "nbf": START, "exp": START + 60,
        "jti": "call_00000000000000000000000000000002", "txn": "call_00000000000000000000000000000002",
        "grant_id": "ses_00000000000000000000000000000001", "grant_digest": HALF,
        "service": "github", "action": "issues.read", "line": 1,
    });
    assert_eq!(claims_of(&token), expected);
    let claims = b.signer.verify_call(&token, &slug("github"), at(0)).unwrap();
    assert_eq!(serde_json::to_value(&*claims).unwrap(), expected);
}

#[test]
fn a_call_token_never_outlives_its_grant() {
    let b = bench();
    assert_eq!(b.call("github", at(61)).unwrap().expires_at(), at(60));
    assert_eq!(b.call("github", at(7)).unwrap().expires_at(), at(7));
    for over in [at(0), at(0) + TimeDelta::milliseconds(999), at(-1)] {
        assert_eq!(b.call("github", over).unwrap_err(), TokenError::Expired);
        assert_eq!(b.grant(over, vec![]).unwrap_err(), TokenError::Expired);
    }
}

#[test]
fn exactly_the_diagonal_of_kinds_and_doors_is_accepted() {
    let b = bench();
    let opaque = |kind| OpaqueToken::mint(kind, &SystemRandom::new()).unwrap().expose().to_owned();
    let other_kind = b.forge(&b.header("JWT").to_string(), &claims_of(&b.grant_text()).to_string());
    let kinds = [
        b.grant_text(),
        b.call_text(),
        b.call("gitlab", at(3600)).unwrap().expose().to_owned(),
        opaque(OpaqueKind::Agent),
        opaque(OpaqueKind::Person),
        opaque(OpaqueKind::Link),
        opaque(OpaqueKind::WebSession),
        opaque(OpaqueKind::ClientSecret),
        opaque(OpaqueKind::Registration),
        other_kind,
    ];
    let (github, gitlab) = (slug("github"), slug("gitlab"));
    let doors: [&dyn Fn(&str) -> bool; 9] = [
        &|token| b.signer.verify_grant(token, at(1)).is_ok(),
        &|token| b.signer.verify_call(token, &github, at(1)).is_ok(),
        &|token| b.signer.verify_call(token, &gitlab, at(1)).is_ok(),
        &|token| OpaqueToken::parse(OpaqueKind::Agent, token).is_ok(),
        &|token| OpaqueToken::parse(OpaqueKind::Person, token).is_ok(),
        &|token| OpaqueToken::parse(OpaqueKind::Link, token).is_ok(),
        &|token| OpaqueToken::parse(OpaqueKind::WebSession, token).is_ok(),
        &|token| OpaqueToken::parse(OpaqueKind::ClientSecret, token).is_ok(),
        &|token| OpaqueToken::parse(OpaqueKind::Registration, token).is_ok(),
    ];
    // Twice: the second round meets the remembered signatures.
    for round in 0..2 {
        for (kind, token) in kinds.iter().enumerate() {
            for (door, accepts) in doors.iter().enumerate() {
                assert_eq!(accepts(token), kind == door, "round {round}: kind {kind} at door {door}");
            }
        }
    }
}

#[test]
fn tokens_end_on_the_second_and_do_not_start_early() {
    let b = bench();
    let (grant, call) = (b.grant_text(), b.call_text());
    let last = TimeDelta::milliseconds(-1);
    for (now, verdict) in [
        (at(-1), Err(TokenError::NotYetValid)),
        (at(0) + last, Err(TokenError::NotYetValid)),
        (at(0), Ok(())),
        (at(3600) + last, Ok(())),
        (at(3600), Err(TokenError::Expired)),
        (at(3601), Err(TokenError::Expired)),
    ] {
        assert_eq!(b.signer.verify_grant(&grant, now).map(drop), verdict, "{now}");
    }
    let github = slug("github");
    assert!(b.signer.verify_call(&call, &github, at(59)).is_ok());
    assert_eq!(b.signer.verify_call(&call, &github, at(60)).unwrap_err(), TokenError::Expired);

    let claims = claims_of(&grant);
    let later = b.grant_with(&with(claims.clone(), "nbf", json!(START + 2)));
    assert_eq!(b.verify_grant(&later), Err(TokenError::NotYetValid), "nbf alone in the future");
    let from_the_future =
        with(claims.clone(), "iat", json!(START + 2)).replace("nbf\":1800000000", "nbf\":1800000002");
    assert_eq!(b.verify_grant(&b.grant_with(&from_the_future)), Err(TokenError::NotYetValid));
    for (name, second) in [("nbf", START - 1), ("exp", START)] {
        let odd = b.grant_with(&with(claims.clone(), name, json!(second)));
        assert_eq!(b.verify_grant(&odd), Err(TokenError::BadClaims), "{name} before iat");
    }
}
