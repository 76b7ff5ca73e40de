//! Passkeys in a real browser, with a device of its own.

use super::{Machine, Script, finish, run_with, sign_in, stage::Stage, webdriver::Browser};
use broker::clock::Clock;
use chrono::TimeDelta;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_person_makes_a_passkey_and_signs_in_with_it() {
    let Some(machine) = Machine::find() else { return };
    let (stage, code) = Stage::empty(&machine.site).await;
    let browser = machine.browser(Script::On).await;
    let device = browser.authenticator().await;
    browser.open(&format!("{}/set-up", stage.url)).await;
    browser.fill("input[name=code]", &code).await;
    browser.fill("input[name=name]", "paul").await;
    browser.click("main form button").await;
    browser.says("h1", "Add a passkey").await;
    browser.fill("input[name=name]", "Laptop").await;

    // The device does not recognise its person: nothing happens, and the page says so.
    browser.recognises(&device, false).await;
    browser.click("main form button").await;
    browser.says(".passkey-said", "Nothing happened").await;
    browser.recognises(&device, true).await;
    browser.click("main form button").await;
    browser.says(".codes", "These are shown once").await;
    browser.until("document.querySelectorAll('.codes li').length === 10").await;
    browser.click(".codes .b.go").await;
    browser.says("h1", "Inbox").await;

    sign_out(&browser).await;
    browser.click("main form button").await;
    browser.says("h1", "Inbox").await;
    browser.says(".me summary", "paul").await;
    browser.open(&format!("{}/me", stage.url)).await;
    browser.says("#passkeys", "Laptop").await;
    browser.says("#sessions", "by a passkey").await;
    finish(stage, browser).await;
}

async fn sign_out(browser: &Browser) {
    browser.click(".me summary").await;
    browser.click("form[action='/sign-out'] button").await;
    browser.says("h1", "Sign in").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_everything_asks_for_the_passkey() {
    let clock = Clock::held(Clock::system().now());
    let held = clock.clone();
    run_with(
        Script::On,
        |parts| parts.clock = held,
        async |stage, browser| {
            browser.authenticator().await;
            sign_in(stage, browser).await;
            browser.open(&format!("{}/me/passkeys/add", stage.url)).await;
            browser.click("main form button").await;
            browser.click(".codes .b.go").await;
            browser.says("h1", "Inbox").await;
            clock.advance(TimeDelta::seconds(301));
            browser.open(&format!("{}/stop-all", stage.url)).await;
            browser.says("main form", "Your device asks").await;
            browser.click("main form button").await;
            browser.says(".message", "Stopped:").await;
        },
    )
    .await;
}

/// A page at another address, also one that leads to the same broker, can neither use a passkey of ours nor post here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_address_of_the_same_broker_uses_no_passkey() {
    let Some(machine) = Machine::find() else { return };
    let stage = Stage::open(&machine.site, |_| ()).await;
    let browser = machine.browser(Script::On).await;
    browser.authenticator().await;
    sign_in(&stage, &browser).await;
    browser.open(&format!("{}/me/passkeys/add", stage.url)).await;
    browser.click("main form button").await;
    browser.says("h1", "Recovery codes").await;
    assert!(browser.complaints().await.is_empty());

    let elsewhere = stage.url.replace("localhost", "127.0.0.1");
    browser.open(&format!("{elsewhere}/sign-in")).await;
    let ask = "navigator.credentials.get({publicKey: {challenge: new Uint8Array(32), rpId: 'localhost', \
        userVerification: 'required'}}).then(() => 'answered', error => error.name)";
    assert_eq!(browser.value(ask).await.unwrap(), "SecurityError");
    stage.close().await;
}
