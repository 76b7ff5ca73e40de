//! The pictures of the README: `COUNTERSIGN_WRITE_SCREENSHOTS=1 cargo xtask test`.

use super::{Script, live, look_at, proven::arm, run, stage::Stage, webdriver::Browser};
use agent_client::{Method, Session};
use protocol::Slug;
use serde_json::json;
use std::{fs, path::Path};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pictures_of_the_readme() {
    if std::env::var_os("COUNTERSIGN_WRITE_SCREENSHOTS").is_none() {
        return println!("left out: COUNTERSIGN_WRITE_SCREENSHOTS is not set");
    }
    run(Script::On, async |stage, browser| {
        arm(stage, browser).await;
        let session = work(stage, browser).await;
        let chat = json!([{"service": "chat", "actions": ["messages.read", "messages.draft"], "resources": ["releases"]}]);
        stage.ask_for("release-helper", &chat, "Draft the announcement of 2.4 from what the channel decided.").await;
        let pending = stage.ask().await;
        browser.size(1280, 600).await;
        browser.open(&format!("{}/", stage.url)).await;
        live(browser).await;
        keep(browser, "inbox").await;
        browser.size(1280, 860).await;
        browser.open(&format!("{}/sessions/{}", stage.url, session.grant())).await;
        live(browser).await;
        keep(browser, "session").await;
        browser.size(1280, 1064).await;
        look_at(stage, browser, pending.id()).await;
        keep(browser, "request").await;
        browser.theme("dark").await;
        keep(browser, "request-dark").await;
        browser.theme("light").await;
        browser.size(360, 640).await;
        look_at(stage, browser, pending.id()).await;
        keep(browser, "request-phone").await;
    })
    .await;
}

/// A session with calls on its timeline, two of them refused.
async fn work(stage: &Stage, browser: &Browser) -> Session {
    let lines = json!([{
        "service": "tracker", "actions": ["issues.read", "issues.comment"], "resources": ["acme/site"],
        "limits": {"max_calls": 20},
    }]);
    let pending = stage.ask_for("claude-code", &lines, "Reproduce issue 42 and say in it what I find.").await;
    look_at(stage, browser, pending.id()).await;
    browser.click("#approve button").await;
    browser.says(".settled", "Approved.").await;
    let session = pending.redeem().await.unwrap();
    let tracker: Slug = "tracker".parse().unwrap();
    let call = async |method: Method, path: &str| {
        let path = format!("/projects/acme/{path}");
        session.call(&tracker, method, &path).send().await.is_ok()
    };
    assert!(call(Method::GET, "site/issues/42").await);
    assert!(call(Method::GET, "site/issues/37").await);
    assert!(call(Method::POST, "site/issues/42/comments").await);
    assert!(!call(Method::DELETE, "site/issues/37").await);
    assert!(!call(Method::GET, "payroll/issues/1").await);
    session
}

async fn keep(browser: &Browser, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.png")), browser.picture().await).unwrap();
}
