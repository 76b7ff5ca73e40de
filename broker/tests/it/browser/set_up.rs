//! The first person of an empty installation.

use super::{Machine, Script, finish, stage::Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_code_signs_the_first_person_in() {
    let Some(machine) = Machine::find() else { return };
    let (stage, code) = Stage::empty(&machine.site).await;
    let browser = machine.browser(Script::On).await;
    browser.open(&format!("{}/set-up", stage.url)).await;
    browser.fill("input[name=code]", "0000-0000-0000").await;
    browser.fill("input[name=name]", "paul").await;
    browser.click("main form button").await;
    browser.says(".message", "Nothing was").await;
    assert!(browser.complaints().await.iter().all(|it| it.contains("410")), "only the refusal itself");

    browser.fill("input[name=code]", &code.to_lowercase()).await;
    browser.fill("input[name=name]", "paul").await;
    browser.fill("input[name=title]", "Paul").await;
    browser.click("main form button").await;
    // The first passkey comes next; it can wait.
    browser.says("h1", "Add a passkey").await;
    browser.click("main form p a").await;
    browser.says("h1", "Inbox").await;
    browser.says(".me summary", "Paul").await;
    finish(stage, browser).await;
}
