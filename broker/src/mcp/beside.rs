//! What a server says in a session beside its answers (2025-11-25): on to the client that the session belongs to.

use super::{
    link::Link,
    results,
    sessions::{Asked, Session},
    upstream::{UpstreamError, session::Session as Upstream},
};
use crate::egress::Silence;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout},
};

/// How often in a row a stream is opened again that came to nothing.
const MOST_FRUITLESS: u32 = 5;
/// How long is waited before that, twice as long each time.
const WAIT: Duration = Duration::from_secs(1);
/// A stream that lived this long came to something, though nothing was said.
const LIVED: Duration = Duration::from_secs(10);

/// How long a first call waits for the stream.
const OPENING: Duration = Duration::from_secs(1);

/// What a client may be asked.
pub(super) const ASKED: [&str; 4] = ["sampling/createMessage", "elicitation/create", "roots/list", "ping"];
/// What a client may be told.
const TOLD: [&str; 5] = [
    "notifications/progress",
    "notifications/message",
    "notifications/resources/",
    "notifications/prompts/",
    "notifications/elicitation/",
];

/// Begins to hear the server: once this comes back, what it says in the first call is not missed. A server without such a
/// stream says so; one that is silent until there is something to hear is not waited for.
pub(super) async fn begin(link: &Arc<Link>, upstream: &Arc<Upstream>, session: &Arc<Session>) {
    let (link, upstream, session) = (link.clone(), upstream.clone(), session.clone());
    let (open, opened) = oneshot::channel();
    tokio::spawn(async move {
        // What ends the calls of this grant to this service ends what is heard of it, too.
        let Ok(place) = link.place() else { return };
        link.app.inflight.listens(&place);
        tokio::select! {
            () = place.cut.cancelled() => {}
            () = session.ended.cancelled() => {}
            () = hear(&link, &upstream, &session, open) => {}
        }
    });
    let _ = timeout(OPENING, opened).await;
}

/// Hears what the server says until the session is over.
async fn hear(link: &Arc<Link>, upstream: &Arc<Upstream>, session: &Session, open: oneshot::Sender<()>) {
    let (mut last_id, mut open, mut fruitless) = (None, Some(open), 0);
    while fruitless < MOST_FRUITLESS {
        let begun = Instant::now();
        let opened = upstream.listen(link.wire(Silence::Stream), last_id.as_deref()).await;
        open.take().map(|it| it.send(()));
        match opened {
            Ok(mut messages) => {
                while let Some(Ok(text)) = messages.next().await {
                    fruitless = 0;
                    passed_on(link, upstream, session, &text);
                }
                last_id = messages.last_id.take().or(last_id);
            }
            // It has no such stream, or does not know the session any more.
            Err(UpstreamError::Status(_)) => return,
            Err(_) => {}
        }
        if begun.elapsed() >= LIVED {
            fruitless = 0;
        }
        sleep(WAIT * 2_u32.pow(fruitless)).await;
        fruitless += 1;
    }
}

fn passed_on(link: &Arc<Link>, upstream: &Arc<Upstream>, session: &Session, text: &str) {
    let Ok(message) = serde_json::from_str::<Value>(text) else { return };
    let Some(method) = message.get("method").and_then(Value::as_str).map(str::to_owned) else { return };
    if method == "notifications/tools/list_changed" {
        return link.app.mcp.changed(&link.app, &link.service);
    }
    let asked = message.get("id").cloned();
    let known = match asked {
        Some(_) => ASKED.contains(&method.as_str()),
        None => TOLD.iter().any(|it| method.starts_with(it)),
    };
    let Some(Ok(mut cleaned)) = known.then(|| results::cleaned(message, &link.kept)) else { return };
    if let Some(id) = asked {
        let asked = Asked { link: Arc::downgrade(link), upstream: upstream.clone(), id };
        let Some(under) = session.ask(asked) else { return };
        cleaned.value["id"] = json!(under);
    }
    let _ = session.said.send(cleaned.value.to_string().into());
}
