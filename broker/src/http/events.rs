//! Pushing that something changed, never what: by server-sent events to browsers, by WebSocket to agents.

use super::{
    access::{Browser, session},
    origin,
};
use crate::{
    app::App,
    events::{Event, Listener},
    fault::Fault,
    grants::Visitor,
    net::Connection,
    people::permission::{Grounds, may_see},
    store::{agents::Agent, connections, grants as rows},
};
use axum::{
    Extension,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    response::{
        Response, Sse,
        sse::{Event as Sent, KeepAlive},
    },
};
use futures::{Stream, stream};
use http::HeaderMap;
use protocol::{
    RequestId,
    events::{AgentEvent, PersonEvent},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

/// A stream of an ended session closes within this time.
const RECHECK: Duration = Duration::from_millis(900);
/// A WebSocket is asked whether it is still there this often.
const PING: Duration = Duration::from_secs(30);
/// What an agent says on its WebSocket is not listened to; it may not say more than this.
const LARGEST_FRAME: usize = 4096;
/// What a WebSocket reads into. It is there as long as the socket is, and nothing but pongs comes.
const BUFFER: usize = 1024;

struct Watching {
    app: Arc<App>,
    events: Listener,
    visitor: Visitor,
    session: String,
    recheck: Instant,
    first: bool,
}

/// A browser's event stream.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Browser>,
) -> Sse<impl Stream<Item = Result<Sent, Infallible>>> {
    let watching = Watching {
        events: app.events.listen(),
        visitor: who.visitor,
        session: who.session,
        recheck: Instant::now() + RECHECK,
        first: true,
        app,
    };
    let events = stream::unfold(watching, |mut watching| async move {
        let event = watching.next().await?;
        let sent = Sent::default().json_data(&event).unwrap_or_default();
        Some((Ok(sent), watching))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Watching {
    async fn next(&mut self) -> Option<PersonEvent> {
        if std::mem::take(&mut self.first) {
            // Whatever happened between the page and this stream.
            return Some(PersonEvent::Resync);
        }
        loop {
            tokio::select! {
                event = self.events.next() => {
                    let event = event?;
                    if self.may_end_us(&event) {
                        session(&self.app, &self.session).await.ok()?;
                    }
                    if let Some(event) = self.shown(event).await {
                        return Some(event);
                    }
                }
                () = sleep_until(self.recheck) => {
                    session(&self.app, &self.session).await.ok()?;
                    self.recheck = Instant::now() + RECHECK;
                }
                () = self.app.stopping.cancelled() => return None,
            }
        }
    }

    /// Whether this may be the end of the session that listens. (Another broker's clock, or a lost event: it is looked
    /// up every second besides.)
    fn may_end_us(&self, event: &Event) -> bool {
        match event {
            Event::SignedOut { person } => *person == self.visitor.person.id,
            Event::Revoked { .. } | Event::Resync => true,
            _ => false,
        }
    }

    /// What this person may hear of it.
    async fn shown(&self, event: Event) -> Option<PersonEvent> {
        match event {
            Event::Request { request, version, .. } => {
                self.sees(&request).await.then_some(PersonEvent::RequestChanged { request, version })
            }
            Event::Call { grant } => {
                self.sees(&grant.request()).await.then_some(PersonEvent::CallRecorded { grant })
            }
            Event::Revoked { .. } | Event::Vault | Event::Resync => Some(PersonEvent::Resync),
            Event::SignedOut { .. } => None,
        }
    }

    async fn sees(&self, request: &RequestId) -> bool {
        self.look(request).await.unwrap_or(false)
    }

    async fn look(&self, request: &RequestId) -> sqlx::Result<bool> {
        let mut conn = self.app.store.read().await?;
        let stored = rows::find(&mut conn, request).await?;
        let connections = connections::list(&mut conn).await?;
        let person = &self.visitor.person;
        Ok(stored.is_some_and(|it| {
            may_see(person, &it.grant.asked, Grounds { connections: &connections, policy: &self.app.policy })
        }))
    }
}

/// An agent's WebSocket.
pub(super) async fn socket(
    State(app): State<Arc<App>>,
    Extension(agent): Extension<Agent>,
    connection: Option<Extension<Connection>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Fault> {
    origin::no_other_page(&app, &headers)?;
    let upgrade = upgrade.map_err(|_| Fault::invalid("Upgrade", "must ask for a WebSocket"))?;
    let upgrade =
        upgrade.max_message_size(LARGEST_FRAME).max_frame_size(LARGEST_FRAME).read_buffer_size(BUFFER);
    Ok(upgrade.on_upgrade(move |socket| async move {
        tell(app, agent, socket).await;
        // The socket keeps the connection's place until here.
        drop(connection);
    }))
}

async fn tell(app: Arc<App>, agent: Agent, mut socket: WebSocket) {
    let mut events = app.events.listen_to(&agent.id);
    if send(&mut socket, &AgentEvent::Resync).await.is_none() {
        return;
    }
    let mut ping = Instant::now() + PING;
    loop {
        let said = tokio::select! {
            event = events.next() => match event {
                Some(Event::Revoked { .. } | Event::Resync) if !still_welcome(&app, &agent).await => None,
                Some(event) => match heard(&app, &agent, event).await {
                    Some(event) => send(&mut socket, &event).await,
                    None => Some(()),
                },
                None => None,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => None,
                Some(Ok(_)) => Some(()),
            },
            () = sleep_until(ping) => {
                ping = Instant::now() + PING;
                if still_welcome(&app, &agent).await {
                    socket.send(Message::Ping(axum::body::Bytes::new())).await.ok()
                } else {
                    None
                }
            }
            () = app.stopping.cancelled() => None,
        };
        if said.is_none() {
            return;
        }
    }
}

async fn send(socket: &mut WebSocket, event: &AgentEvent) -> Option<()> {
    let text = serde_json::to_string(event).ok()?;
    socket.send(Message::Text(text.into())).await.ok()
}

/// What this agent may hear of it.
async fn heard(app: &App, agent: &Agent, event: Event) -> Option<AgentEvent> {
    match event {
        Event::Request { request, version, agent: whose } if whose == agent.id => {
            let stored = rows::find(&mut app.store.read().await.ok()?, &request).await.ok()??;
            Some(AgentEvent::RequestChanged { request, version, status: stored.grant.status() })
        }
        Event::Request { .. } | Event::Call { .. } | Event::SignedOut { .. } | Event::Vault => None,
        Event::Revoked { .. } | Event::Resync => Some(AgentEvent::Resync),
    }
}

async fn still_welcome(app: &App, agent: &Agent) -> bool {
    let Ok(mut conn) = app.store.read().await else { return false };
    let found = crate::store::agents::find(&mut conn, &agent.id).await;
    matches!(found, Ok(Some(found)) if !found.blocked && found.key == agent.key)
}
