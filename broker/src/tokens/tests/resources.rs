//! Grant tokens that are bound to resources (RFC 8707), and ID tokens.

use super::*;

const GITHUB: &str = "https://approve.example/proxy/github";
const GITLAB: &str = "https://approve.example/proxy/gitlab";

impl Bench {
    fn bound(&self, resources: &[&str]) -> Result<SignedToken, TokenError> {
        let resources: Vec<String> = resources.iter().map(|it| (*it).to_owned()).collect();
        let grant = GrantToken {
            grant: &GrantId::from_u128(1),
            digest: digest(),
            ends_at: at(3600),
            owner: &slug("paul"),
            agent: &slug("ci-bot"),
            client: "https://agent.example/client.json",
            resources: &resources,
            authorization_details: vec![],
            scope: "issues.read",
        };
        self.signer.grant_token(&grant, at(0))
    }

    fn id(&self, nonce: Option<&str>) -> String {
        let it = IdToken {
            client_id: "https://agent.example/client.json",
            sub: &slug("paul"),
            nonce,
            auth_time: at(-60),
            access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        };
        self.signer.id_token(&it, at(0)).unwrap().expose().to_owned()
    }
}

#[test]
fn as8_a_bound_grant_token_is_for_its_resources_only() {
    let b = bench();
    let (github, gitlab, other) = (slug("github"), slug("gitlab"), slug("other"));
    for (resources, good) in [
        (&[][..], [true, true, true]),
        (&[GITHUB], [true, false, false]),
        (&[GITLAB], [false, true, false]),
        (&[GITLAB, GITHUB], [true, true, false]),
    ] {
        let signed = b.bound(resources).unwrap();
        let aud = &claims_of(signed.expose())["aud"];
        assert_eq!(*aud, if resources.is_empty() { json!([ISSUER]) } else { json!(resources) });
        // Twice: the second time it is remembered.
        for _ in 0..2 {
            let known = b.signer.verify_grant(signed.expose(), at(1)).unwrap();
            assert_eq!([&github, &gitlab, &other].map(|it| known.is_for(it)), good, "{resources:?}");
            assert_eq!(known.services().is_none(), resources.is_empty());
            assert_eq!(known.agent, slug("ci-bot"), "the agent, not the client that it is of");
        }
    }
}

#[test]
fn as8_what_is_not_ours_alone_is_neither_signed_nor_accepted() {
    let b = bench();
    let claims = claims_of(b.bound(&[GITHUB]).unwrap().expose());
    for foreign in [
        &["https://other.example/proxy/github"][..],
        &[GITHUB, "https://other.example"],
        &[GITHUB, ISSUER],
        &["https://approve.example/proxy/"],
        &["https://approve.example/proxy/GitHub"],
        &["https://approve.example/proxy/github/"],
        &["https://approve.example/proxy/github/x"],
        &["https://approve.example.evil/proxy/github"],
        &["https://approve.example/v1"],
        &["github"],
        &[""],
    ] {
        assert_eq!(b.bound(foreign).unwrap_err(), TokenError::WrongAudience, "{foreign:?}");
        let forged = b.grant_with(&with(claims.clone(), "aud", json!(foreign)));
        assert_eq!(b.verify_grant(&forged), Err(TokenError::WrongAudience), "{foreign:?}");
    }
    for aud in [json!(GITHUB), json!([[GITHUB]]), json!({"0": GITHUB}), json!([null])] {
        let forged = b.grant_with(&with(claims.clone(), "aud", aud));
        assert_eq!(b.verify_grant(&forged), Err(TokenError::BadClaims));
    }
    let nobody = b.grant_with(&with(claims.clone(), "aud", json!([])));
    assert_eq!(b.verify_grant(&nobody), Err(TokenError::WrongAudience));
    // Another agent's name is not the name of a client that somebody brought along.
    let other = b.grant_with(&with(claims, "client_id", json!("other-bot")));
    assert_eq!(b.verify_grant(&other), Err(TokenError::BadClaims));
}

#[test]
fn an_id_token_says_what_openid_connect_wants() {
    let b = bench();
    let token = b.id(Some("n-0S6_WzA2Mj"));
    assert_eq!(part(&token, 0), b.header("JWT"));
    let expected = json!({
        "iss": ISSUER, "sub": "paul", "aud": "https://agent.example/client.json",
        "iat": START, "exp": START + 300, "auth_time": START - 60, "nonce": "n-0S6_WzA2Mj",
        // As the example of Core, appendix A.3, has it for this access token.
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
    });
    assert_eq!(claims_of(&token), expected);
    assert!(claims_of(&b.id(None)).get("nonce").is_none());
}

#[test]
fn an_id_token_is_accepted_nowhere() {
    let b = bench();
    let token = b.id(None);
    assert_eq!(b.verify_grant(&token), Err(TokenError::WrongKind));
    assert_eq!(b.verify_call(&token), Err(TokenError::WrongKind));
    assert_eq!(b.signer.verify_call_of_any(&token, at(1)).unwrap_err(), TokenError::WrongKind);
    assert_eq!(b.signer.verify_ask(&token, at(1)).unwrap_err(), TokenError::WrongKind);
    // Its claims are of no other kind either.
    let renamed = b.grant_with(&claims_of(&token).to_string());
    assert_eq!(b.verify_grant(&renamed), Err(TokenError::BadClaims));
    assert_eq!(b.signer.verify_ask(&renamed, at(1)).unwrap_err(), TokenError::BadClaims);
    let read = Assertion::read(&token).unwrap();
    let checked = read.check(&[], &[ISSUER.to_owned()], at(1));
    assert_eq!(checked.unwrap_err(), AssertionError::NoKey, "no client is called that");
}
