//! Two cards in two tabs: what was begun on one decides nothing on the other, and the click that brings a card to the
//! front is not a decision.

use super::{
    super::{READY, Script, look_at, run, sign_in, webdriver::ENTER},
    hasty::{NOTE, TRIES, ask, came_early},
    hush, recorded, undecided,
};
use std::time::{Duration, Instant};

const ARMED: &str = "document.querySelector('#approve button.armed') !== null";
const NOT_ARMED: &str = "document.querySelector('#approve button:not(.armed)') !== null";
/// By itself, `A` is forgotten after three seconds.
const FORGOTTEN: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_armed_in_one_tab_approves_nothing_in_another() {
    run(Script::On, async |stage, browser| {
        let (one, other) = (ask(stage, 1).await, ask(stage, 2).await);
        sign_in(stage, browser).await;
        look_at(stage, browser, one.id()).await;
        let first = browser.tab().await;
        let second = browser.new_tab().await;
        look_at(stage, browser, other.id()).await;
        for attempt in 0.. {
            assert!(attempt < TRIES, "it always took longer than A is remembered");
            browser.go_to(&first).await;
            browser.until(READY).await;
            let begun = Instant::now();
            browser.press(&["a"]).await;
            browser.until(ARMED).await;
            browser.go_to(&second).await;
            browser.press(&[ENTER]).await;
            browser.go_to(&first).await;
            browser.until(NOT_ARMED).await;
            if begun.elapsed() < FORGOTTEN {
                break;
            }
        }
        browser.press(&[ENTER]).await;
        for (tab, pending) in [(&first, &one), (&second, &other)] {
            browser.go_to(tab).await;
            browser.until(READY).await;
            undecided(stage, pending.id()).await;
        }
        // Both keys in the same tab decide what that tab shows.
        browser.press(&["a", ENTER]).await;
        browser.says(".settled", "Approved.").await;
        assert_eq!(recorded(stage, other.id()).await, ["request.opened", "request.approved"]);
        undecided(stage, one.id()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_click_that_brings_a_card_to_the_front_decides_nothing() {
    run(Script::On, async |stage, browser| {
        browser.in_every_page(NOTE).await;
        sign_in(stage, browser).await;
        let card = browser.tab().await;
        let other = browser.new_tab().await;
        for number in 0..TRIES {
            let pending = ask(stage, number).await;
            browser.go_to(&card).await;
            look_at(stage, browser, pending.id()).await;
            let place = browser.place("#approve button").await;
            browser.go_to(&other).await;
            browser.until("document.visibilityState === 'visible'").await;
            browser.go_to(&card).await;
            browser.press_at(place, 1).await;
            if came_early(stage, browser, &pending).await {
                // Now that it has been there for a while it decides.
                browser.press_at(place, 1).await;
                browser.says(".settled", "Approved.").await;
                return hush(browser).await;
            }
            let _ = pending.withdraw().await;
        }
        panic!("no click came early");
    })
    .await;
}
