//! A new signing key, seen from outside: the old one overlaps, and then is gone.

use super::{
    cast::anonymous,
    support::{Front, line, on_each_front},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use broker::{keys, sweeper};
use serde_json::{Value, json};

on_each_front!(
    a_token_of_the_old_key_is_good_to_its_end_and_then_the_key_is_gone,
    a_leaked_key_takes_its_tokens_with_it,
);

const ITEMS: &str = "/proxy/issues/projects/acme/items";

async fn published(front: &Front) -> Vec<String> {
    let heard = anonymous(front).get("/.well-known/jwks.json").await;
    let keys = heard.json()["keys"].as_array().unwrap().clone();
    for key in &keys {
        assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("EC"), &json!("P-256"), &json!("ES256")));
        assert!(key.get("d").is_none() && key.get("k").is_none(), "public halves only");
    }
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid_of(token: &str) -> String {
    let header: Value =
        serde_json::from_slice(&B64.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

async fn a_token_of_the_old_key_is_good_to_its_end_and_then_the_key_is_gone(front: &Front) {
    let lines = [line("issues", &["items.read"], None)];
    let before = front.session_of(&front.direct, &lines, 3_600).await;
    let old = kid_of(&before.token);
    assert_eq!(published(front).await, std::slice::from_ref(&old));
    let (new, until) = keys::replace_signing_key(&front.app, false).await.unwrap();
    assert_eq!(published(front).await, [new.clone(), old.clone()], "both, the new one first");
    let after = front.session_of(&front.direct, &lines, 3_600).await;
    assert_eq!(kid_of(&after.token), new);
    for session in [&before, &after] {
        assert_eq!(front.with(&session.token).get(ITEMS).await.status, 200);
        let call = front.token_for(&front.direct, session, "issues", "items.read").await;
        assert_eq!(call.status, 200, "{}", call.text());
        let told = front.client(&front.direct).form("/oauth/introspect", &[("token", &session.token)]).await;
        assert_eq!(told.json()["active"], true);
    }
    // To its last second, and not longer; used now and then, or it would end for that.
    for seconds in [599, 600, 600, 600, 600, 600] {
        front.wait(seconds * 1_000);
        assert_eq!(front.with(&before.token).get(ITEMS).await.status, 200);
        front.settle().await;
        sweeper::sweep(&front.app).await.unwrap();
        assert_eq!(published(front).await.len(), 2);
    }
    front.wait(1_000);
    assert_eq!(front.with(&before.token).get(ITEMS).await.status, 401);
    // Then the key goes, when nothing that it signed can be alive anywhere.
    let left = until.unwrap() - front.clock.now();
    assert!(left.num_seconds() > 0, "{left}");
    front.wait(left.num_milliseconds());
    sweeper::sweep(&front.app).await.unwrap();
    assert_eq!(published(front).await, [new]);
}

async fn a_leaked_key_takes_its_tokens_with_it(front: &Front) {
    let lines = [line("issues", &["items.read"], None)];
    let session = front.session_of(&front.direct, &lines, 3_600).await;
    let (new, until) = keys::replace_signing_key(&front.app, true).await.unwrap();
    assert_eq!((published(front).await, until), (vec![new], None));
    let heard = front.with(&session.token).get(ITEMS).await;
    assert_eq!(heard.status, 401);
    assert!(!heard.header("www-authenticate").contains("scope="), "nobody knows any more who signed it");
    let told = front.client(&front.direct).form("/oauth/introspect", &[("token", &session.token)]).await;
    assert_eq!(told.json(), json!({"active": false}));
}
