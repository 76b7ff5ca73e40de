//! What a card on the screen does when something happens elsewhere; and what a person says reaches the agent.

use super::{Script, live, look_at, run, run_with, sign_in};
use agent_client::{Error, PeopleClient};
use broker::clock::Clock;
use protocol::{Card, GrantId, card::Approve};
use std::time::Duration;

/// Approves what a card shows, through the people's API.
pub async fn approve(person: &PeopleClient, card: &Card) -> GrantId {
    let approval = Approve {
        narrowing: None,
        request_digest: card.request_digest.clone(),
        grant_digest: card.grant_digest.clone().unwrap(),
        reason: None,
        passkey: None,
    };
    person.approve(&card.request, &approval).await.unwrap();
    card.request.grant()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reason_for_no_reaches_the_agent() {
    run(Script::On, async |stage, browser| {
        let mut pending = stage.ask().await;
        sign_in(stage, browser).await;
        look_at(stage, browser, pending.id()).await;
        browser.click("#deny summary").await;
        browser.fill("#deny-reason", "Ask for reading only.").await;
        browser.click("#deny form button").await;
        browser.says(".settled", "Ask for reading only.").await;
        let outcome = pending.wait(Duration::from_secs(30)).await.unwrap_err();
        assert!(
            matches!(&outcome, Error::Denied { reason: Some(it), .. } if it == "Ask for reading only."),
            "{outcome}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_is_decided_elsewhere_shows_the_outcome() {
    run(Script::On, async |stage, browser| {
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        look_at(stage, browser, pending.id()).await;
        live(browser).await;
        browser.until("(window.same = true)").await;
        let ana = stage.person("ana").await;
        approve(&ana, &ana.card(pending.id()).await.unwrap()).await;
        browser.says(".settled", "Approved. Triage bot can read").await;
        browser.says(".settled", "by ana").await;
        browser.until("window.same && !document.querySelector('#approve, #deny')").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_expires_is_inert_where_it_stands() {
    let clock = Clock::held(Clock::system().now());
    let held = clock.clone();
    let short = move |parts: &mut broker::app::Parts| {
        parts.policy.pending = 5;
        // The broker does not get there by itself: what the page does, it does alone.
        parts.clock = held;
    };
    run_with(Script::On, short, async |stage, browser| {
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        clock.advance(chrono::TimeDelta::seconds(1));
        look_at(stage, browser, pending.id()).await;
        browser.says(".obstacles", "Expired. Nothing was granted. The agent can ask again.").await;
        for inert in ["#approve button", "#deny form button", ".held"] {
            browser.until(&format!("document.querySelector('{inert}').disabled")).await;
        }
        browser.says(".clock", "0:00").await;
    })
    .await;
}
