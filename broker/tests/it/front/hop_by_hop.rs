//! Requests that claim, reroute or frame in more than one way, over a real socket. Whatever becomes of each is one of
//! two things: nothing reached the service, or exactly one request with nothing but the listed headers.

use super::{
    support::{Front, line, on_each_front},
    wire::{Door, OK, Wire, status},
};
use crate::support::installation::CANARY;

on_each_front!(one_plain_request_or_none);

/// What may be in a request that the service receives.
const LISTED: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "content-length",
    "content-type",
    "host",
    "prefer",
    "transfer-encoding",
    "user-agent",
    "x-api-key",
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Must {
    /// Reach the service, as one request.
    Pass,
    /// Reach nothing.
    Stop,
    /// Reach nothing; the bytes are not a whole request.
    StopAtTheEnd,
}
use Must::{Pass, Stop, StopAtTheEnd};

/// Headers that are added to a `GET`.
const HEADERS: &[(&str, Must)] = &[
    // Framing that a GET does not need.
    ("Transfer-Encoding: identity\r\n", Stop),
    ("Transfer-Encoding: chunked;q=1\r\n", Stop),
    ("Transfer-Encoding: \"chunked\"\r\n", Stop),
    ("Transfer-Encoding: \u{b}chunked\r\n", Stop),
    ("Transfer-Encoding : chunked\r\n", Stop),
    ("Transfer-Encoding:\r\n chunked\r\n", Stop),
    ("Content-Length: -1\r\n", Stop),
    ("Content-Length: 18446744073709551616\r\n", Stop),
    ("Content-Length: 99999999999999999999999999\r\n", Stop),
    ("Content-Length: 1e1\r\n", Stop),
    ("Content-Length: \r\n", Stop),
    ("Content-Length: 0\r\nContent-Length: 5\r\n", Stop),
    ("Content-Length: 0, 0\r\n", Stop),
    ("Content-Length: 9223372036854775807\r\n", StopAtTheEnd),
    ("Content_Length: 5\r\nTransfer_Encoding: chunked\r\n", Pass),
    ("Content-Length: 0\r\nContent-Length: 0\r\n", Pass),
    // Lines that are no lines.
    ("X-A: 1\r\n\tsmuggled: 2\r\n", Stop),
    ("X-A: 1\rsmuggled: 2\r\n", Stop),
    ("X-A: 1\0smuggled\r\n", Stop),
    ("X A: smuggled\r\n", Stop),
    ("X-A\u{e9}: smuggled\r\n", Stop),
    ("smuggled\r\n", Stop),
    ("X-A: 1\nX-Forwarded-For: smuggled\r\n", Pass),
    // Named to be removed, or to be believed.
    ("Connection: x-api-key\r\n", Pass),
    ("Connection: X-Api-Key, Accept-Encoding, Host\r\n", Pass),
    ("Connection: Authorization\r\n", Pass),
    ("Connection: keep-alive, te, trailers\r\nTE: trailers\r\nTrailer: smuggled\r\n", Pass),
    ("Keep-Alive: smuggled\r\nProxy-Connection: smuggled\r\n", Pass),
    ("Proxy-Authorization: Basic smuggled\r\nProxy-Authenticate: smuggled\r\n", Pass),
    ("X-Api-Key: smuggled\r\nx-api-key: smuggled\r\nX_Api_Key: smuggled\r\n", Pass),
    ("X-Forwarded-For: smuggled\r\nX-Forwarded-Host: smuggled\r\nX-Forwarded-Proto: smuggled\r\n", Pass),
    ("X_Forwarded_For: smuggled\r\nX-Forwarded_Host: smuggled\r\nX-Real-Ip: smuggled\r\n", Pass),
    ("Forwarded: for=smuggled\r\nVia: 1.1 smuggled\r\nX-Cluster-Client-Ip: smuggled\r\n", Pass),
    ("X-Original-URL: /smuggled\r\nX-Rewrite-URL: /smuggled\r\nX-Forwarded-Uri: /smuggled\r\n", Pass),
    ("X-HTTP-Method-Override: DELETE smuggled\r\nX-Method-Override: smuggled\r\n", Pass),
    ("Cookie: smuggled=1\r\nOrigin: smuggled\r\nReferer: smuggled\r\nSec-Fetch-Site: smuggled\r\n", Pass),
    ("Range: bytes=0-smuggled\r\nIf-Range: smuggled\r\nRequest-Range: smuggled\r\n", Pass),
    ("Accept-Encoding: gzip, smuggled\r\nAccept-Charset: smuggled\r\n", Pass),
    ("Idempotency-Key: smuggled\r\nTraceparent: smuggled\r\nX-Request-Id: smuggled\r\n", Pass),
    ("Max-Forwards: 0\r\nEarly-Data: 1\r\nFront-End-Https: smuggled\r\n", Pass),
    ("Expect: smuggled\r\n", Pass),
    ("Expect: 100-continue\r\n", Pass),
    ("Upgrade: websocket\r\nConnection: Upgrade\r\n", Stop),
    ("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings\r\n", Stop),
    ("Host: smuggled.example\r\n", Stop),
    ("Authorization: Basic c211Z2dsZWQ6c211Z2dsZWQ=\r\n", Stop),
    ("Content-Encoding: gzip\r\n", Stop),
    ("Content-Type: a/b\r\nContent-Type: c/d\r\n", Stop),
    ("Accept: a/b\r\nAccept: c/d\r\nUser-Agent: x\r\nPrefer: y\r\nAccept-Language: de\r\n", Pass),
];

/// Bodies of a `PATCH`, with the header that frames them.
const BODIES: &[(&str, &str, Must)] = &[
    ("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n", Pass),
    ("Transfer-Encoding: cHuNkEd\r\n", "3\r\nabc\r\n0\r\n\r\n", Pass),
    ("Transfer-Encoding: chunked\r\n", "3;smuggled=1\r\nabc\r\n0;smuggled\r\n\r\n", Pass),
    (
        "Transfer-Encoding: chunked\r\n",
        "0003\r\nabc\r\n0\r\nsmuggled: 1\r\nAuthorization: smuggled\r\n\r\n",
        Pass,
    ),
    ("Transfer-Encoding: chunked\r\n", "0x3\r\nabc\r\n0\r\n\r\n", Stop),
    ("Transfer-Encoding: chunked\r\n", "-3\r\nabc\r\n0\r\n\r\n", Stop),
    ("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nabc\r\n0\r\n\r\n", Stop),
    ("Transfer-Encoding: chunked\r\n", "3\nabc\n0\n\n", Stop),
    ("Transfer-Encoding: chunked\r\n", "3\r\nabcX0\r\n\r\n", Stop),
    ("Transfer-Encoding: chunked\r\n", "3;a\nsmuggled\r\nabc\r\n0\r\n\r\n", Stop),
    ("Transfer-Encoding: chunked\r\n", "\r\nabc\r\n0\r\n\r\n", Stop),
    ("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", StopAtTheEnd),
    ("Transfer-Encoding: chunked, chunked\r\n", "3\r\nabc\r\n0\r\n\r\n", Stop),
    ("Transfer-Encoding: gzip, chunked\r\n", "3\r\nabc\r\n0\r\n\r\n", Stop),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "3\r\nabc\r\n0\r\n\r\n", Stop),
    ("Content-Length: 3\r\n", "abcGET /smuggled HTTP/1.1\r\n\r\n", Pass),
    ("Content-Length: 9\r\n", "abc", StopAtTheEnd),
];

async fn one_plain_request_or_none(front: &Front) {
    let service = Wire::answering(OK).await;
    front.service("wire", &service.origin(), true, &[("wire", None)]).await;
    let door = Door::open(front, &[line("wire", &["items.read", "items.close"], None)]).await;
    let mut cases: Vec<(String, Must)> = whole(&door.token);
    let head = |method: &str, path: &str, more: &str| {
        format!(
            "{method} /proxy/wire/projects/acme/items{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\n{more}\r\n",
            door.token
        )
    };
    cases.extend(HEADERS.iter().map(|(more, must)| (head("GET", "", more), *must)));
    cases.extend(BODIES.iter().map(|(more, body, must)| (head("PATCH", "/7", more) + body, *must)));
    assert!(cases.len() > 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for (bytes, must) in cases {
        let before = service.connections();
        let answer = match must {
            StopAtTheEnd => door.send_part(bytes.as_bytes()).await,
            Pass | Stop => door.send(bytes.as_bytes()).await,
        };
        let requests = service.seen().await.split_off(before);
        let found = found(&answer, &requests);
        if found != Ok(must == Pass) {
            wrong.push(format!("{must:?} {:?}: {found:?} {answer:.200}", bytes.replace(&door.token, "…")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    front.app.stopping.cancel();
}

/// Requests that are odd as a whole.
fn whole(token: &str) -> Vec<(String, Must)> {
    let path = "/proxy/wire/projects/acme/items";
    let rest = format!("Authorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    vec![
        (format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n{rest}"), Pass),
        // No host, two, another one than ours.
        (format!("GET {path} HTTP/1.1\r\n{rest}"), Stop),
        (format!("GET {path} HTTP/1.0\r\n{rest}"), Stop),
        (format!("\r\n\r\nGET {path} HTTP/1.1\r\nHost: localhost\r\n{rest}"), Pass),
        (format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nHost: smuggled.example\r\n{rest}"), Stop),
        (format!("GET {path} HTTP/1.1\r\nHost: smuggled.example/x@y\r\n{rest}"), Stop),
        (format!("GET http://smuggled.example{path} HTTP/1.1\r\nHost: localhost\r\n{rest}"), Stop),
        (format!("GET http://localhost{path} HTTP/1.1\r\nHost: other.example\r\n{rest}"), Pass),
        (
            format!(
                "GET {path} HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n{rest}0\r\n\r\n"
            ),
            Stop,
        ),
        (format!("GET {path}\r\n\r\n"), StopAtTheEnd),
        (format!("GET {path} HTTP/1.2\r\nHost: localhost\r\n{rest}"), Stop),
        (format!("GET {path} http/1.1\r\nHost: localhost\r\n{rest}"), Stop),
        (format!("GET {path} HTTP/1.1 \r\nHost: localhost\r\n{rest}"), Stop),
        (format!(" GET {path} HTTP/1.1\r\nHost: localhost\r\n{rest}"), Stop),
        (format!("get {path} HTTP/1.1\r\nHost: localhost\r\n{rest}"), Stop),
        (format!("TRACE {path} HTTP/1.1\r\nHost: localhost\r\n{rest}"), Stop),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), StopAtTheEnd),
        (format!("\u{16}\u{3}\u{1}GET {path} HTTP/1.1\r\n{rest}"), Stop),
    ]
}

/// Whether the service received one plain request (and the agent heard its answer), or none; an error otherwise.
fn found(answer: &str, requests: &[String]) -> Result<bool, String> {
    match (status(answer.trim_start_matches("HTTP/1.1 100 Continue\r\n\r\n")), requests) {
        (200, [request]) => plain(request).map(|()| true),
        (0 | 400..=431 | 501 | 505, []) => Ok(false),
        (0 | 400..=431 | 502, [request]) if !is_whole(request) => Ok(false),
        (code, requests) => Err(format!("answered {code}, arrived: {requests:?}")),
    }
}

/// A body that broke off on its way: the service was told no end of it.
fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|it| it.strip_prefix("content-length: ")?.parse::<usize>().ok());
    match length {
        Some(length) => body.trim_end_matches('\0').len() == length,
        None => !head.contains("transfer-encoding") || body.ends_with("0\r\n\r\n"),
    }
}

fn plain(request: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {request:?}"));
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return wrong("no head") };
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    if first != "GET /projects/acme/items HTTP/1.1" && first != "PATCH /projects/acme/items/7 HTTP/1.1" {
        return wrong("another first line");
    }
    let names: Vec<&str> = lines.filter_map(|it| it.split_once(": ")).map(|(name, _)| name).collect();
    let twice = names
        .iter()
        .filter(|name| **name != "accept")
        .any(|name| names.iter().filter(|it| *it == name).count() > 1);
    if head.split("\r\n").count() != names.len() + 1 || twice || names.iter().any(|it| !LISTED.contains(it)) {
        return wrong("headers that are not listed");
    }
    let expected = match (first.starts_with("GET"), names.contains(&"content-length")) {
        (true, _) => "",
        (false, true) => "abc",
        (false, false) => "3\r\nabc\r\n0\r\n\r\n",
    };
    if head.contains("smuggled") || !head.contains(CANARY) || body != expected {
        return wrong("something was smuggled");
    }
    Ok(())
}
