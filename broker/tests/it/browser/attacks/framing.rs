//! Clickjacking: nothing of ours is seen inside somebody else's page, and no other page holds a window of ours.

use super::{
    super::{READY, Script, run, sign_in},
    attacker::{Attacker, does},
    hush, undecided,
};
use crate::browser::webdriver::Browser;
use serde_json::json;

/// Puts an address into the page in every way there is; done when each has come to something.
const FRAME: &str = "(async address => {
    const kinds = [['iframe', 'src'], ['iframe', 'src', 'allow-scripts allow-forms'],
        ['iframe', 'src', 'allow-same-origin allow-scripts allow-forms allow-popups'], ['object', 'data'], ['embed', 'src']];
    document.body.replaceChildren();
    await Promise.all(kinds.map(([kind, from, sandbox]) => new Promise(done => {
        const it = document.createElement(kind);
        if (sandbox) it.sandbox = sandbox;
        if (kind !== 'iframe') it.type = 'text/html';
        it.addEventListener('load', done);
        it.addEventListener('error', done);
        it[from] = address;
        document.body.append(it);
    })));
    return kinds.length;
})";

/// Frames an address in every way.
async fn frame(browser: &Browser, page: &str, address: &str) {
    browser.open(page).await;
    browser.value(&format!("{FRAME}('{address}')")).await.unwrap();
}

/// What is seen of frames of which nothing may be seen: the browser's own words, for each way of refusing.
async fn nothing(browser: &Browser, page: &str, attacker: &Attacker) -> Vec<Vec<u8>> {
    let [beside, _] = attacker.origins();
    let mut pictures = Vec::new();
    for way in ["blocked", "refused"] {
        frame(browser, page, &format!("{beside}/{way}")).await;
        pictures.push(browser.still().await);
    }
    pictures
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_of_ours_is_seen_in_a_frame() {
    run(Script::On, async |stage, browser| {
        sign_in(stage, browser).await;
        let pending = stage.ask().await;
        let attacker = Attacker::start().await;
        let card = format!("/requests/{}", pending.id());
        let review = format!("{card}?review=1");
        for site in attacker.origins() {
            let nothing = nothing(browser, &site, &attacker).await;
            // It measures: what may be framed looks different.
            frame(browser, &site, &site).await;
            assert!(!nothing.contains(&browser.still().await));
            for page in ["/", &card, &review, "/stop-all", "/me", "/sign-in", "/docs/agent"] {
                frame(browser, &site, &format!("{}{page}", stage.url)).await;
                browser.looks_like(&nothing, &format!("{page} in {site}")).await;
            }
        }
        hush(browser).await;
        undecided(stage, pending.id()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opened_our_window_does_not_hold_it() {
    run(Script::On, async |stage, browser| {
        sign_in(stage, browser).await;
        let pending = stage.ask().await;
        let attacker = Attacker::start().await;
        let mine = browser.tab().await;
        for site in attacker.origins() {
            // A window of its own it holds: what is tried below would work.
            browser.go_to(&mine).await;
            browser.open(&site).await;
            browser.gesture(&format!("window.held = open('{site}/own', 'own')")).await;
            browser.until("held.closed === false && held.opener === window").await;
            browser.gesture("held.close()").await;

            let open = format!("window.held = open('{}/requests/{}', 'card')", stage.url, pending.id());
            browser.gesture(&open).await;
            let card = browser.other_tab(&mine).await;
            browser.steer(&card).await;
            browser.until(READY).await;
            assert_eq!(browser.value("[window.opener, window.name]").await.unwrap(), json!([null, ""]));

            // To the opener it looks closed; leading it elsewhere or asking for it by its name leads nowhere.
            browser.steer(&mine).await;
            browser.until("held.closed === true").await;
            does(
                browser,
                stage,
                "held.location = location.href; held.postMessage('approve', '*'); held.close();",
            )
            .await;
            browser.gesture("window.named = open('', 'card')").await;
            assert_eq!(browser.value("named.location.href").await.unwrap(), "about:blank", "{site}");
            browser.gesture("named.close()").await;
            browser.go_to(&card).await;
            browser.until(READY).await;
            assert!(browser.value("location.href").await.unwrap().as_str().unwrap().starts_with(&stage.url));
            browser.close_tab().await;
            browser.go_to(&mine).await;
        }
        hush(browser).await;
        undecided(stage, pending.id()).await;
    })
    .await;
}
