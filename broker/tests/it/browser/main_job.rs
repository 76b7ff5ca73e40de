//! Ask, narrow, approve, call, stop: with JavaScript, on a desk.

use super::{READY, Script, live, run, sign_in};
use agent_client::Method;
use protocol::Slug;
use serde_json::json;
use std::time::Duration;

const ISSUE: &str = "/projects/acme/site/issues/42";

/// Notes when the sentence changes and when Approve acts again; at the change it also tries to approve.
const WATCH: &str = "(() => {
    const approve = document.querySelector('#approve'), button = approve.querySelector('button');
    window.seen = {};
    new MutationObserver(() => {
        if (seen.changed) return;
        seen.changed = performance.now();
        seen.inert = button.getAttribute('aria-disabled') === 'true';
        approve.requestSubmit();
    }).observe(document.querySelector('.says'), {childList: true, subtree: true, characterData: true});
    new MutationObserver(() => {
        if (seen.changed && !seen.ready && !button.hasAttribute('aria-disabled')) seen.ready = performance.now();
    }).observe(button, {attributes: true});
    return true;
})()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_narrows_approves_watches_and_stops() {
    run(Script::On, async |stage, browser| {
        sign_in(stage, browser).await;
        live(browser).await;
        browser.until("(window.same = true)").await;

        // The request comes while the inbox is looked at.
        let mut pending = stage.ask().await;
        browser.says("#inbox .row", "wants to read, comment on, close and delete issues").await;
        browser.until("window.same && document.title.startsWith('(1) Inbox')").await;
        browser.click(&format!("#row-{}", pending.id())).await;
        let waiting = tokio::spawn(async move {
            let outcome = pending.wait(Duration::from_mins(1)).await.map(|_| ());
            (pending, outcome)
        });

        // The card.
        browser.until(READY).await;
        let answers =
            "[...new Set([...document.querySelectorAll('[data-q]')].map(it => it.dataset.q))].sort().join()";
        assert_eq!(browser.value(answers).await, Ok(json!("ignore,long,normal,what,who,why,worst")));
        browser.says(".lines li.off", "delete issues").await;
        browser.says(".lines li.off .because", "passkey").await;
        browser.until("document.querySelector('.lines li.off input').disabled").await;

        // Narrowing changes the sentence in place, and holds Approve back until it can have been read.
        browser.until(WATCH).await;
        browser.click("input[value='issues.comment']").await;
        browser.until("!document.querySelector('.says').textContent.includes('comment')").await;
        browser.until("seen.inert === true && !!seen.ready").await;
        browser.until("seen.ready - seen.changed > 750").await;
        browser.click("#approve button").await;
        browser.says(".settled", "Approved. Triage bot can read and close issues").await;

        // The agent heard of it and works.
        let (pending, outcome) = waiting.await.unwrap();
        outcome.unwrap();
        let session = pending.redeem().await.unwrap();
        let tracker: Slug = "tracker".parse().unwrap();
        browser.click(".settled a").await;
        browser.says("h1", "Session").await;
        live(browser).await;
        browser.until("(window.same = true)").await;
        let answer = session.call(&tracker, Method::GET, ISSUE).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        browser.says("#timeline li.call", ISSUE).await;
        let comment = session.call(&tracker, Method::POST, &format!("{ISSUE}/comments")).send().await;
        assert!(comment.is_err(), "it was unticked");
        browser.says("#timeline li.deny", "Refused").await;
        browser.says("#head", "1 refused").await;
        browser.until("window.same").await;

        // Stopped is stopped.
        browser.click("#stop-now").await;
        browser.says(".message", "Stopped: 1 session").await;
        browser.says("#head", "stopped").await;
        let refused = session.call(&tracker, Method::GET, ISSUE).send().await;
        assert!(refused.is_err(), "it was stopped");
        assert_eq!(stage.tracker.calls(), [format!("GET {ISSUE}")]);
        assert!(!browser.has("#stop-now").await);
    })
    .await;
}
