//! Requests that two servers could take apart in two ways, over a real socket: none of them reaches the service.

use super::support::{Front, line, on_each_front};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

on_each_front!(malformed_requests_go_nowhere, what_follows_an_unclear_body_is_no_request);

const PATH: &str = "/proxy/issues/projects/acme/items";

/// Sends bytes, ends the sending side, and reads until the broker closes.
async fn raw(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(2), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A listening broker, and the token of an agent that may read with it directly.
async fn listening(front: &Front) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(broker::http::serve(front.app.clone(), listener));
    let lines = [line("issues", &["items.read", "items.close"], None)];
    (address, front.session_of(&front.direct, &lines, 3_600).await.token)
}

async fn malformed_requests_go_nowhere(front: &Front) {
    let (address, token) = listening(front).await;
    let request = |line: &str, more: &str| {
        format!(
            "{line}\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
        )
    };
    let get = format!("GET {PATH} HTTP/1.1");
    assert!(raw(&address, request(&get, "").as_bytes()).await.starts_with("HTTP/1.1 200"));
    assert_eq!(front.upstream.count(), 1);
    let patch = format!("PATCH {PATH}/7 HTTP/1.1");
    let table = [
        request(&get, "X-A: 1\r\n folded\r\n"),
        request(&get, "X-A : 1\r\n"),
        request(&get, "X-A: a\0b\r\n"),
        request(&get, ": nameless\r\n"),
        request(&patch, "Content-Length: 3\r\nContent-Length: 4\r\n") + "abcd",
        request(&patch, "Content-Length: +3\r\n") + "abc",
        request(&patch, "Content-Length: 3, 4\r\n") + "abcd",
        request(&patch, "Content-Length: 0x3\r\n") + "abc",
        request(&patch, "Transfer-Encoding: gzip\r\n") + "abc",
        request(&patch, "Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n",
        request(&patch, "Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n",
        request(&format!("GET  {PATH} HTTP/1.1"), ""),
        request(&format!("GET {PATH} HTTP/1.1 x"), ""),
        request(&format!("GET {PATH}\t HTTP/1.1"), ""),
        request(&format!("GET {PATH} HTTP/2.0"), ""),
        request(&format!("GET {PATH} HTTP/9.9"), ""),
        request(&format!("G\u{1}ET {PATH} HTTP/1.1"), ""),
        request(&format!("GET {PATH}\u{1} HTTP/1.1"), ""),
        request(&format!("CONNECT {PATH} HTTP/1.1"), ""),
        request("GET http://127.0.0.1/ HTTP/1.1", ""),
        request("OPTIONS * HTTP/1.1", ""),
        request(&get, &format!("X-Long: {}\r\n", "a".repeat(200_000))),
        request(&get, &"X-A: 1\r\n".repeat(200)),
    ];
    let mut passed = Vec::new();
    for bytes in &table {
        let before = front.upstream.count();
        let answer = raw(&address, bytes.as_bytes()).await;
        if answer.split(' ').nth(1).is_some_and(|it| it.starts_with('2')) || front.upstream.count() > before {
            passed.push(bytes.replace(&token, "…").chars().take(300).collect::<String>());
        }
    }
    assert_eq!(passed, Vec::<String>::new());
    front.app.stopping.cancel();
}

/// A body framed in two ways is read in one; what would be a request in the other reading is none.
async fn what_follows_an_unclear_body_is_no_request(front: &Front) {
    let (address, token) = listening(front).await;
    let head = |more: &str| {
        let line = format!("PATCH {PATH}/7 HTTP/1.1");
        format!("{line}\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{more}\r\n")
    };
    let inner =
        format!("GET {PATH}?smuggled=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
    let chunk = format!("{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len());
    let bodies = [
        // By its length this would be empty and a second request follow.
        head("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n") + &chunk,
        head("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n") + &chunk,
        head(&format!("Content-Length: {}\r\n", inner.len())) + &inner,
    ];
    for bytes in bodies {
        raw(&address, bytes.as_bytes()).await;
        assert!(front.upstream.received().iter().all(|it| !it.target.contains("smuggled")), "{bytes}");
    }
    front.app.stopping.cancel();
}
