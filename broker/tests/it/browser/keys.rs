//! The keyboard decides only on purpose.

use super::{
    READY, Script, look_at, run, sign_in,
    webdriver::{ENTER, ESCAPE},
};
use protocol::access::RequestStatus;

const ARMED: &str = "document.querySelector('#approve button.armed') !== null";
const NOT_ARMED: &str = "document.querySelector('#approve button:not(.armed)') !== null";
const IN_REASON: &str = "document.activeElement.id === 'deny-reason'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_and_then_enter_approves() {
    run(Script::On, async |stage, browser| {
        let mut pending = stage.ask().await;
        sign_in(stage, browser).await;
        look_at(stage, browser, pending.id()).await;

        // Enter alone, A alone, and A taken back.
        browser.press(&[ENTER]).await;
        browser.press(&["a"]).await;
        browser.until(ARMED).await;
        browser.press(&[ESCAPE]).await;
        browser.until(NOT_ARMED).await;
        browser.press(&[ENTER]).await;
        browser.press(&["a"]).await;
        browser.until(ARMED).await;
        browser.press(&["x"]).await;
        browser.until(NOT_ARMED).await;
        browser.press(&[ENTER]).await;

        // In a field, keys are letters.
        browser.press(&["d"]).await;
        browser.until(IN_REASON).await;
        browser.press(&["a", ENTER, "d", "g", "i"]).await;
        browser.until("document.querySelector('#deny-reason').value === 'a\\ndgi'").await;
        browser.press(&[ESCAPE]).await;
        browser.until("!document.querySelector('#deny').open").await;
        assert_eq!(pending.refresh().await.unwrap().status, RequestStatus::Pending);

        browser.until("document.activeElement.blur() === undefined").await;
        browser.until(READY).await;
        browser.press(&["a"]).await;
        browser.until(ARMED).await;
        browser.press(&[ENTER]).await;
        browser.says(".settled", "Approved.").await;
        assert_eq!(pending.refresh().await.unwrap().status, RequestStatus::Approved);
    })
    .await;
}

const PATH: &str = "location.pathname";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_go_places_and_can_be_changed_and_turned_off() {
    run(Script::On, async |stage, browser| {
        let pending = stage.ask().await;
        let row = format!("document.activeElement.id === 'row-{}'", pending.id());
        let card = format!("{PATH} === '/requests/{}'", pending.id());
        sign_in(stage, browser).await;
        browser.until(AWAKE).await;

        // From the list to the card, to its ticks, and away. After G, A goes somewhere and arms nothing.
        browser.press(&["j"]).await;
        browser.until(&row).await;
        browser.press(&["k", ENTER]).await;
        browser.until(&card).await;
        browser.until(READY).await;
        browser.press(&["n"]).await;
        browser.until("document.activeElement.type === 'checkbox'").await;
        browser.until("document.activeElement.blur() === undefined").await;
        browser.press(&["g", "s"]).await;
        browser.until(&format!("{PATH} === '/sessions'")).await;
        browser.until(AWAKE).await;

        // Another key, kept over pages; a key that is taken is refused.
        browser.press(&["?"]).await;
        browser.until("document.querySelector('#keys').open").await;
        browser.until(&choose("go", "z")).await;
        browser.until(&choose("next", "z")).await;
        browser.until("!document.querySelector('[data-keys-clash]').hidden").await;
        browser.until("document.querySelector('[data-act=next]').value === 'j'").await;
        // In a dialog keys are dead.
        browser.press(&["z", "i"]).await;
        browser.press(&[ESCAPE]).await;
        browser.until("!document.querySelector('#keys').open").await;
        browser.until(&format!("{PATH} === '/sessions'")).await;
        browser.press(&["g", "i", "z", "i"]).await;
        browser.until(&format!("{PATH} === '/'")).await;
        browser.until(AWAKE).await;

        // Off, but for the help itself.
        browser.press(&["?"]).await;
        browser.until("document.querySelector('[data-keys-on]').click() === undefined").await;
        browser.press(&[ESCAPE]).await;
        browser.until("!document.querySelector('#keys').open").await;
        browser.press(&["j"]).await;
        browser
            .until("document.activeElement === document.body || document.activeElement.tagName !== 'A'")
            .await;
        browser.press(&["?"]).await;
        browser.until("document.querySelector('#keys').open").await;
    })
    .await;
}

/// The table of keys came to life, and with it the keys.
const AWAKE: &str = "document.querySelector('[data-act]:not(:disabled)') !== null";

/// Chooses a key for an act, as a person does.
fn choose(act: &str, key: &str) -> String {
    format!(
        "(field => {{ field.value = '{key}'; field.dispatchEvent(new Event('change')); return true; }})\
         (document.querySelector('[data-act={act}]'))"
    )
}
