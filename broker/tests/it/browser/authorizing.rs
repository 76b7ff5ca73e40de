//! A client sends the person's browser here, and it finds its way back: after signing in, by itself where somebody else
//! decides, and without JavaScript.

use super::{READY, Script, run_with, stage::Stage, webdriver::Browser};
use axum::{Router, extract::State, response::Html};
use broker::clock::Clock;
use chrono::TimeDelta;
use http::Uri;
use protocol::card::Approve;
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinHandle};

type Heard = Arc<Mutex<Vec<String>>>;

/// A client on this machine that waits for its answer.
struct Waiting {
    port: u16,
    heard: Heard,
    server: JoinHandle<()>,
}

impl Waiting {
    async fn start() -> Self {
        async fn answer(State(heard): State<Heard>, uri: Uri) -> Html<&'static str> {
            if uri.path() == "/callback" {
                heard.lock().unwrap().push(uri.to_string());
            }
            Html("<!doctype html><link rel=icon href=data:,><title>x</title><h1>Back at the client</h1>")
        }
        let heard = Heard::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(answer).with_state(heard.clone());
        Self {
            port,
            heard,
            server: tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }),
        }
    }

    /// Where it sends the browser: the triage bot asks to read issues.
    async fn address(&self, stage: &Stage) -> String {
        let uri = format!("http://127.0.0.1:{}/callback", self.port);
        stage
            .change(|wanted| {
                wanted["agents"][0]["redirect_uris"] = json!([uri]);
                wanted["agents"][0]["direct"] = json!(true);
            })
            .await;
        let lines = json!([{"service": "tracker", "actions": ["issues.read"], "resources": ["acme/site"]}]);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", "triage-bot")
            .append_pair("redirect_uri", &uri)
            .append_pair("state", "kept")
            .append_pair("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
            .append_pair("code_challenge_method", "S256")
            .append_pair("authorization_details", &lines.to_string())
            .finish();
        format!("{}/oauth/authorize?{query}", stage.url)
    }

    /// What it heard, exactly once.
    async fn heard(&self, browser: &Browser) -> BTreeMap<String, String> {
        browser.says("h1", "Back at the client").await;
        let heard = self.heard.lock().unwrap();
        let [uri] = heard.as_slice() else { panic!("it heard {heard:?}") };
        let query = uri.split_once('?').unwrap().1;
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_signs_in_on_the_way_lands_on_the_card_and_goes_back() {
    run_with(
        Script::On,
        |_| (),
        async |stage, browser| {
            let client = Waiting::start().await;
            browser.open(&client.address(stage).await).await;
            browser.says("h1", "Sign in").await;
            browser.open(&stage.sign_in_link().await).await;
            browser.click("main form button").await;
            browser.says(".says", "read issues").await;
            browser.says("#way-back", "Triage bot sent you here").await;
            browser.says("#way-back", "127.0.0.1").await;
            browser.until(READY).await;
            browser.click("#approve button").await;
            let heard = client.heard(browser).await;
            assert_eq!((heard["state"].as_str(), heard["iss"].as_str()), ("kept", stage.url.as_str()));
            assert!(heard["code"].starts_with("csn_k_"), "{heard:?}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_parked_browser_goes_by_itself_when_the_second_person_has_decided() {
    run_with(
        Script::On,
        |parts| parts.policy.approvals = [2, 2, 2, 2],
        async |stage, browser| {
            let client = Waiting::start().await;
            super::sign_in(stage, browser).await;
            browser.open(&client.address(stage).await).await;
            browser.until(READY).await;
            browser.click("#approve button").await;
            browser.says("#way-back", "Once this is decided").await;
            let ana = stage.person("ana").await;
            let inbox = ana.inbox().await.unwrap();
            let card = ana.card(&inbox.waiting[0].request).await.unwrap();
            let decision = Approve {
                narrowing: None,
                request_digest: card.request_digest.clone(),
                grant_digest: card.grant_digest.clone().unwrap(),
                reason: None,
                passkey: None,
            };
            ana.approve(&card.request, &decision).await.unwrap();
            assert!(client.heard(browser).await.contains_key("code"));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_goes_back_without_javascript_too() {
    let clock = Clock::held(Clock::system().now());
    let held = clock.clone();
    run_with(
        Script::Off,
        move |parts| parts.clock = held,
        async |stage, browser| {
            let client = Waiting::start().await;
            super::sign_in(stage, browser).await;
            browser.open(&client.address(stage).await).await;
            browser.says("#way-back", "Once this is decided").await;
            browser.click("#deny summary").await;
            // As long as a person looks at a page.
            clock.advance(TimeDelta::seconds(1));
            browser.click("#deny form button").await;
            let heard = client.heard(browser).await;
            assert_eq!((heard["error"].as_str(), heard["state"].as_str()), ("access_denied", "kept"));
        },
    )
    .await;
}
