//! The conversation with a server that is a program of this host. One process serves all who may call it, so nothing of one
//! caller may reach another: every request has an id that no other has, its progress is told under a token of ours, and what
//! the program says to nobody in particular is passed on to nobody.

use super::{
    UpstreamError,
    session::Session,
    stdio::{Stdio, StdioError},
    wire::{Messages, Reply, Wire},
};
use crate::calls::body::Sent;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OnceCell, mpsc};

/// Messages of one answer that wait to be read.
const WAITING: usize = 64;

/// A program with those who wait for it.
pub(crate) struct Conversation {
    server: Arc<Stdio>,
    waiting: Arc<Mutex<HashMap<u64, Waiting>>>,
    session: OnceCell<Arc<Session>>,
}

#[derive(Debug)]
struct Waiting {
    to: mpsc::Sender<String>,
    /// The client's own token for progress.
    token: Option<Value>,
}

impl std::fmt::Debug for Conversation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conversation").finish_non_exhaustive()
    }
}

impl Conversation {
    /// Begins to listen to a program that was started; none if somebody listens already. `changed` hears that its tools are
    /// others now.
    pub fn begin(server: Arc<Stdio>, changed: impl Fn() + Send + 'static) -> Option<Self> {
        let lines = server.take_lines()?;
        let waiting = Arc::new(Mutex::default());
        tokio::spawn(listen(lines, server.clone(), Arc::clone(&waiting), changed));
        Some(Self { server, waiting, session: OnceCell::new() })
    }

    /// Whether it is with this process.
    pub fn is_with(&self, server: &Arc<Stdio>) -> bool {
        Arc::ptr_eq(&self.server, server)
    }

    /// The one session of the process, for whose beginning it has this long.
    pub async fn session(&self, patience: Duration) -> Result<Arc<Session>, UpstreamError> {
        let open = async || Session::open(Wire::Program(self, patience), &json!({})).await.map(Arc::new);
        self.session.get_or_try_init(open).await.cloned()
    }

    /// Sends one message; what answers it comes until the answer, or until nothing came for too long.
    pub async fn post(
        &self,
        body: &str,
        patience: Duration,
        sent: impl FnOnce(Arc<Sent>),
    ) -> Result<Reply, UpstreamError> {
        #[derive(Deserialize)]
        struct Outgoing {
            id: Option<u64>,
            method: Option<String>,
        }
        let read: Outgoing = serde_json::from_str(body).map_err(|_| UpstreamError::NotMcp("no message"))?;
        let (Some(id), Some(_)) = (read.id, read.method) else {
            self.server.send(body).await?;
            return Ok(reply(StatusCode::ACCEPTED, Messages::none()));
        };
        let (text, token) = with_own_token(id, body)?;
        let (to, from) = mpsc::channel(WAITING);
        lock(&self.waiting).insert(id, Waiting { to, token });
        sent(Sent::whole(text.as_bytes()));
        if let Err(error) = self.server.send(&text).await {
            lock(&self.waiting).remove(&id);
            return Err(error.into());
        }
        Ok(reply(StatusCode::OK, Messages::heard(from, patience)))
    }
}

impl From<StdioError> for UpstreamError {
    fn from(error: StdioError) -> Self {
        Self::Program(error.to_string())
    }
}

fn reply(status: StatusCode, messages: Messages) -> Reply {
    Reply { status, headers: HeaderMap::new(), messages }
}

/// The message with our id as its token for progress, where it has one. Everything else of it stays as it was written.
fn with_own_token(id: u64, body: &str) -> Result<(String, Option<Value>), UpstreamError> {
    type Members = BTreeMap<String, Box<RawValue>>;
    let bad = |_| UpstreamError::NotMcp("no message");
    let raw = |value: &dyn Fn() -> serde_json::Result<String>| RawValue::from_string(value()?);
    let mut message: Members = serde_json::from_str(body).map_err(bad)?;
    let Some(params) = message.get("params") else { return Ok((body.to_owned(), None)) };
    let mut params: Members = serde_json::from_str(params.get()).map_err(bad)?;
    let Some(meta) = params.get("_meta") else { return Ok((body.to_owned(), None)) };
    let mut meta: BTreeMap<String, Value> = serde_json::from_str(meta.get()).map_err(bad)?;
    let Some(token) = meta.insert("progressToken".to_owned(), json!(id)) else {
        return Ok((body.to_owned(), None));
    };
    params.insert("_meta".to_owned(), raw(&|| serde_json::to_string(&meta)).map_err(bad)?);
    message.insert("params".to_owned(), raw(&|| serde_json::to_string(&params)).map_err(bad)?);
    Ok((serde_json::to_string(&message).map_err(bad)?, Some(token)))
}

/// Hears all that a program says until it ends; then nobody waits for it any more.
async fn listen(
    mut lines: mpsc::Receiver<String>,
    server: Arc<Stdio>,
    waiting: Arc<Mutex<HashMap<u64, Waiting>>>,
    changed: impl Fn() + Send + 'static,
) {
    while let Some(line) = lines.recv().await {
        let Ok(mut message) = serde_json::from_str::<Value>(&line) else { continue };
        let method = message.get("method").and_then(Value::as_str).map(str::to_owned);
        let id = message.get("id").cloned();
        match (method.as_deref(), id) {
            (Some(_), Some(id)) => {
                let error = json!({"code": -32601, "message": "nobody can be asked that here"});
                let refusal = json!({"jsonrpc": "2.0", "id": id, "error": error});
                let _ = server.send(&refusal.to_string()).await;
            }
            (Some("notifications/tools/list_changed"), None) => changed(),
            (Some("notifications/progress"), None) => {
                let of = message["params"]["progressToken"].as_u64();
                let found = of.and_then(|id| {
                    let waiting = lock(&waiting);
                    let it = waiting.get(&id)?;
                    Some((it.to.clone(), it.token.clone()?))
                });
                if let Some((to, token)) = found {
                    message["params"]["progressToken"] = token;
                    // Who does not read loses progress, and nobody else waits for them.
                    let _ = to.try_send(message.to_string());
                }
            }
            (Some(_), None) => {}
            (None, id) => {
                let answered = id.and_then(|it| it.as_u64()).and_then(|id| lock(&waiting).remove(&id));
                if let Some(it) = answered {
                    tokio::spawn(async move { it.to.send(line).await });
                }
            }
        }
    }
    lock(&waiting).clear();
}

fn lock(waiting: &Mutex<HashMap<u64, Waiting>>) -> MutexGuard<'_, HashMap<u64, Waiting>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
