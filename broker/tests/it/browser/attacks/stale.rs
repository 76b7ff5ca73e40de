//! A card that is no longer true: where the page hears of it, it is inert; where it does not, the answer says so.

use super::{
    super::{Script, live, look_at, run, sign_in},
    hush, recorded,
};
use crate::browser::{stage::Stage, webdriver::Browser};
use agent_client::Pending;
use protocol::{
    card::Deny,
    revoke::{RevokeRequest, Subject},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_withdrawn_is_inert_where_it_stands() {
    run(Script::On, async |stage, browser| {
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        look_at(stage, browser, pending.id()).await;
        live(browser).await;
        browser.until("(window.same = true)").await;
        pending.withdraw().await.unwrap();
        browser.says(".settled", "The agent withdrew this. Nothing was granted.").await;
        browser.until("window.same && !document.querySelector('#approve, #deny')").await;
        browser.press(&["a", super::super::webdriver::ENTER]).await;
        assert_eq!(recorded(stage, pending.id()).await, ["request.opened", "request.withdrawn"]);
    })
    .await;
}

/// A card in a browser that hears nothing more.
async fn deaf(stage: &Stage, browser: &Browser, pending: &Pending) {
    browser.chromium("Network.enable", json!({})).await;
    browser.chromium("Network.setBlockedURLs", json!({"urls": ["*/events", "*/preview*"]})).await;
    look_at(stage, browser, pending.id()).await;
}

/// Approve is pressed on a card that is no longer true.
async fn refused(stage: &Stage, browser: &Browser, pending: &Pending, happened: &str) {
    browser.until("document.querySelector('#approve button:enabled') !== null").await;
    browser.click("#approve button").await;
    browser.says(".message", "Already done. Cannot approve a request that is").await;
    browser.says(".message", "Nothing was done").await;
    let complaints = browser.complaints().await;
    assert!(complaints.iter().any(|it| it.contains("409")), "{complaints:?}");
    assert_eq!(recorded(stage, pending.id()).await, ["request.opened", happened]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_missed_the_end_of_a_request_is_told_when_it_approves() {
    run(Script::On, async |stage, browser| {
        sign_in(stage, browser).await;
        let pending = stage.ask().await;
        deaf(stage, browser, &pending).await;
        pending.withdraw().await.unwrap();
        refused(stage, browser, &pending, "request.withdrawn").await;

        let ana = stage.person("ana").await;
        let pending = stage.ask().await;
        deaf(stage, browser, &pending).await;
        let request_digest = ana.card(pending.id()).await.unwrap().request_digest;
        ana.deny(pending.id(), &Deny { request_digest, reason: None, pause: false }).await.unwrap();
        refused(stage, browser, &pending, "request.denied").await;
        hush(browser).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_revoked_behind_an_open_card_is_not_granted() {
    run(Script::On, async |stage, browser| {
        sign_in(stage, browser).await;
        let pending = stage.ask().await;
        deaf(stage, browser, &pending).await;
        let service = "tracker".parse().unwrap();
        let paul = stage.person("paul").await;
        paul.revoke(&Subject::Service { service }, &RevokeRequest { block: false, reason: None })
            .await
            .unwrap();
        browser.click("#approve button").await;
        browser.says(".message", "can no longer be approved").await;
        assert!(!recorded(stage, pending.id()).await.contains(&"request.approved".to_owned()));
        hush(browser).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_means_something_else_by_now_is_not_granted() {
    run(Script::On, async |stage, browser| {
        sign_in(stage, browser).await;
        let pending = stage.ask().await;
        deaf(stage, browser, &pending).await;
        // Closing an issue has become deleting it.
        stage
            .change(|wanted| wanted["services"][0]["actions"][2]["recogniser"]["method"] = json!("DELETE"))
            .await;
        browser.click("#approve button").await;
        browser.says(".message", "can no longer be approved").await;
        assert_eq!(recorded(stage, pending.id()).await, ["request.opened"]);
        hush(browser).await;
    })
    .await;
}
