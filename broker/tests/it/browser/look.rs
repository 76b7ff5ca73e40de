use super::{Machine, Script, finish, look_at, meanwhile::approve, run, sign_in, stage::Stage};
use agent_client::Method;
use serde_json::json;
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look() {
    run(Script::On, async |stage, browser| {
        let save = async |name: &str| { std::fs::write(format!("/tmp/look/{name}.png"), browser.picture().await).unwrap(); };
        let paul = stage.person("paul").await;
        sign_in(stage, browser).await;
        let two = json!([
            {"service": "tracker", "actions": ["issues.read", "issues.comment"], "resources": ["acme/site"], "limits": {"max_calls": 20}},
            {"service": "chat", "actions": ["messages.read"], "resources": ["releases"]},
        ]);
        let done = stage.ask_for("claude-code", &two, "Look around.").await;
        approve(&paul, &paul.card(done.id()).await.unwrap()).await;
        let session = done.redeem().await.unwrap();
        let tracker = "tracker".parse().unwrap();
        let _ = session.call(&tracker, Method::GET, "/projects/acme/site/issues/42").send().await;
        let _ = session.call(&tracker, Method::DELETE, "/projects/acme/site/issues/42").send().await;
        let p = stage.ask().await;
        for (w, h, letters, tag) in [(1280, 900, "100%", "wide"), (360, 1300, "100%", "360"), (320, 1500, "100%", "320"), (360, 1900, "200%", "200")] {
            browser.size(w, h).await;
            for (page, name) in [("/".to_owned(), "inbox"), (format!("/requests/{}", p.id()), "request"), (format!("/requests/{}?review=1", p.id()), "review"), (format!("/requests/{}", done.id()), "settled"), ("/sessions".into(), "sessions"), ("/sessions?ended=1".into(), "ended"),
                (format!("/sessions/{}", session.grant()), "session"), ("/services".into(), "services"), ("/services/tracker/revoke".into(), "revoke"), ("/stop-all".into(), "stopall"), ("/set-up".into(), "setup"), ("/sign-in".into(), "signin"), ("/sign-in/link?t=x".into(), "link"), ("/nowhere".into(), "nowhere"), ("/requests/req_1".into(), "bad")] {
                browser.open(&format!("{}{page}", stage.url)).await;
                browser.says("h1", "").await;
                browser.until(&format!("(document.documentElement.style.fontSize = '{letters}') !== ''")).await;
                save(&format!("{tag}-{name}")).await;
            }
        }
        browser.size(1280, 900).await;
        look_at(stage, browser, p.id()).await;
        browser.click("#deny summary").await; save("wide-deny").await;
        browser.size(360, 640).await; save("360-deny").await;
        browser.press(&["\u{e00c}"]).await;
        browser.click("input[value='issues.comment']").await;
        save("360-asking").await;
        browser.click("details.word summary").await; 
        save("360-word").await;
        browser.complaints().await;
    }).await;
    let machine = Machine::find().unwrap();
    let (stage, _) = Stage::empty(&machine.site).await;
    let browser = machine.browser(Script::On).await;
    browser.open(&format!("{}/sign-in", stage.url)).await;
    browser.complaints().await;
    finish(stage, browser).await;
}
