//! Streams of what is said beside answers. Each ends with its grant.

use super::{Door, message::Id, reply, sessions::Session};
use crate::{app::App, calls::holder::Holder, store::history};
use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::Response;
use protocol::{GrantId, Slug};
use serde_json::json;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::timeout,
};

/// How often a stream that says nothing looks whether its grant is still alive.
const LOOK: Duration = Duration::from_secs(1);
/// After how many looks it says that it is alive itself.
const ALIVE: u32 = 15;

/// What a session with a handshake hears (2025-11-25).
pub(super) fn session(app: &Arc<App>, session: Arc<Session>) -> Response<Body> {
    let grant = session.grant.clone();
    let said = session.said.subscribe();
    let ended = move |app: &App| app.mcp.sessions.end(&session.id);
    let listening = Listening {
        app: app.clone(),
        said,
        grant,
        silent: 0,
        text: |text: Arc<str>| Some(text.to_string()),
        ended,
    };
    reply::events(stream::unfold(listening, Listening::next))
}

/// That tools are others now, for whoever subscribed to that (2026-07-28).
pub(super) fn tools(app: &Arc<App>, holder: &Holder, door: &Door, id: &Id, wanted: bool) -> Response<Body> {
    let subscription: serde_json::Value = serde_json::from_str(id.text()).unwrap_or_default();
    let meta = json!({"io.modelcontextprotocol/subscriptionId": subscription});
    let honoured = if wanted { json!({"toolsListChanged": true}) } else { json!({}) };
    let acknowledged = json!({
        "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
        "params": {"notifications": honoured, "_meta": meta},
    });
    let changed =
        json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": meta}});
    let changed = changed.to_string();
    let door = door.clone();
    let text = move |service: Slug| {
        (wanted && door.as_ref().is_none_or(|door| *door == service)).then(|| changed.clone())
    };
    let said = app.mcp.changes.subscribe();
    let listening = Listening {
        app: app.clone(),
        said,
        grant: holder.grant.clone(),
        silent: 0,
        text,
        ended: |_: &App| {},
    };
    let first = stream::iter([Ok::<_, Infallible>(reply::event(&acknowledged.to_string()))]);
    reply::events(first.chain(stream::unfold(listening, Listening::next)))
}

/// Under which action a server is asked for what changes, of those that are held; what of it is not held is asked of nobody.
pub(super) fn held(held: &[String], wanted: &mut serde_json::Value) -> Option<&'static str> {
    let families = [
        ("resources/read", ["resourcesListChanged", "resourceSubscriptions"].as_slice()),
        ("prompts/get", ["promptsListChanged"].as_slice()),
    ];
    let mut under = None;
    for (action, members) in families {
        if held.iter().any(|it| it == action) {
            under = under.or(Some(action));
        } else if let Some(wanted) = wanted.as_object_mut() {
            for member in members {
                wanted.remove(*member);
            }
        }
    }
    under
}

struct Listening<T, F, E> {
    app: Arc<App>,
    said: Receiver<T>,
    grant: GrantId,
    silent: u32,
    /// What of it is for this stream.
    text: F,
    /// What is done when the grant is over.
    ended: E,
}

impl<T: Clone, F: Fn(T) -> Option<String>, E: Fn(&App)> Listening<T, F, E> {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            match timeout(LOOK, self.said.recv()).await {
                Ok(Ok(said)) => {
                    if let Some(text) = (self.text)(said) {
                        self.silent = 0;
                        return Some((Ok(reply::event(&text)), self));
                    }
                }
                Ok(Err(RecvError::Lagged(_))) => {}
                Ok(Err(RecvError::Closed)) => return None,
                Err(_) => {
                    let mut conn = self.app.store.read().await.ok()?;
                    let now = self.app.clock.now();
                    if self.app.stopping.is_cancelled()
                        || !history::is_live(&mut conn, &self.grant, now).await.ok()?
                    {
                        (self.ended)(&self.app);
                        return None;
                    }
                    self.silent += 1;
                    if self.silent.is_multiple_of(ALIVE) {
                        return Some((Ok(Bytes::from_static(reply::COMMENT.as_bytes())), self));
                    }
                }
            }
        }
    }
}
