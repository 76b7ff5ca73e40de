//! The main job in headless Chromium: a real broker on a real port, its real clock, a tracker that demands its key, an
//! agent that uses the library, and a person who clicks.
//!
//! Left out where there is no browser, which in CI is a failure.

mod attacks;
mod authorizing;
mod axe;
mod chromium;
mod fold;
mod hostile;
mod keys;
mod language;
mod main_job;
mod meanwhile;
mod passkeys;
mod pictures;
mod proven;
mod set_up;
mod stage;
mod tracker;
mod webdriver;
mod windows;
mod without_script;

use broker::app::Parts;
use protocol::RequestId;
use stage::Stage;
use std::path::PathBuf;
use webdriver::Browser;

/// Whether the browser runs scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    On,
    Off,
}

/// What the flows need of the machine.
struct Machine {
    site: PathBuf,
    driver: PathBuf,
    chromium: PathBuf,
}

impl Machine {
    fn find() -> Option<Self> {
        let site = lent("COUNTERSIGN_TEST_SITE")?;
        let driver = lent("COUNTERSIGN_TEST_CHROMEDRIVER")?;
        Some(Self { site, driver, chromium: lent("COUNTERSIGN_TEST_CHROMIUM")? })
    }

    async fn browser(&self, script: Script) -> Browser {
        Browser::start(&self.driver, &self.chromium, script == Script::On).await
    }
}

/// Runs a flow with a broker and a browser of its own; at its end no page may have complained.
async fn run(script: Script, flow: impl AsyncFn(&Stage, &Browser)) {
    run_with(script, |_| (), flow).await;
}

async fn run_with(script: Script, change: impl FnOnce(&mut Parts), flow: impl AsyncFn(&Stage, &Browser)) {
    let Some(machine) = Machine::find() else { return };
    let stage = Stage::open(&machine.site, change).await;
    let browser = machine.browser(script).await;
    flow(&stage, &browser).await;
    finish(stage, browser).await;
}

/// No page may have violated its policy or lacked a file.
async fn finish(stage: Stage, browser: Browser) {
    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "{complaints:#?}");
    drop(browser);
    stage.close().await;
}

/// Paul opens his link and presses the button.
async fn sign_in(stage: &Stage, browser: &Browser) {
    browser.open(&stage.sign_in_link().await).await;
    browser.click("main form button").await;
    browser.says("h1", "Inbox").await;
}

/// Waits until the page hears of changes.
async fn live(browser: &Browser) {
    browser.until("document.querySelector('.live').dataset.state === 'Live'").await;
}

/// Opens the card of a request, and waits until Approve acts.
async fn look_at(stage: &Stage, browser: &Browser, request: &RequestId) {
    browser.open(&format!("{}/requests/{request}", stage.url)).await;
    browser.until(READY).await;
}

/// Approve is there and acts.
const READY: &str = "document.querySelector('#approve button:enabled:not([aria-disabled])') !== null";

/// What `cargo xtask test` found on this machine.
pub fn lent(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable);
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(value.is_some() || !ci, "{variable} is not set");
    if value.is_none() {
        println!("left out: {variable} is not set");
    }
    value.map(Into::into)
}
