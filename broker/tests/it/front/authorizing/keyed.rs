//! Agents that authenticate with a key: what they asked for with it they redeem, exchange and lose with it.

use super::{
    super::{
        agent_keys::Signing,
        cast::{Heard, anonymous},
        support::{Front, exchange, on_each_front},
    },
    Tab, VERIFIER, address, asking, error, reading, redeem, redirects,
};

on_each_front!(
    what_a_key_pushed_is_redeemed_and_exchanged_with_it,
    what_was_asked_without_a_key_is_no_keys,
    an_agent_with_nothing_but_a_key_needs_not_push,
);

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn signed(front: &Front, key: &Signing, path: &str, fields: &[(&'static str, String)]) -> Heard {
    let assertion = key.assertion(front);
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.extend([("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())]);
    let heard = anonymous(front).form(path, &fields).await;
    if let Some(token) = heard.json()["access_token"].as_str() {
        front.keep(token);
    }
    heard
}

fn code_grant(code: &str) -> Vec<(&'static str, String)> {
    let fields = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", VERIFIER)];
    fields.map(|(name, value)| (name, value.to_owned())).to_vec()
}

/// The code of what is asked at an address.
async fn code_of(front: &Front, params: &[(&'static str, String)]) -> String {
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, params).await;
    front.approve(&front.approver, &request).await;
    tab.go_back(front, &request).await.code(front)
}

async fn what_a_key_pushed_is_redeemed_and_exchanged_with_it(front: &Front) {
    redirects(front, false).await;
    let key = Signing::of(front, &front.agent).await;
    let pushed = signed(front, &key, "/oauth/par", &asking(&reading())).await;
    assert_eq!(pushed.status, 201, "{}", pushed.text());
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let code = code_of(front, &[("client_id", "helper".to_owned()), ("request_uri", uri)]).await;
    let by_secret = redeem(front, &front.agent, &code, &[]).await;
    assert_eq!(
        error(&by_secret, &by_secret.json()),
        (400, "invalid_grant"),
        "the secret is another credential"
    );
    let given = signed(front, &key, "/oauth/token", &code_grant(&code)).await;
    assert_eq!(given.status, 200, "{}", given.text());
    let token = given.json()["access_token"].as_str().unwrap().to_owned();
    let exchanged = signed(front, &key, "/oauth/token", &exchange(&token, "issues", "items.read")).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text());
}

async fn what_was_asked_without_a_key_is_no_keys(front: &Front) {
    redirects(front, false).await;
    let key = Signing::of(front, &front.agent).await;
    let code = code_of(front, &asking(&reading())).await;
    let by_key = signed(front, &key, "/oauth/token", &code_grant(&code)).await;
    assert_eq!(error(&by_key, &by_key.json()), (400, "invalid_grant"));
    assert_eq!(redeem(front, &front.agent, &code, &[]).await.status, 200, "it was asked with the secret");
}

async fn an_agent_with_nothing_but_a_key_needs_not_push(front: &Front) {
    redirects(front, false).await;
    let key = Signing::of(front, &front.agent).await;
    key.only(front).await;
    let code = code_of(front, &asking(&reading())).await;
    let given = signed(front, &key, "/oauth/token", &code_grant(&code)).await;
    assert_eq!(given.status, 200, "{}", given.text());
    // With two keys nobody could tell which of them is meant.
    let second = Signing::of(front, &front.agent).await;
    let heard = Tab::of(&front.owner).open(front, &address(&asking(&reading()))).await;
    assert_eq!(super::Answered::read(&heard).of("error"), "unauthorized_client");
    second.remove(front).await;
}
