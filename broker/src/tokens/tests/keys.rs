//! Rotation, the published keys, and what is remembered.

use super::*;
use crate::vault::Secret;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, UnparsedPublicKey};
use jsonwebtoken::jwk::{JwkSet, ThumbprintHash};

#[test]
fn older_keys_are_accepted_until_they_are_dropped() {
    let (b, new) = (bench(), fresh_key());
    let old_token = b.grant_text();
    let overlap = Bench { signer: Signer::new(ISSUER, copy(&new), &[copy(&b.key)]), key: copy(&new) };
    assert_eq!(overlap.verify_grant(&old_token), Ok(()));
    let new_token = overlap.grant_text();
    assert_eq!(part(&new_token, 0)["kid"], new.kid());
    assert_eq!(overlap.verify_grant(&new_token), Ok(()));

    let after = Bench { signer: Signer::new(ISSUER, copy(&new), &[]), key: copy(&new) };
    assert_eq!(after.verify_grant(&new_token), Ok(()));
    assert_eq!(after.verify_grant(&old_token), Err(TokenError::UnknownKey));

    let old_call = b.call_text();
    assert_eq!(overlap.verify_call(&old_call), Ok(()), "a MAC key goes with its signing key");
    assert_eq!(after.verify_call(&old_call), Err(TokenError::UnknownKey));

    let ahead = Bench { signer: Signer::new(ISSUER, copy(&b.key), &[copy(&new)]), key: copy(&b.key) };
    assert_eq!(part(&ahead.grant_text(), 0)["kid"], b.key.kid(), "a key published ahead does not sign yet");
}

#[test]
fn outsiders_can_verify_with_the_published_keys() {
    let (b, old) = (bench(), fresh_key());
    let signer = Signer::new(ISSUER, copy(&b.key), &[copy(&old), copy(&b.key)]);
    let jwks = signer.jwks();
    let keys = jwks["keys"].as_array().unwrap();
    let kids: Vec<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids, [b.key.kid(), old.kid()], "the current one first, none twice");
    for key in keys {
        let mut names: Vec<_> = key.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"], "nothing private");
    }

    let coordinate = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(keys[0][name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let token = b.grant_text();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    assert!(key.verify(message.as_bytes(), &signature).is_ok());

    let parsed: JwkSet = serde_json::from_value(jwks.clone()).unwrap();
    let thumbprint = parsed.keys[0].thumbprint(ThumbprintHash::SHA256).unwrap();
    assert_eq!(thumbprint, b.key.kid(), "RFC 7638");
}

#[test]
fn only_p256_keys_sign() {
    let p384 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    for bytes in [p384.as_ref(), b"", b"not a key", &[0; 138]] {
        assert_eq!(SigningKey::from_pkcs8(Secret::key(bytes)).unwrap_err(), TokenError::BadKey);
    }
}

#[test]
fn a_remembered_signature_is_no_remembered_answer() {
    let b = bench();
    let (grant, call) = (b.grant_text(), b.call_text());
    let (github, gitlab) = (slug("github"), slug("gitlab"));
    for _ in 0..3 {
        assert!(b.signer.verify_grant(&grant, at(1)).is_ok());
        assert!(b.signer.verify_call(&call, &github, at(1)).is_ok());
        assert_eq!(b.signer.remembered(), (1, 1));
    }
    assert_eq!(b.signer.verify_grant(&call, at(1)).unwrap_err(), TokenError::WrongKind);
    assert_eq!(b.signer.verify_call(&call, &gitlab, at(1)).unwrap_err(), TokenError::WrongAudience);
    assert!(b.signer.verify_call(&call, &github, at(1)).is_ok());

    assert_eq!(b.signer.verify_grant(&grant, at(3600)).unwrap_err(), TokenError::Expired);
    assert_eq!(b.signer.verify_call(&call, &github, at(60)).unwrap_err(), TokenError::Expired);
    assert_eq!(b.signer.remembered(), (0, 0), "dropped at expiry");
}

#[test]
fn what_was_refused_is_not_remembered() {
    let b = bench();
    let grant = b.grant_text();
    assert!(b.signer.verify_grant(&grant, at(-1)).is_err());
    assert!(b.signer.verify_grant(&grant, at(3600)).is_err());
    assert!(b.verify_grant(&b.grant_with(&with(claims_of(&grant), "aud", json!(["x"])))).is_err());
    assert!(b.verify_grant(&grant[..grant.len() - 1]).is_err());
    assert_eq!(b.signer.remembered(), (0, 0));
}

#[test]
fn nothing_secret_is_printed() {
    let b = bench();
    let signed = b.grant(at(60), vec![]).unwrap();
    let shown = format!("{:?} {:?} {signed:?}", b.key, b.signer);
    assert!(shown.contains(b.key.kid()));
    let signature = signed.expose().rsplit('.').next().unwrap();
    let private = format!("{:?}", &b.key.pkcs8().expose()[40..48]);
    let mac = format!("{:?}", &mac_of(&b.key)[..8]);
    assert!(!shown.contains(mac.trim_matches(['[', ']'])), "{shown}");
    assert!(!shown.contains(signature) && !shown.contains(private.trim_matches(['[', ']'])), "{shown}");
}
