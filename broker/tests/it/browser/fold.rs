//! What fits on a screen.

use super::{READY, Script, look_at, run, sign_in};
use agent_client::Method;
use serde_json::json;

/// The answers that are not wholly seen between the top and the bar with the buttons.
pub(super) const HIDDEN: &str = "[...document.querySelectorAll('[data-q]')].filter(it => {
    const box = it.getBoundingClientRect(), bar = document.querySelector('.decide').getBoundingClientRect();
    return box.height === 0 || box.top < 0 || box.bottom > bar.top || box.left < 0 || box.right > innerWidth;
}).map(it => it.dataset.q + ' ' + it.getBoundingClientRect().bottom
    + ' > ' + document.querySelector('.decide').getBoundingClientRect().top)";

/// What reaches beyond the edge of the screen or its card: the page would scroll sideways, or it is cut off.
pub(super) const WIDE: &str = "[...document.querySelectorAll('body *')].filter(it => {
    const box = it.getBoundingClientRect();
    const card = it.closest('.card')?.getBoundingClientRect().right ?? innerWidth;
    return box.width > 1 && box.right > Math.min(card, innerWidth) + .5 && !it.closest('.vh, .skip, .sprite');
}).map(it => it.outerHTML.slice(0, 120))";

/// What lies over something else on the timeline.
const COLLIDES: &str = "[...document.querySelectorAll('#timeline li')].filter(it => {
    const boxes = [...it.children].map(it => it.getBoundingClientRect()).filter(it => it.width);
    return boxes.some((a, i) => boxes.slice(i + 1).some(b =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
}).map(it => it.textContent)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_seven_answers_are_seen_at_once_on_a_phone() {
    run(Script::On, async |stage, browser| {
        browser.size(360, 640).await;
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        for theme in ["light", "dark"] {
            browser.theme(theme).await;
            look_at(stage, browser, pending.id()).await;
            assert_eq!(browser.value("document.querySelectorAll('[data-q]').length").await, Ok(json!(7)));
            assert_eq!(browser.value(HIDDEN).await, Ok(json!([])), "{theme}");
        }
        // With a passkey the delete can be granted too: more words in the same room.
        super::proven::enrol(stage, browser).await;
        look_at(stage, browser, pending.id()).await;
        browser.says("#approve button", "delete issues").await;
        assert_eq!(browser.value(HIDDEN).await, Ok(json!([])), "with a passkey");
        browser.size(360, 400).await;
        assert_ne!(browser.value(HIDDEN).await, Ok(json!([])), "it does not measure");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_wider_than_a_small_phone_even_with_large_letters() {
    run(Script::On, async |stage, browser| {
        browser.size(320, 640).await;
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        look_at(stage, browser, pending.id()).await;
        let paul = stage.person("paul").await;
        let card = paul.card(pending.id()).await.unwrap();
        let session = super::meanwhile::approve(&paul, &card).await;
        let work = pending.redeem().await.unwrap();
        let tracker = "tracker".parse().unwrap();
        let refused = work.call(&tracker, Method::DELETE, "/projects/acme/site/issues/42").send().await;
        assert!(refused.is_err());
        let other = stage.ask().await;
        let pages = [
            "/".to_owned(),
            format!("/requests/{}", other.id()),
            format!("/requests/{}", pending.id()),
            "/sessions".to_owned(),
            format!("/sessions/{session}"),
            "/services".to_owned(),
            "/services/tracker/revoke".to_owned(),
            "/stop-all".to_owned(),
        ];
        for page in pages {
            browser.open(&format!("{}{page}", stage.url)).await;
            browser.says("h1", "").await;
            for letters in ["100%", "200%"] {
                let larger = format!("(document.documentElement.style.fontSize = '{letters}') !== ''");
                browser.until(&larger).await;
                assert_eq!(browser.value(WIDE).await, Ok(json!([])), "{page} at {letters}");
                assert_eq!(browser.value(COLLIDES).await, Ok(json!([])), "{page} at {letters}");
            }
        }
        browser.open(&format!("{}/requests/{}", stage.url, other.id())).await;
        browser.until(READY).await;
    })
    .await;
}
