//! A headless Chromium, by as much of its own protocol (CDP) as is needed to look at pages and press buttons.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::Ask;
use super::own::{connect, read_json};
use crate::lab::{Lab, on_load_core, program};
use crate::process::Server;

const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--window-size=1280,1200",
];
/// Whatever is awaited comes within this time.
const PATIENCE: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(5);
const SAYS: &str = "DevTools listening on ws://";

/// A browser with one page. It ends with this.
pub struct Chromium {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
    _server: Server,
    _profile: TempDir,
}

impl Chromium {
    /// On the load's core.
    pub async fn start(lab: &Lab) -> Result<Self> {
        let chromium = program("chromium")?;
        let (profile, log) = (lab.fresh_folder()?, lab.folder.join("chromium.log"));
        let mut command = on_load_core(&chromium);
        command
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank");
        let mut server = Server::start("chromium", &mut command, &log)?;
        server.wait_until(|said| said.contains(SAYS))?;
        let said = std::fs::read_to_string(&log)?;
        let (_, rest) = said.split_once(SAYS).context("Chromium says no address")?;
        let list = Ask::get(rest.split('/').next().unwrap_or_default().parse()?, "/json/list");
        let pages: Value = read_json(&mut connect(&list).await?, &list).await?;
        let page =
            pages.as_array().and_then(|all| all.iter().find(|it| it["type"] == "page")).context("no page")?;
        let (socket, _) = connect_async(page["webSocketDebuggerUrl"].as_str().unwrap_or_default()).await?;
        let mut it = Self { socket, last: 0, _server: server, _profile: profile };
        it.call("Page.enable", json!({})).await?;
        Ok(it)
    }

    async fn call(&mut self, method: &str, params: Value) -> Result<Value> {
        self.last += 1;
        let text = json!({"id": self.last, "method": method, "params": params}).to_string();
        self.socket.send(Message::text(text)).await?;
        loop {
            let heard = self.socket.next().await.context("Chromium has gone")??;
            let Message::Text(text) = heard else { continue };
            let mut heard: Value = serde_json::from_str(text.as_str())?;
            if heard["id"] == self.last {
                ensure!(heard["error"].is_null(), "{method}: {}", heard["error"]);
                return Ok(heard["result"].take());
            }
        }
    }

    /// Runs a script in every page before its own.
    pub async fn in_every_page(&mut self, script: &str) -> Result<()> {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await.map(drop)
    }

    /// Goes to an address.
    pub async fn open(&mut self, address: &str) -> Result<()> {
        self.call("Page.navigate", json!({"url": address})).await?;
        self.until(&format!("document.readyState === 'complete' && location.href === '{address}'")).await
    }

    /// What an expression is worth.
    pub async fn value(&mut self, expression: &str) -> Result<Value> {
        let run = json!({"expression": expression, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", run).await?;
        ensure!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        Ok(answer["result"]["value"].take())
    }

    /// Waits until an expression is true.
    pub async fn until(&mut self, expression: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        // Between two pages there is nothing that could be asked.
        while !matches!(self.value(expression).await, Ok(Value::Bool(true))) {
            if Instant::now() > deadline {
                let page = self.value("location.href + document.body.innerText").await?;
                bail!("{expression} does not come true: {page}");
            }
            tokio::time::sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Presses the mouse on an element, once it is there.
    pub async fn click(&mut self, css: &str) -> Result<()> {
        self.until(&format!("document.querySelector('{css}') !== null")).await?;
        let place = format!(
            "(it => {{ it.scrollIntoView({{block: 'center'}}); const box = it.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})(document.querySelector('{css}'))"
        );
        let place = self.value(&place).await?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event).await?;
        }
        Ok(())
    }
}
