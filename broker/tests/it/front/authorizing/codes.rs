//! Codes: once, for the client that asked, in time; and what becomes of a session whose code came twice.

use super::{
    super::{
        cast::Member,
        support::{Front, on_each_front},
    },
    REDIRECT, Tab, asking, code, error, reading, redeem, redirects_to,
};
use futures::future::join_all;

on_each_front!(
    a_second_use_ends_what_the_first_gave,
    of_64_at_once_one_is_given_and_then_nothing_is_left,
    as3_a_code_without_its_verifier_is_nothing,
    a_code_is_good_for_its_client_alone_and_for_a_minute,
    a_code_of_what_was_stopped_is_nothing,
    each_way_back_has_a_code_and_one_of_them_works,
    a_replaced_secret_redeems_nothing,
    as9_there_is_never_a_refresh_token,
);

async fn a_second_use_ends_what_the_first_gave(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let (_, code) = code(front, &asking(&reading())).await;
    let given = redeem(front, &front.agent, &code, &[]).await.json();
    let token = given["access_token"].as_str().unwrap();
    assert_eq!(front.with(token).get("/proxy/issues/projects/acme/items").await.status, 200);
    let again = redeem(front, &front.agent, &code, &[]).await;
    assert_eq!(error(&again, &again.json()), (400, "invalid_grant"));
    assert_eq!(front.with(token).get("/proxy/issues/projects/acme/items").await.status, 401);
}

async fn of_64_at_once_one_is_given_and_then_nothing_is_left(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let (_, code) = code(front, &asking(&reading())).await;
    let all = join_all((0..64).map(|_| redeem(front, &front.agent, &code, &[]))).await;
    let given: Vec<_> = all.iter().filter(|it| it.status == 200).collect();
    assert_eq!(given.len(), 1);
    for refused in all.iter().filter(|it| it.status != 200) {
        assert_eq!(error(refused, &refused.json()), (400, "invalid_grant"));
    }
    let token = given[0].json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(front.with(&token).get("/proxy/issues/projects/acme/items").await.status, 401);
}

async fn as3_a_code_without_its_verifier_is_nothing(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let (_, code) = code(front, &asking(&reading())).await;
    let (long, other) = ("x".repeat(129), "another-verifier-of-the-client-with-enough-characters");
    let challenge = super::challenge(super::VERIFIER);
    for (verifier, expected) in [
        ("-", "invalid_request"),
        ("", "invalid_request"),
        ("short", "invalid_request"),
        (long.as_str(), "invalid_request"),
        ("not only unreserved characters stand in this one", "invalid_request"),
        (other, "invalid_grant"),
        // As if the method had been `plain`.
        (challenge.as_str(), "invalid_grant"),
    ] {
        let heard = redeem(front, &front.agent, &code, &[("code_verifier", verifier)]).await;
        assert_eq!(error(&heard, &heard.json()), (400, expected), "{verifier}");
    }
    let elsewhere = [("redirect_uri", "https://app.example/other")];
    let heard = redeem(front, &front.agent, &code, &elsewhere).await;
    assert_eq!(error(&heard, &heard.json()), (400, "invalid_grant"));
    let heard = redeem(front, &front.agent, &code, &[("redirect_uri", "-")]).await;
    assert_eq!(
        heard.status,
        200,
        "nobody used it up, and OAuth 2.1 asks for no redirect_uri: {}",
        heard.text()
    );
}

async fn a_code_is_good_for_its_client_alone_and_for_a_minute(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let (_, good) = code(front, &asking(&reading())).await;
    for thief in [&front.direct, &front.other_agent] {
        let heard = redeem(front, thief, &good, &[]).await;
        assert_eq!(error(&heard, &heard.json()), (400, "invalid_grant"));
    }
    for made_up in ["x", "csn_k_x", &front.agent.token, &good[..good.len() - 1]] {
        let heard = redeem(front, &front.agent, made_up, &[]).await;
        assert_eq!(error(&heard, &heard.json()), (400, "invalid_grant"), "{made_up}");
    }
    assert_eq!(redeem(front, &front.agent, &good, &[]).await.status, 200, "nobody else used it up");
    let (_, late) = code(front, &asking(&reading())).await;
    front.wait(60_000);
    let heard = redeem(front, &front.agent, &late, &[]).await;
    assert_eq!(error(&heard, &heard.json()), (400, "invalid_grant"));
}

async fn a_code_of_what_was_stopped_is_nothing(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let (_, code) = code(front, &asking(&reading())).await;
    let stopped = front.admin.at(front).post("/v1/agents/helper/revoke", &serde_json::json!({})).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    let heard = redeem(front, &front.agent, &code, &[]).await;
    assert_eq!(error(&heard, &heard.json()), (400, "invalid_grant"), "{}", heard.text());
}

async fn as9_there_is_never_a_refresh_token(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let (_, code) = code(front, &asking(&reading())).await;
    let given = redeem(front, &front.agent, &code, &[]).await.json();
    assert!(given.get("refresh_token").is_none());
    let token = given["access_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let heard = front.client(&front.agent).form("/oauth/token", &fields).await;
    assert_eq!(error(&heard, &heard.json()), (400, "unsupported_grant_type"));
    assert!(heard.text().contains("never renews"), "{}", heard.text());
}

async fn each_way_back_has_a_code_and_one_of_them_works(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, &asking(&reading())).await;
    front.approve(&front.approver, &request).await;
    // Two tabs of one browser go back by themselves; the client takes the first that comes.
    let (one, other) =
        (tab.go_back(front, &request).await.code(front), tab.go_back(front, &request).await.code(front));
    assert_ne!(one, other);
    let given = redeem(front, &front.agent, &one, &[]).await.json();
    let token = given["access_token"].as_str().unwrap().to_owned();
    let late = redeem(front, &front.agent, &other, &[]).await;
    assert_eq!(error(&late, &late.json()), (400, "invalid_grant"));
    let call = async || front.with(&token).get("/proxy/issues/projects/acme/items").await.status;
    assert_eq!(call().await, 200, "another code is no replay");
    // A replay is one whatever else is wrong with it.
    let resource = [("resource", "http://localhost:8420/proxy/notes")];
    let replayed = redeem(front, &front.agent, &one, &resource).await;
    assert_eq!(error(&replayed, &replayed.json()), (400, "invalid_grant"));
    assert_eq!(call().await, 401);
}

async fn a_replaced_secret_redeems_nothing(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let (_, code) = code(front, &asking(&reading())).await;
    let old = front.agent.token.clone();
    let new = super::new_secret(front).await;
    let stolen = Member { token: old, ..front.agent.clone() };
    let heard = redeem(front, &stolen, &code, &[]).await;
    assert_eq!(error(&heard, &heard.json()), (401, "invalid_client"));
    let fresh = Member { token: new, ..front.agent.clone() };
    assert_eq!(redeem(front, &fresh, &code, &[]).await.status, 200, "the agent goes on with its new one");
}
