//! A decision takes effect once, however often its button is pressed.

use super::{
    super::{Script, look_at, run, run_with, sign_in, webdriver::ENTER},
    hush, recorded,
};
use crate::browser::{stage::Stage, webdriver::Browser};
use agent_client::Pending;
use broker::clock::Clock;
use chrono::TimeDelta;

/// One approval, one grant, and the page says so.
async fn approved_once(stage: &Stage, browser: &Browser, pending: &Pending) {
    browser.says(".settled", "Approved. Triage bot can").await;
    assert_eq!(recorded(stage, pending.id()).await, ["request.opened", "request.approved"]);
    pending.redeem().await.unwrap();
    assert!(pending.redeem().await.is_err(), "it was redeemed twice");
    let sessions = stage.person("paul").await.sessions(false).await.unwrap();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_click_approves_once() {
    run(Script::On, async |stage, browser| {
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        look_at(stage, browser, pending.id()).await;
        browser.double_click("#approve button").await;
        approved_once(stage, browser, &pending).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_click_approves_once_without_javascript() {
    let clock = Clock::held(Clock::system().now());
    let held = clock.clone();
    run_with(
        Script::Off,
        move |parts| parts.clock = held,
        async |stage, browser| {
            let pending = stage.ask().await;
            sign_in(stage, browser).await;
            browser.open(&format!("{}/requests/{}?review=1", stage.url, pending.id())).await;
            browser.says("#approve button", "Approve").await;
            clock.advance(TimeDelta::seconds(1));
            browser.double_click("#approve button").await;
            approved_once(stage, browser, &pending).await;
            // The second press may have been answered by what the first had done.
            hush(browser).await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_click_denies_once() {
    run(Script::On, async |stage, browser| {
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        look_at(stage, browser, pending.id()).await;
        browser.click("#deny summary").await;
        browser.until("document.querySelector('#deny').open").await;
        browser.double_click("#deny form button").await;
        browser.says(".settled", "Denied").await;
        assert_eq!(recorded(stage, pending.id()).await, ["request.opened", "request.denied"]);
        hush(browser).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enter_that_is_held_down_decides_once_and_only_by_its_beginning() {
    run(Script::On, async |stage, browser| {
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        look_at(stage, browser, pending.id()).await;
        // Held since before: what repeats is no decision.
        browser.key_down("Enter", false).await;
        browser.press(&["a"]).await;
        browser.until("document.querySelector('#approve button.armed') !== null").await;
        for _ in 0..5 {
            browser.key_down("Enter", true).await;
        }
        browser.until("document.querySelector('#approve button:not(.armed)') !== null").await;
        super::undecided(stage, pending.id()).await;

        browser.press(&["a"]).await;
        browser.until("document.querySelector('#approve button.armed') !== null").await;
        browser.key_down("Enter", false).await;
        for _ in 0..20 {
            browser.key_down("Enter", true).await;
        }
        browser.press(&[ENTER]).await;
        approved_once(stage, browser, &pending).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_back_after_a_decision_finds_it_decided() {
    run(Script::On, async |stage, browser| {
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        look_at(stage, browser, pending.id()).await;
        browser.until("(sessionStorage.form = new URLSearchParams(new FormData(document.querySelector('#approve')))) !== ''").await;
        browser.click("#approve button").await;
        browser.says(".settled", "Approved.").await;
        for step in ["history.back()", "history.forward()", "location.reload()"] {
            browser.gesture(&format!("setTimeout(() => {step})")).await;
            browser.says("h1", "Request").await;
            browser.says(".settled", "Approved.").await;
            assert!(!browser.has("#approve").await, "{step}");
        }
        assert!(browser.complaints().await.is_empty());

        // What was sent, sent once more.
        let again = "(() => { const form = Object.assign(document.createElement('form'), {method: 'post', \
            action: location.pathname + '/approve'}); for (const [name, value] of new URLSearchParams(sessionStorage.form)) \
            form.append(Object.assign(document.createElement('input'), {name, value})); document.body.append(form); \
            form.submit(); })()";
        browser.gesture(again).await;
        browser.says(".message", "Already done").await;
        browser.says(".settled", "Approved.").await;
        hush(browser).await;
        // It is read again where it can be, not where the form was sent to.
        let _other = stage.ask().await;
        browser.until("document.querySelector('[data-waiting]')?.dataset.waiting === '1'").await;
        approved_once(stage, browser, &pending).await;
    })
    .await;
}
