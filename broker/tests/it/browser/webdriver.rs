//! A client for as much of WebDriver (W3C) as the flows need, and what a person does with it. Whatever is awaited is
//! looked for again and again until it is there, or the deadline is.

use super::chromium::Processes;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// What is awaited comes within this time.
const DEADLINE: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(25);
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The keys without a character of their own.
pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";

/// A browser with one tab.
pub struct Browser {
    http: Client,
    session: String,
    _processes: Processes,
}

impl Browser {
    /// Starts it, 1280 pixels wide.
    pub async fn start(driver: &Path, chromium: &Path, script: bool) -> Self {
        let processes = Processes::start(driver, chromium, script);
        let http = Client::builder().no_proxy().build().unwrap();
        let driver = format!("http://127.0.0.1:{}/session", processes.driver_port);
        let options = json!({"debuggerAddress": format!("127.0.0.1:{}", processes.chromium_port)});
        let wanted = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let asked = json!({"capabilities": {"alwaysMatch": wanted}});
        let answer = ask(&http, Method::POST, &driver, &asked).await.unwrap();
        let session = format!("{driver}/{}", answer["sessionId"].as_str().unwrap());
        let it = Self { http, session, _processes: processes };
        it.size(1280, 900).await;
        it
    }

    pub(super) async fn post(&self, what: &str, body: Value) -> Result<Value, String> {
        ask(&self.http, Method::POST, &format!("{}/{what}", self.session), &body).await
    }

    pub(super) async fn get(&self, what: &str) -> Result<Value, String> {
        ask(&self.http, Method::GET, &format!("{}/{what}", self.session), &Value::Null).await
    }

    pub(super) async fn delete(&self, what: &str) -> Result<Value, String> {
        ask(&self.http, Method::DELETE, &format!("{}/{what}", self.session), &Value::Null).await
    }

    /// A command of Chromium's own.
    pub async fn chromium(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.post("goog/cdp/execute", body).await.unwrap()
    }

    /// Makes the page this large. Narrow ones are phones.
    pub async fn size(&self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 720});
        self.chromium("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// `light` or `dark`.
    pub async fn theme(&self, theme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
        self.chromium("Emulation.setEmulatedMedia", features).await;
    }

    /// Gives the browser a device that keeps passkeys and verifies its person; gives its id.
    pub async fn authenticator(&self) -> String {
        let device = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true, "isUserConsenting": true,
        });
        let id = self.post("webauthn/authenticator", device).await.unwrap();
        id.as_str().unwrap().to_owned()
    }

    /// Whether the device recognises its person from now on.
    pub async fn recognises(&self, device: &str, person: bool) {
        let uv = json!({"isUserVerified": person});
        self.post(&format!("webauthn/authenticator/{device}/uv"), uv).await.unwrap();
    }

    /// Opens an address.
    pub async fn open(&self, address: &str) {
        self.post("url", json!({"url": address})).await.unwrap();
    }

    /// What an expression of JavaScript is worth.
    pub async fn value(&self, expression: &str) -> Result<Value, String> {
        self.post("execute/sync", json!({"script": format!("return {expression}"), "args": []})).await
    }

    /// Waits until an expression of JavaScript is true.
    pub async fn until(&self, expression: &str) {
        self.eventually(expression, async || match self.value(expression).await {
            Ok(Value::Bool(true)) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    async fn find(&self, css: &str) -> Result<String, String> {
        let found = self.post("element", json!({"using": "css selector", "value": css})).await?;
        Ok(format!("element/{}", found[ELEMENT].as_str().unwrap_or_default()))
    }

    /// Whether there is such an element now.
    pub async fn has(&self, css: &str) -> bool {
        self.find(css).await.is_ok()
    }

    /// The text that is seen of an element, once it is there.
    pub async fn text(&self, css: &str) -> String {
        self.eventually(css, async || {
            let element = self.find(css).await?;
            let url = format!("{}/{element}/text", self.session);
            let text = ask(&self.http, Method::GET, &url, &Value::Null).await?;
            text.as_str().map(str::to_owned).ok_or_else(|| "no text".to_owned())
        })
        .await
    }

    /// Waits until an element says this.
    pub async fn says(&self, css: &str, words: &str) {
        self.eventually(&format!("{css} says {words:?}"), async || {
            let element = self.find(css).await?;
            let url = format!("{}/{element}/text", self.session);
            let text = ask(&self.http, Method::GET, &url, &Value::Null).await?;
            if text.as_str().is_some_and(|text| text.contains(words)) {
                Ok(())
            } else {
                Err(text.to_string())
            }
        })
        .await;
    }

    /// Presses an element that can be seen, once it is there and nothing lies over it.
    pub async fn click(&self, css: &str) {
        self.eventually(&format!("click {css}"), async || {
            let element = self.find(css).await?;
            // Not under a bar at the edge of the screen.
            let to = json!([{ELEMENT: element.trim_start_matches("element/")}]);
            let scroll = "arguments[0].scrollIntoView({block: 'center'})";
            self.post("execute/sync", json!({"script": scroll, "args": to})).await?;
            self.post(&format!("{element}/click"), json!({})).await
        })
        .await;
    }

    /// Writes into a field.
    pub async fn fill(&self, css: &str, text: &str) {
        self.eventually(&format!("fill {css}"), async || {
            let element = self.find(css).await?;
            self.post(&format!("{element}/value"), json!({"text": text})).await
        })
        .await;
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, keys: &[&str]) {
        let strokes: Vec<Value> = keys
            .iter()
            .flat_map(|key| {
                [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
            })
            .collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        self.post("actions", json!({"actions": [keyboard]})).await.unwrap();
    }

    /// What is seen, as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        let url = format!("{}/screenshot", self.session);
        let png = ask(&self.http, Method::GET, &url, &Value::Null).await.unwrap();
        BASE64_STANDARD.decode(png.as_str().unwrap()).unwrap()
    }

    /// Tries until it works.
    pub(super) async fn eventually<T>(&self, what: &str, attempt: impl AsyncFn() -> Result<T, String>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(why) if Instant::now() > deadline => {
                    let page = self.value("location + '\\n' + document.body.outerHTML").await;
                    panic!("{what}: {why}\n{:?}\n{page:?}", self.complaints().await);
                }
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    /// What pages complained of since the last look: violated policies, errors, files that are missing. (That a file
    /// came before it was needed is none.)
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({"type": "browser"})).await.unwrap();
        let entries = entries.as_array().unwrap().iter();
        let bad = entries.filter(|it| matches!(it["level"].as_str(), Some("SEVERE" | "WARNING")));
        bad.map(|it| it["message"].to_string())
            .filter(|it| !it.contains("was preloaded using link preload"))
            .collect()
    }
}

async fn ask(http: &Client, method: Method, url: &str, body: &Value) -> Result<Value, String> {
    let mut request = http.request(method, url);
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let good = answer.status().is_success();
    let mut answer: Value = answer.json().await.map_err(|error| error.to_string())?;
    let value = answer["value"].take();
    if good { Ok(value) } else { Err(value["message"].as_str().unwrap_or("no reason").to_owned()) }
}
