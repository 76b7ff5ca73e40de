//! Claims that a good signature does not excuse.

use super::*;

#[test]
fn every_claim_is_required_and_no_other_is_allowed() {
    let b = bench();
    let grant = claims_of(&b.grant_text());
    let call = claims_of(&b.call_text());
    for (valid, typ) in [(grant, "at+jwt"), (call, "csn-call+jwt")] {
        let verdict = |claims: &str| {
            if typ == "at+jwt" {
                b.verify_grant(&b.grant_with(claims))
            } else {
                b.verify_call(&b.call_with(claims))
            }
        };
        assert_eq!(verdict(&valid.to_string()), Ok(()));
        for name in valid.as_object().unwrap().keys() {
            let mut without = valid.clone();
            without.as_object_mut().unwrap().remove(name);
            // Tokens of older brokers do not have these.
            let may_lack = name == "grant_digest" || name == "may_act";
            let expected = if may_lack { Ok(()) } else { Err(TokenError::BadClaims) };
            assert_eq!(verdict(&without.to_string()), expected, "{typ} without {name}");
            let wrongs = [Value::Null, json!({}), json!(true)];
            for wrong in wrongs.into_iter().skip(usize::from(may_lack)) {
                let wrong = with(valid.clone(), name, wrong);
                assert_eq!(verdict(&wrong), Err(TokenError::BadClaims), "{typ}: {wrong}");
            }
            let doubled = valid.to_string().replacen('{', &format!(r#"{{"{name}":{},"#, valid[name]), 1);
            assert_eq!(verdict(&doubled), Err(TokenError::BadClaims), "{typ} with {name} twice");
        }
        assert_eq!(verdict(&with(valid.clone(), "cnf", json!({}))), Err(TokenError::BadClaims));
        assert_eq!(verdict(&format!("[{valid}]")), Err(TokenError::BadClaims));
        assert_eq!(verdict(""), Err(TokenError::BadClaims));
    }
}

#[test]
fn issuer_and_audience_are_exact() {
    let b = bench();
    let (grant, call) = (claims_of(&b.grant_text()), claims_of(&b.call_text()));
    for iss in ["https://approve.example/", "https://approve.example.evil", "http://approve.example", ""] {
        let token = b.grant_with(&with(grant.clone(), "iss", json!(iss)));
        assert_eq!(b.verify_grant(&token), Err(TokenError::WrongIssuer), "{iss}");
    }
    let audiences = [json!([]), json!([ISSUER, "https://other.example"]), json!(["https://other.example"])];
    for aud in audiences {
        let token = b.grant_with(&with(grant.clone(), "aud", aud));
        assert_eq!(b.verify_grant(&token), Err(TokenError::WrongAudience));
    }
    assert_eq!(b.verify_grant(&b.grant_with(&with(grant, "aud", json!(ISSUER)))), Err(TokenError::BadClaims));
    let github = "https://approve.example/proxy/github";
    for aud in ["https://approve.example/proxy/gitlab", "https://approve.example", &format!("{github}/")] {
        let token = b.call_with(&with(call.clone(), "aud", json!(aud)));
        assert_eq!(b.verify_call(&token), Err(TokenError::WrongAudience), "{aud}");
    }
    let array = b.call_with(&with(call.clone(), "aud", json!([github])));
    assert_eq!(b.verify_call(&array), Err(TokenError::BadClaims));
    let torn = b.call_with(&with(call, "service", json!("gitlab")));
    assert_eq!(b.verify_call(&torn), Err(TokenError::WrongAudience));
}

#[test]
fn claims_that_say_the_same_must_agree() {
    let b = bench();
    let (grant, call) = (claims_of(&b.grant_text()), claims_of(&b.call_text()));
    let other_grant = json!(GrantId::from_u128(9));
    let stranger = b.grant_with(&with(grant.clone(), "may_act", json!({"sub": "x"})));
    assert_eq!(b.verify_grant(&stranger), Err(TokenError::BadClaims), "may_act");
    for (name, value) in [("jti", other_grant), ("client_id", json!("x")), ("act", json!({"sub": "x"}))] {
        let token = b.grant_with(&with(grant.clone(), name, value));
        assert_eq!(b.verify_grant(&token), Err(TokenError::BadClaims), "{name}");
    }
    let too_long = json!(START + 61);
    for (name, value) in
        [("txn", json!(CallId::from_u128(9))), ("act", json!({"sub": "x"})), ("exp", too_long)]
    {
        let token = b.call_with(&with(call.clone(), name, value));
        assert_eq!(b.verify_call(&token), Err(TokenError::BadClaims), "{name}");
    }
}

#[test]
fn times_are_whole_numbers() {
    let b = bench();
    let claims = claims_of(&b.grant_text()).to_string();
    for name in ["exp", "nbf", "iat"] {
        let second = if name == "exp" { START + 3600 } else { START };
        let plain = format!("\"{name}\":{second}");
        assert!(claims.contains(&plain));
        for odd in [
            format!("{second}.0"),
            format!("{second}.5"),
            "1.8e9".to_owned(),
            "9e99".to_owned(),
            "1e400".to_owned(),
            format!("\"{second}\""),
            "\"9e99\"".to_owned(),
            "9223372036854775808".to_owned(),
            "-9223372036854775809".to_owned(),
            "NaN".to_owned(),
        ] {
            let token = b.grant_with(&claims.replace(&plain, &format!("\"{name}\":{odd}")));
            assert_eq!(b.verify_grant(&token), Err(TokenError::BadClaims), "{name}: {odd}");
        }
    }
    for edge in [i64::MIN, -1, 0] {
        let token = b.grant_with(&with(claims_of(&b.grant_text()), "exp", json!(edge)));
        assert_eq!(b.verify_grant(&token), Err(TokenError::BadClaims), "{edge}");
    }
    let call =
        with(claims_of(&b.call_text()), "exp", json!(i64::MAX)).replace("iat\":1800000000", "iat\":-9");
    assert_eq!(b.verify_call(&b.call_with(&call)), Err(TokenError::BadClaims), "no overflow");
}
