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
