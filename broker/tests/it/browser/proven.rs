//! A decision that takes a passkey: asked at the last moment, for exactly what is on the screen.

use super::{READY, Script, look_at, run, sign_in};
use crate::browser::{stage::Stage, webdriver::Browser};
use agent_client::Method;
use serde_json::json;
use std::time::Duration;

const ISSUE: &str = "/projects/acme/site/issues/42";

/// Paul has a passkey in this browser.
pub(super) async fn arm(stage: &Stage, browser: &Browser) -> String {
    sign_in(stage, browser).await;
    enrol(stage, browser).await
}

/// Whoever is signed in makes a passkey; gives the device.
pub(super) async fn enrol(stage: &Stage, browser: &Browser) -> String {
    let device = browser.authenticator().await;
    browser.open(&format!("{}/me/passkeys/add", stage.url)).await;
    browser.click("main form button").await;
    browser.click(".codes .b.go").await;
    browser.says("h1", "Inbox").await;
    device
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_high_is_approved_by_the_passkey_and_by_nothing_else() {
    run(Script::On, async |stage, browser| {
        let device = arm(stage, browser).await;
        let mut pending = stage.ask().await;
        look_at(stage, browser, pending.id()).await;
        browser.says("#approve button", "Approve “delete issues”").await;
        browser.says("#approve button", "with your passkey").await;
        browser.until("document.querySelector('input[value=\"issues.delete\"]').checked").await;

        // The device does not recognise its person: nothing is granted, the card stays, and says so.
        browser.recognises(&device, false).await;
        browser.click("#approve button").await;
        browser.says(".obstacles", "Nothing happened").await;
        browser.until("document.querySelector('.settled') === null").await;

        // Without the delete it is a smaller thing, which takes the passkey too, since there is one.
        browser.recognises(&device, true).await;
        browser.click("input[value='issues.close']").await;
        browser.until("!document.querySelector('.says').textContent.includes('close')").await;
        browser.until(READY).await;
        browser.click("#approve button").await;
        browser.says(".settled", "Approved. Triage bot can read, comment on and delete issues").await;

        pending.wait(Duration::from_mins(1)).await.unwrap();
        let session = pending.redeem().await.unwrap();
        let tracker = "tracker".parse().unwrap();
        session.call(&tracker, Method::DELETE, ISSUE).send().await.unwrap();
        browser.click(".settled a.b").await;
        browser.says(".line-of", "Delete issues").await;
        browser.says("#head", "asked 4 · granted 3 · used 1").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_earlier_sessions_would_have_lost_changes_with_the_ticks() {
    run(Script::On, async |stage, browser| {
        sign_in(stage, browser).await;
        let mut earlier = stage.ask().await;
        look_at(stage, browser, earlier.id()).await;
        browser.click("#approve button").await;
        browser.says(".settled", "Approved").await;
        earlier.wait(Duration::from_mins(1)).await.unwrap();
        let session = earlier.redeem().await.unwrap();
        let tracker = "tracker".parse().unwrap();
        session.call(&tracker, Method::GET, ISSUE).send().await.unwrap();
        let comment = session.call(&tracker, Method::POST, &format!("{ISSUE}/comments"));
        comment.json(&json!({"text": "Looking"})).send().await.unwrap();
        session.end().await.unwrap();

        let again = stage.ask().await;
        look_at(stage, browser, again.id()).await;
        browser.says(".earlier", "Covers all 2 calls of 1 earlier session.").await;
        browser.says(".earlier", "close issues").await;
        browser.click("input[value='issues.comment']").await;
        browser.says(".earlier", "Covers 1 of 2 calls of 1 earlier session; 1 would be refused:").await;
        browser.says(".lost", "comment on issues in acme/site, not granted").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_javascript_the_review_says_the_same_and_asks_no_passkey() {
    run(Script::Off, async |stage, browser| {
        sign_in(stage, browser).await;
        let pending = stage.ask().await;
        browser.open(&format!("{}/requests/{}", stage.url, pending.id())).await;
        browser.says(".lines li.off .because", "needs a passkey").await;
        browser.click("button[name=review]").await;
        browser.says("#approve button", "Approve as shown").await;
    })
    .await;
}
