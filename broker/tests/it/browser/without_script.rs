//! The same on a phone, without JavaScript: every act is a form.

use super::{Script, run_with, sign_in};
use agent_client::Method;
use broker::clock::Clock;
use chrono::TimeDelta;
use protocol::Slug;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_act_is_a_form() {
    let clock = Clock::held(Clock::system().now());
    let held = clock.clone();
    run_with(Script::Off, move |parts| parts.clock = held, async |stage, browser| {
        browser.size(360, 640).await;
        let lines = json!([
            {"service": "tracker", "actions": ["issues.read", "issues.comment", "issues.delete"], "resources": ["acme/site"]},
            {"service": "chat", "actions": ["messages.read"], "resources": ["releases"]},
        ]);
        let mut pending = stage.ask_for("triage-bot", &lines, "Sum up what is open.").await;
        sign_in(stage, browser).await;
        browser.click(&format!("#row-{}", pending.id())).await;

        // Nothing can be approved before it was shown as it would be granted.
        browser.says(".says", "comment on").await;
        assert!(!browser.has("#approve").await && !browser.has(".scripted").await);
        browser.click("input[value='issues.comment']").await;
        browser.click("button[name=review]").await;
        browser.says("#approve button", "Approve").await;
        assert!(!browser.text(".says").await.contains("comment"));
        assert!(!browser.has(".lines input").await && browser.has(".verdict.nope").await);

        // A decision at once is none; what was to be granted stands there to be looked at again.
        browser.click("#approve button").await;
        browser.says(".message", "Nothing was granted").await;
        assert!(!browser.text(".says").await.contains("comment") && browser.has(".verdict.nope").await);
        clock.advance(TimeDelta::seconds(1));
        browser.click("#approve button").await;
        browser.says(".settled", "Approved. Triage bot can read issues").await;

        pending.wait(Duration::from_secs(30)).await.unwrap();
        let session = pending.redeem().await.unwrap();
        let tracker: Slug = "tracker".parse().unwrap();
        let read = async || session.call(&tracker, Method::GET, "/projects/acme/site/issues/7").send().await;
        assert_eq!(read().await.unwrap().status().as_u16(), 200);

        // A service less, then all of it.
        browser.click(".settled a").await;
        browser.says("#timeline", "/projects/acme/site/issues/7").await;
        browser.click("#take-tracker").await;
        browser.says(".message", "Stopped: 0 sessions, 1 session narrowed").await;
        browser.says("#head", "Issue tracker taken away").await;
        assert!(read().await.is_err(), "it was taken away");
        browser.click("#stop-now").await;
        browser.says(".message", "Stopped: 1 session").await;
        assert_eq!(stage.tracker.calls().len(), 1);

        // The way out.
        browser.click(".me summary").await;
        browser.click(".me form[action='/sign-out'] button").await;
        browser.says("h1", "Sign in").await;
        let complaints = browser.complaints().await;
        let refused = |it: &String| it.contains("status of 409") || it.contains("status of 401");
        assert!(complaints.iter().all(refused), "more than the hasty decision and signing out: {complaints:#?}");
    })
    .await;
}
