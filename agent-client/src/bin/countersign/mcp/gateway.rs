//! Messages to the broker's MCP gateway and back (Streamable HTTP, both eras).

use super::{
    LARGEST,
    events::Events,
    message::{Message, answers, one_line, put},
};
use agent_client::{
    Answer, Error, Method, Session, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
    protocol::{Problem, Slug},
};
use futures::StreamExt as _;
use serde_json::Value;
use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

/// The id of what the bridge sends itself.
const OWN_ID: &str = "countersign-bridge";
/// Between two tries to listen to what the server says by itself.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What became of a message that was not carried.
#[derive(Debug)]
pub enum Trouble {
    /// The broker does not take the session's token any more.
    NotAuthorised,
    /// The gateway does not know the session of the older era any more.
    SessionGone,
    /// Something else, in words.
    Other(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Other(error.to_string())
    }
}

/// The gateway, for one session of the broker.
pub struct Gateway {
    session: Arc<Session>,
    service: Option<Slug>,
    to_client: mpsc::Sender<String>,
    /// The session of the older era.
    older: Mutex<Older>,
}

#[derive(Debug, Default, Clone)]
struct Older {
    id: Option<String>,
    version: Option<String>,
}

impl Gateway {
    pub fn new(session: Arc<Session>, service: Option<Slug>, to_client: mpsc::Sender<String>) -> Self {
        Self { session, service, to_client, older: Mutex::default() }
    }

    /// Sends a message and hands all that is answered to the client. Nothing of it was handed over if it fails.
    pub async fn carry(&self, message: &Message) -> Result<(), Trouble> {
        let mut headers = self.headers(message);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let begins = message.is("initialize");
        let answer =
            self.session.mcp(self.service.as_ref(), Method::POST, headers, message.text.clone()).await?;
        if begins && answer.status().is_success() {
            self.remember(&answer);
        }
        self.answered(answer, message.awaits(), begins).await
    }

    /// Begins a session of the older era in the name of a client that was answered before there was a gateway.
    pub async fn begin_again(&self, first: &Message) -> Result<(), Trouble> {
        let (lost, mut found) = mpsc::channel(1);
        let quiet = Self::new(self.session.clone(), self.service.clone(), lost);
        let own = Message::parse(first.with_id(OWN_ID)).map_err(Trouble::Other)?;
        // Its answers are for the bridge alone.
        let read = async { while found.recv().await.is_some() {} };
        let asked = async {
            let asked = quiet.carry(&own).await;
            let older = quiet.older();
            drop(quiet);
            asked.map(|()| older)
        };
        let (asked, ()) = tokio::join!(asked, read);
        *self.older.lock().unwrap_or_else(PoisonError::into_inner) = asked?;
        let ready = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned();
        self.carry(&Message::parse(ready).map_err(Trouble::Other)?).await
    }

    /// Hands over what the server says by itself, in the older era, for as long as it wants to say anything.
    pub async fn listen(&self) {
        loop {
            let older = self.older();
            if older.id.is_none() {
                return;
            }
            let mut headers = older.headers();
            headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
            let answer = self.session.mcp(self.service.as_ref(), Method::GET, headers, "").await;
            match answer {
                Ok(answer) if answer.status().is_success() && is_stream(&answer) => {
                    let mut events = Events::of(answer);
                    while let Some(text) = events.next().await {
                        let _ = self.to_client.send(one_line(&text)).await;
                    }
                }
                Err(_) => {}
                Ok(_) => return, // it has no such stream
            }
            sleep(AGAIN).await;
        }
    }

    /// Says goodbye to a session of the older era.
    pub async fn end(&self) {
        let older = self.older();
        if older.id.is_some() {
            let delete = self.session.mcp(self.service.as_ref(), Method::DELETE, older.headers(), "");
            let _ = timeout(GOODBYE, delete).await;
        }
    }

    fn headers(&self, message: &Message) -> HeaderMap {
        if message.stateless().is_some() {
            return message.stateless_headers();
        }
        if message.is("initialize") { HeaderMap::new() } else { self.older().headers() }
    }

    fn older(&self) -> Older {
        self.older.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, answer: &Answer) {
        let id = answer.headers().get("mcp-session-id").and_then(|it| it.to_str().ok()).map(str::to_owned);
        *self.older.lock().unwrap_or_else(PoisonError::into_inner) = Older { id, version: None };
    }

    /// The answer to a message; `awaits` is the id that it must have.
    async fn answered(&self, answer: Answer, awaits: Option<&Value>, begins: bool) -> Result<(), Trouble> {
        let status = answer.status();
        if status == StatusCode::UNAUTHORIZED {
            return Err(Trouble::NotAuthorised);
        }
        if status == StatusCode::NOT_FOUND && self.older().id.is_some() && !is_stream(&answer) {
            let text = whole(answer).await?;
            // A method that is not there is answered like this, too, with the id of its request.
            return match awaits {
                Some(id) if answers(&text).as_ref() == Some(id) => self.hand_over(&text, begins).await,
                _ => Err(Trouble::SessionGone),
            };
        }
        if status.is_success() && is_stream(&answer) {
            return self.streamed(answer, awaits, begins).await;
        }
        let text = whole(answer).await?;
        match (awaits, answers(&text)) {
            (Some(id), Some(found)) if *id == found => self.hand_over(&text, begins).await,
            (None, _) if status.is_success() => Ok(()),
            _ => Err(Trouble::Other(refused(status, &text))),
        }
    }

    async fn streamed(&self, answer: Answer, awaits: Option<&Value>, begins: bool) -> Result<(), Trouble> {
        let mut events = Events::of(answer);
        let mut answered = awaits.is_none();
        while let Some(text) = events.next().await {
            answered |= awaits.is_some() && answers(&text).as_ref() == awaits;
            self.hand_over(&text, begins && answered).await?;
        }
        if answered {
            return Ok(());
        }
        let why = "the answer broke off: it is not known whether this happened. Look before you repeat it";
        Err(Trouble::Other(why.to_owned()))
    }

    async fn hand_over(&self, text: &str, begins: bool) -> Result<(), Trouble> {
        if begins {
            let version = serde_json::from_str::<Value>(text).ok();
            let version = version.and_then(|it| it["result"]["protocolVersion"].as_str().map(str::to_owned));
            self.older.lock().unwrap_or_else(PoisonError::into_inner).version = version;
        }
        // If the client has gone, stdin says so.
        let _ = self.to_client.send(one_line(text)).await;
        Ok(())
    }
}

impl Older {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(id) = &self.id {
            put(&mut headers, "mcp-session-id", id);
        }
        if let Some(version) = &self.version {
            put(&mut headers, "mcp-protocol-version", version);
        }
        headers
    }
}

fn is_stream(answer: &Answer) -> bool {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// The whole of an answer that is no stream.
async fn whole(answer: Answer) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    let mut chunks = pin!(answer.stream());
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > LARGEST {
            return Err(Trouble::Other("the answer is longer than 4 MiB; it was not read".to_owned()));
        }
    }
    String::from_utf8(bytes).map_err(|_| Trouble::Other("the answer is no text".to_owned()))
}

/// What the broker says instead of an answer.
fn refused(status: StatusCode, text: &str) -> String {
    match serde_json::from_str::<Problem>(text) {
        Ok(problem) => format!("{}: {}", problem.title, problem.detail),
        Err(_) => format!("the broker answered {status} and no message"),
    }
}
