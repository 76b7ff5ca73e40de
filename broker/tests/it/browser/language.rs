//! The pages in another language, and the islands in the same.

use super::{READY, Script, look_at, run, sign_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chosen_language_holds_for_pages_and_islands() {
    run(Script::On, async |stage, browser| {
        let pending = stage.ask().await;
        sign_in(stage, browser).await;
        browser.click("details.me summary").await;
        browser.until("(document.querySelector('#language').value = 'de') === 'de'").await;
        browser.click("form.language button").await;
        browser.says("h1", "Eingang").await;
        browser.says(".message", "Die Seiten sind jetzt auf Deutsch.").await;
        browser.until("document.documentElement.lang === 'de'").await;

        look_at(stage, browser, pending.id()).await;
        browser.until(READY).await;
        browser.says(".ignore", "Nichts wird gewährt, bis Sie freigeben.").await;
        browser.says("section.card > [role=status]", "Bereit zur Entscheidung.").await;
        // What was said to the agent and what is approved stay as they are recorded.
        browser.until("document.querySelector('.says').lang === 'en'").await;
        browser.click("#deny summary").await;
        browser.click("#deny form button").await;
        browser.until("document.querySelector('.settled') !== null").await;
        browser.open(&format!("{}/sessions?ended=1", stage.url)).await;
        browser.says("h1", "Sitzungen").await;
        browser.says(".tag", "abgelehnt").await;
    })
    .await;
}
