//! What changed, over a WebSocket. It travels through the same HTTP client as everything else, so that proxies,
//! certificates and errors are the same; only the frames are tokio-tungstenite's.

use crate::{
    error::Error,
    http::{Ask, Auth, Http, answer},
};
use futures::StreamExt;
use protocol::events::AgentEvent;
use reqwest::{
    StatusCode, Upgraded,
    header::{
        CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use std::time::Duration;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

/// No event is larger.
const LARGEST: usize = 64 * 1024;
/// How long the upgrade may take.
const UPGRADE_TIME: Duration = Duration::from_secs(15);

/// A live connection on which the broker says what changed. It never carries tokens.
pub struct Events {
    socket: WebSocketStream<Upgraded>,
}

impl Events {
    pub(crate) async fn connect(http: &Http, auth: &Auth) -> Result<Self, Error> {
        let connecting = tokio::time::timeout(UPGRADE_TIME, upgrade(http, auth)).await;
        let too_slow = |_| Error::Unreachable { why: "the WebSocket took too long to open".to_owned() };
        let stream = connecting.map_err(too_slow)??;
        let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        Ok(Self { socket: WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await })
    }

    /// The next event; none once the connection is over. What this version does not know counts as
    /// [`AgentEvent::Resync`]: read again and you miss nothing.
    pub async fn next(&mut self) -> Option<AgentEvent> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => {
                    return Some(serde_json::from_str(text.as_str()).unwrap_or(AgentEvent::Resync));
                }
                Message::Close(_) => return None,
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

/// RFC 6455 section 4.1: asks for the upgrade and checks that it was a WebSocket that accepted.
async fn upgrade(http: &Http, auth: &Auth) -> Result<Upgraded, Error> {
    let key = generate_key();
    let request = http
        .build(auth, &Ask::get(&["v1", "events"]))?
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key);
    let response = http.send(request, true).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(answer::decode_error(response, true).await);
    }
    let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
    if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
        return Err(Error::protocol("something that is no WebSocket accepted the upgrade"));
    }
    response.upgrade().await.map_err(|why| answer::unreachable(&why))
}
