//! The second click of a double click, for which another page puts our card under the pointer: it decides nothing. The
//! card must have been before the person for 800 ms.

use super::{
    super::{READY, Script, run, sign_in},
    attacker::Attacker,
    hush, recorded, undecided,
};
use crate::browser::{stage::Stage, webdriver::Browser, windows::Place};
use agent_client::Pending;
use serde_json::json;

/// Notes of each click on a card whether Approve acted at that moment.
pub const NOTE: &str = "addEventListener('click', event => {
    if (!event.isTrusted || !location.pathname.startsWith('/requests/')) return;
    const acts = document.querySelector('#approve button:enabled:not([aria-disabled])');
    sessionStorage.pressed = acts ? 'late' : 'early';
}, true)";
/// Where the card ends up, whatever the click did.
const STANDS: &str =
    "document.querySelector('.settled, #approve button:enabled:not([aria-disabled])') !== null";
/// On a busy machine a click can come so late that it rightly decides. So often it is tried again.
pub const TRIES: usize = 10;

/// Asks for something that nobody has asked for yet.
pub async fn ask(stage: &Stage, number: usize) -> Pending {
    let lines = json!([{"service": "tracker", "actions": ["issues.read"], "resources": [format!("acme/site{number}")]}]);
    stage.ask_for("triage-bot", &lines, "Answer what can be answered.").await
}

/// Whether a click that has just been made came before Approve acted. Then it decided nothing.
pub async fn came_early(stage: &Stage, browser: &Browser, pending: &Pending) -> bool {
    browser.until(STANDS).await;
    if browser.value("sessionStorage.pressed").await.unwrap() != "early" {
        return false;
    }
    undecided(stage, pending.id()).await;
    true
}

/// Where Approve is on a card as it is opened.
async fn place_of_approve(stage: &Stage, browser: &Browser, pending: &Pending) -> Place {
    browser.open(&card(stage, pending)).await;
    browser.until(READY).await;
    let place = browser.place("#approve button").await;
    browser.open(&card(stage, pending)).await;
    browser.until(READY).await;
    browser.until(&format!("{}?.closest('#approve button') != null", at(place))).await;
    place
}

fn at(Place { x, y }: Place) -> String {
    format!("document.elementFromPoint({x}, {y})")
}

fn card(stage: &Stage, pending: &Pending) -> String {
    format!("{}/requests/{}", stage.url, pending.id())
}

/// A click after that time decides: it is the haste that was refused.
async fn then_decides(stage: &Stage, browser: &Browser, pending: &Pending) {
    browser.until(READY).await;
    browser.press_at(browser.place("#approve button").await, 1).await;
    browser.says(".settled", "Approved.").await;
    assert_eq!(recorded(stage, pending.id()).await, ["request.opened", "request.approved"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_becomes_the_card_between_two_clicks_gets_no_decision() {
    run(Script::On, async |stage, browser| {
        browser.in_every_page(NOTE).await;
        sign_in(stage, browser).await;
        browser.size(1280, 1600).await;
        let attacker = Attacker::start().await;
        for number in 0..TRIES {
            let pending = ask(stage, number).await;
            let place = place_of_approve(stage, browser, &pending).await;
            browser.open(&attacker.origins()[1]).await;
            let trap =
                format!("(onmousedown = () => {{ location.href = '{}' }}) !== null", card(stage, &pending));
            browser.until(&trap).await;
            browser.press_at(place, 1).await;
            browser.until(&format!("{}?.closest('.decide button') != null", at(place))).await;
            browser.press_at(place, 2).await;
            if came_early(stage, browser, &pending).await {
                hush(browser).await;
                return then_decides(stage, browser, &pending).await;
            }
            let _ = pending.withdraw().await;
        }
        panic!("no click came early");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_closes_under_the_pointer_gets_no_decision() {
    run(Script::On, async |stage, browser| {
        browser.in_every_page(NOTE).await;
        sign_in(stage, browser).await;
        browser.size(1280, 1600).await;
        let attacker = Attacker::start().await;
        let [site, _] = attacker.origins();
        let mine = browser.tab().await;
        for number in 0..TRIES {
            let pending = ask(stage, number).await;
            let place = place_of_approve(stage, browser, &pending).await;
            // "Double-click here to go on", over a window that has become the card.
            browser.open(&site).await;
            browser.gesture(&format!("open('{site}/over', 'over')")).await;
            let over = browser.other_tab(&mine).await;
            browser.go_to(&over).await;
            browser.until(&format!("(opener.location = '{}') !== null", card(stage, &pending))).await;
            browser.until("(onmousedown = () => close()) !== null").await;
            browser.steer(&mine).await;
            browser.until(READY).await;
            browser.go_to(&over).await;
            browser.press_and_vanish(Place { x: 100.0, y: 100.0 }).await;
            browser.tabs_once(1).await;
            browser.steer(&mine).await;
            browser.press_at(place, 2).await;
            if came_early(stage, browser, &pending).await {
                hush(browser).await;
                return then_decides(stage, browser, &pending).await;
            }
            let _ = pending.withdraw().await;
        }
        panic!("no click came early");
    })
    .await;
}
