//! What is pushed says that something changed, to those whom it concerns, and never what.

use super::support::{Front, line, on_each_front};
use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http_body_util::BodyExt as _;
use protocol::events::{AgentEvent, PersonEvent};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

on_each_front!(
    a_blocked_agent_hears_nothing_more,
    an_agent_hears_of_its_own_requests,
    a_browser_hears_of_what_its_person_may_see
);

const SOON: Duration = Duration::from_secs(5);

/// An agent's WebSocket (RFC 6455), as far as it is needed: the server's texts are short and not masked.
struct Socket(TcpStream);

impl Socket {
    async fn open(address: &str, token: &str) -> (String, Self) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let key = BASE64_STANDARD.encode([7; 16]);
        let head = format!(
            "GET /v1/events HTTP/1.1\r\nHost: localhost:8420\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(timeout(SOON, stream.read_u8()).await.unwrap().unwrap());
        }
        let status = String::from_utf8(answer).unwrap().split(' ').nth(1).unwrap().to_owned();
        (status, Self(stream))
    }

    /// The next text; none where the socket ended.
    async fn next(&mut self) -> Option<String> {
        let head = timeout(SOON, self.0.read_u16()).await.expect("nothing was said").ok()?;
        let length = usize::from(head & 0x7f);
        assert!(length < 126, "it says too much");
        let mut text = vec![0; length];
        self.0.read_exact(&mut text).await.ok()?;
        (head >> 8 == 0x81).then(|| String::from_utf8(text).unwrap())
    }
}

async fn an_agent_hears_of_its_own_requests(front: &Front) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(broker::http::serve(front.app.clone(), listener));
    for bad in [&front.owner.token, &front.agent.cookie] {
        assert_eq!(Socket::open(&address, bad).await.0, "401");
    }
    let (status, mut socket) = Socket::open(&address, &front.agent.token).await;
    assert_eq!(status, "101");
    let heard = |text: Option<String>| serde_json::from_str::<AgentEvent>(&text.unwrap()).unwrap();
    assert_eq!(heard(socket.next().await), AgentEvent::Resync);
    // Another agent's request first: if it were told, it would be told first.
    front.session_of(&front.other_agent, &[line("issues", &["items.read"], None)], 60).await;
    let asked = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
    front.approve(&front.approver, asked.id.as_str()).await;
    let session = front.redeem(&front.agent, asked.id.as_str()).await;
    let mut versions = Vec::new();
    for _ in 0..3 {
        let text = socket.next().await.unwrap();
        front.holds_no_secret("the socket", &text);
        match serde_json::from_str(&text).unwrap() {
            AgentEvent::RequestChanged { request, version, .. } if request == asked.id => {
                versions.push(version);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    assert!(!session.token.is_empty());
    front.app.stopping.cancel();
    assert_eq!(socket.next().await, None);
    timeout(SOON, server).await.expect("the server did not stop").unwrap().unwrap();
}

async fn a_blocked_agent_hears_nothing_more(front: &Front) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(broker::http::serve(front.app.clone(), listener));
    let (_, mut socket) = Socket::open(&address, &front.agent.token).await;
    let (_, mut other) = Socket::open(&address, &front.other_agent.token).await;
    for socket in [&mut socket, &mut other] {
        assert!(socket.next().await.is_some(), "it begins with a resync");
    }
    let block = serde_json::json!({"block": true});
    assert_eq!(front.owner.at(front).post("/v1/agents/helper/revoke", &block).await.status, 200);
    let closed = timeout(Duration::from_secs(1), socket.next()).await.expect("it stays open");
    assert_eq!(closed, None);
    // Another agent's goes on.
    let asked = front.ask(&front.other_agent, &[line("issues", &["items.read"], None)]).await;
    let text = other.next().await.unwrap();
    assert!(text.contains(asked.id.as_str()), "{text}");
    front.app.stopping.cancel();
    timeout(SOON, server).await.expect("the server did not stop").unwrap().unwrap();
}

async fn a_browser_hears_of_what_its_person_may_see(front: &Front) {
    let open = async |member: &super::cast::Member| {
        let response = member.with_cookie(front).open("GET", "/events", Body::empty()).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &http::HeaderValue::from_static("text/event-stream"))
        );
        response.into_body()
    };
    let (mut owner, mut other) = (open(&front.owner).await, open(&front.other_owner).await);
    let theirs = front.ask(&front.other_agent, &[line("issues", &["items.read"], None)]).await;
    let session = front.usual().await;
    front.read(&session, "").await;
    front.settle().await;
    // Each begins with a resync; then everybody hears of their own agents only.
    assert_eq!(next(front, &mut owner).await, Some(PersonEvent::Resync));
    assert_eq!(next(front, &mut other).await, Some(PersonEvent::Resync));
    let Some(PersonEvent::RequestChanged { request, .. }) = next(front, &mut other).await else { panic!() };
    assert_eq!(request, theirs.id);
    let mut calls = 0;
    while calls == 0 {
        match next(front, &mut owner).await.unwrap() {
            PersonEvent::RequestChanged { request, .. } => assert_eq!(request.as_str(), session.request),
            PersonEvent::CallRecorded { grant } => {
                assert_eq!(grant.as_str(), session.grant);
                calls += 1;
            }
            PersonEvent::Resync => {}
        }
    }
    // It ends with the web session; nothing of the other owner's came until then.
    let token = super::forms::form_token(front, &front.other_owner).await;
    let out = front.other_owner.in_browser(front).form("/sign-out", &[("form_token", &token)]).await;
    assert_eq!(out.status, 303);
    assert_eq!(next(front, &mut other).await, None, "the stream outlived its session");
}

/// The next event; none at the end.
async fn next(front: &Front, body: &mut Body) -> Option<PersonEvent> {
    let frame = timeout(SOON, body.frame()).await.expect("nothing came")?;
    let text = String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap();
    front.holds_no_secret("the event stream", &text);
    let data = text.strip_prefix("data: ").unwrap_or_else(|| panic!("{text}"));
    Some(serde_json::from_str(data.trim_end()).unwrap())
}
