//! Slow clients by the thousand: who revokes, and who calls, does not notice them.

use super::{ask, ask_on, get, listen, status};
use crate::front::support::{Front, eventually, line, on_each_front};
use broker::net::{Connections, Limits, Network};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

on_each_front!(
    two_thousand_slow_clients_stop_no_revocation,
    agents_leave_connections_for_people,
    an_unproven_connection_makes_room,
    a_head_has_to_come,
);

const SLOW: usize = 2_000;

fn with(limits: Limits) -> (Network, Connections) {
    let connections = Connections::new(limits);
    (Network { connections: connections.clone(), ..Network::default() }, connections)
}

/// A client that never ends its head, or never its body.
async fn slow(address: SocketAddr, n: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let start = if n.is_multiple_of(2) {
        "GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    } else {
        "POST /sign-in/link HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nto"
    };
    stream.write_all(start.as_bytes()).await.unwrap();
    stream
}

async fn two_thousand_slow_clients_stop_no_revocation(front: &Front) {
    let head = Duration::from_mins(10);
    let (network, connections) = with(Limits { head, unproven_of_one: 4_096, ..Limits::of_this_process() });
    assert!(connections.limits().unproven > SLOW, "this machine may not open enough files: {connections:?}");
    let issues = front.session_of(&front.direct, &[line("issues", &["items.read"], None)], 3_600).await;
    let notes = front.session_of(&front.direct, &[line("notes", &["items.read"], None)], 3_600).await;
    let address = listen(front, network).await;
    let mut clients = Vec::new();
    for n in 0..SLOW {
        clients.push(slow(address, n).await);
    }
    eventually(|| async { connections.counts().unproven >= SLOW }).await;
    let dripping = tokio::spawn(async move {
        loop {
            for client in &mut clients {
                // The broker has the right to give up on one.
                let _ = client.write_all(b"x").await;
            }
            tokio::task::yield_now().await;
        }
    });
    let call = async |service: &str, token: &str| {
        let headers = format!("Host: localhost\r\nAuthorization: Bearer {token}\r\n");
        ask(address, &get(&format!("/proxy/{service}/projects/acme/items"), &headers)).await
    };
    assert_eq!(status(&call("issues", &issues.token).await), "200");
    let revoke = format!(
        "POST /v1/services/issues/revoke HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 0\r\n\r\n",
        front.admin.token
    );
    let stopped = ask(address, &revoke).await;
    assert_eq!(status(&stopped), "200", "{stopped}");
    assert_eq!(status(&call("issues", &issues.token).await), "401");
    assert_eq!(status(&call("notes", &notes.token).await), "200");
    assert!(connections.counts().open >= SLOW / 2, "they were held: {:?}", connections.counts());
    dripping.abort();
    front.app.stopping.cancel();
}

async fn agents_leave_connections_for_people(front: &Front) {
    let (network, connections) = with(Limits { connections: 4, agents: 2, ..Limits::default() });
    let address = listen(front, network).await;
    let me = get("/v1/me", &format!("Host: localhost\r\nAuthorization: Bearer {}\r\n", front.agent.token));
    let inbox =
        get("/v1/inbox", &format!("Host: localhost\r\nAuthorization: Bearer {}\r\n", front.admin.token));
    let mut agents = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert_eq!(status(&ask_on(&mut stream, &me).await.unwrap()), "200");
        agents.push(stream);
    }
    let refused = ask(address, &me).await;
    assert_eq!(status(&refused), "503");
    assert!(refused.contains("retry-after: 2") && refused.contains("\"code\":\"busy\""), "{refused}");
    assert_eq!(status(&ask(address, &inbox).await), "200");
    agents.pop();
    eventually(|| async { connections.counts().agents < 2 }).await;
    assert_eq!(status(&ask(address, &me).await), "200");
    front.app.stopping.cancel();
}

async fn an_unproven_connection_makes_room(front: &Front) {
    let limits = Limits { unproven_of_one: 2, grace: Duration::ZERO, ..Limits::default() };
    let (network, connections) = with(limits);
    let address = listen(front, network).await;
    let me = get("/v1/me", &format!("Host: localhost\r\nAuthorization: Bearer {}\r\n", front.agent.token));
    let mut agent = TcpStream::connect(address).await.unwrap();
    assert_eq!(status(&ask_on(&mut agent, &me).await.unwrap()), "200");
    let mut oldest = slow(address, 0).await;
    eventually(|| async { connections.counts().unproven == 1 }).await;
    let _others = [slow(address, 0).await, slow(address, 1).await];
    let mut rest = Vec::new();
    // It ends, one way or the other.
    let _ = oldest.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "no answer for what was no request");
    assert!(ask_on(&mut agent, &me).await.unwrap().contains("HTTP/1.1 200"), "proven ones stay");
    front.app.stopping.cancel();
}

async fn a_head_has_to_come(front: &Front) {
    let (network, connections) = with(Limits { head: Duration::from_millis(50), ..Limits::default() });
    let address = listen(front, network).await;
    let mut stream = slow(address, 0).await;
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    eventually(|| async { connections.counts().open == 0 }).await;
    front.app.stopping.cancel();
}
