//! Services that hang, drip, flood, lie and talk nonsense, all at once: each call ends within its limits with an
//! outcome on the record, and meanwhile other services answer and a session can be stopped.

use super::{
    support::{Front, eventually, line, on_each_front, run_with},
    wire::{Door, Wire, read_request},
};
use broker::{
    app::Parts,
    egress::EgressLimits,
    store::{Engine, audit},
};
use protocol::{record::Record, revoke::Stopped};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::{sleep, timeout},
};

on_each_front!(alone: every_misbehaviour_ends_and_has_an_outcome, neighbours_and_revocations_do_not_wait);

/// What a service does after it has read the request.
#[derive(Clone, Copy)]
enum Does {
    /// Says this and closes.
    Say(&'static str),
    /// Says this and then nothing more.
    Hold(&'static str),
    /// Says this and then that again and again, much of it.
    Flood(&'static str, &'static str),
    /// Says this and then that again and again, slowly.
    Drip(&'static str, &'static str),
    /// Says this and breaks the connection.
    Reset(&'static str),
}
use Does::{Drip, Flood, Hold, Reset, Say};

/// What the agent hears and the record says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    /// No answer; nobody knows what the service did, and why.
    Unknown(&'static str),
    /// The service did it, and its answer is not passed on.
    Withheld(&'static str),
    /// A beginning of the answer, and no end.
    BrokenOff,
    /// This whole body.
    Whole(&'static str),
    /// This status, which has no body.
    Bare(u16),
}
use Ends::{Bare, BrokenOff, Unknown, Whole, Withheld};

const HEAD: &str = "HTTP/1.1 200 OK\r\n";
const LONG: &str = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const LINE: &str = "x-long: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n";

const CASES: &[(Does, Ends)] = &[
    // Heads.
    (Hold(""), Unknown("upstream_timeout")),
    (Hold("HTTP/1.1 200"), Unknown("upstream_timeout")),
    (Hold("HTTP/1.1 100 Continue\r\n\r\n"), Unknown("upstream_timeout")),
    (Drip("HTTP/1.1 200 OK\r\nx: ", "a"), Unknown("upstream_timeout")),
    (Drip("", "HTTP/1.1 102 Processing\r\n\r\n"), Unknown("upstream_timeout")),
    (Flood("", "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"), Unknown("upstream_timeout")),
    (Flood(HEAD, LINE), Unknown("upstream_head_too_large")),
    (Flood("HTTP/1.1 200 OK\r\nx: ", LINE), Unknown("upstream_head_too_large")),
    (Flood("HTTP/1.1 200 ", "reason "), Unknown("upstream_head_too_large")),
    (Say(""), Unknown("upstream_broken")),
    (Say("HTTP/1.1 200 OK\r\nx: "), Unknown("upstream_broken")),
    (Reset(""), Unknown("upstream_broken")),
    (Say("SSH-2.0-OpenSSH_9.9\r\n\r\n"), Unknown("upstream_broken")),
    (Say("\u{16}\u{3}\u{1}\u{2}\0\r\n\r\n"), Unknown("upstream_broken")),
    (Say("<html>HTTP/0.9</html>\r\n\r\n"), Unknown("upstream_broken")),
    (Say("HTTP/2.0 200 OK\r\n\r\n"), Unknown("upstream_broken")),
    (Say("HTTP/1.1 99999 OK\r\n\r\n"), Unknown("upstream_broken")),
    (Say("HTTP/1.1 200 OK\r\nfolded: a\r\n b\r\n\r\n"), Unknown("upstream_broken")),
    (Say("HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n"), Unknown("upstream_broken")),
    (
        Say("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
        Unknown("upstream_switched_protocols"),
    ),
    // Lengths.
    (Say("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"), Unknown("upstream_broken")),
    (
        Say("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!"),
        Unknown("upstream_broken"),
    ),
    (Say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"), BrokenOff),
    (Say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more"), Whole("ok")),
    (
        Say(
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged",
        ),
        Whole("ok"),
    ),
    (Say("HTTP/1.0 200 OK\r\n\r\nuntil the end"), Whole("until the end")),
    (Say("HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\nbody"), Bare(204)),
    (Say("HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n\r\n"), Bare(304)),
    // Bodies.
    (Hold("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nstop"), BrokenOff),
    (Reset("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nreset"), BrokenOff),
    (Drip(LONG, "a"), BrokenOff),
    (Flood(LONG, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), BrokenOff),
    (Flood("HTTP/1.0 200 OK\r\n\r\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), BrokenOff),
    (Drip(CHUNKED, "1\r\na\r\n"), BrokenOff),
    (Drip("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", ":\n\n"), BrokenOff),
    (Say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n"), BrokenOff),
    (Say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\nx\r\n"), BrokenOff),
    (Say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"), BrokenOff),
    (Flood("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", "extension;"), BrokenOff),
    (Flood("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", LINE), BrokenOff),
    (
        Say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-trailer: y\r\n\r\n"),
        Whole("ok"),
    ),
    (
        Say("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        Withheld("upstream_content_encoding"),
    ),
    (
        Say("HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 2\r\n\r\nok"),
        Withheld("upstream_content_encoding"),
    ),
];

/// Of the limits, the order matters: nothing here waits for another.
fn short(parts: &mut Parts) {
    parts.egress = EgressLimits {
        connect: Duration::from_secs(4),
        first_byte: Duration::from_secs(4),
        idle_body: Duration::from_secs(3),
        total: Duration::from_secs(8),
        ..EgressLimits::default()
    };
}

/// Does what the call's project says: its number.
async fn misbehave(mut stream: TcpStream) {
    let request = String::from_utf8(read_request(&mut stream).await).unwrap();
    // A call that was cut before it was sent has none.
    let Some(number) = request.split('/').nth(2).and_then(|it| it.parse::<usize>().ok()) else { return };
    match CASES[number].0 {
        Say(text) => drop(stream.write_all(text.as_bytes()).await),
        Hold(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
        Reset(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            // What was said has arrived before it is taken back.
            sleep(Duration::from_millis(50)).await;
            stream.set_zero_linger().unwrap();
        }
        Drip(text, drop) => {
            let _ = stream.write_all(text.as_bytes()).await;
            while stream.write_all(drop.as_bytes()).await.is_ok() {
                sleep(Duration::from_millis(40)).await;
            }
        }
        Flood(text, wave) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let wave = wave.repeat(100);
            while stream.write_all(wave.as_bytes()).await.is_ok() {
                sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

async fn every_misbehaviour_ends_and_has_an_outcome(engine: Engine) {
    run_with(engine, &short, async |front: &Front| {
        let wire = Wire::serving(misbehave).await;
        front.service("wild", &wire.origin(), true, &[("wild", None)]).await;
        let session = front
            .session_of(&front.direct, &[json!({"service": "wild", "actions": ["items.read"]})], 3_600)
            .await;
        let calls = (0..CASES.len()).map(|number| call(front, &session.token, number));
        let heard = futures::future::join_all(calls).await;
        front.settle().await;
        let recorded = recorded(front, &session.grant).await;
        let mut wrong = Vec::new();
        for (number, (_, expected)) in CASES.iter().enumerate() {
            let (heard, recorded) = (&heard[number], &recorded[&number]);
            if heard != &ending(*expected) || recorded != &on_record(*expected) {
                wrong.push(format!("{number}: {expected:?}: heard {heard:?}, recorded {recorded:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(wire.connections(), CASES.len(), "a call was sent twice");
    })
    .await;
}

/// What an agent hears: the status, and the body with `…` where it broke off.
async fn call(front: &Front, token: &str, number: usize) -> (u16, String) {
    use http_body_util::BodyExt as _;
    let path = format!("/proxy/wild/projects/{number}/items");
    let response = front.with(token).open("GET", &path, axum::body::Body::empty()).await;
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => text.extend(frame.into_data().unwrap_or_default()),
            Err(_) => return (status, "…".to_owned()),
        }
    }
    let text = String::from_utf8(text).unwrap();
    front.holds_no_secret("a misbehaving service", &text);
    // Of a problem, its code.
    let code = text.split(['(', ')']).nth(1).filter(|_| status >= 500);
    (status, code.map_or(text.clone(), str::to_owned))
}

fn ending(expected: Ends) -> (u16, String) {
    match expected {
        Unknown(code @ "upstream_timeout") => (504, code.to_owned()),
        Unknown(code) | Withheld(code) => (502, code.to_owned()),
        BrokenOff => (200, "…".to_owned()),
        Bare(status) => (status, String::new()),
        Whole(text) => (200, text.to_owned()),
    }
}

fn on_record(expected: Ends) -> (String, String) {
    let (kind, outcome) = match expected {
        Unknown(_) => ("call.outcome_unknown", "unknown"),
        Withheld(_) => ("call.finished", "answer_refused"),
        BrokenOff => ("call.finished", "broken"),
        Whole(_) | Bare(_) => ("call.finished", "complete"),
    };
    (kind.to_owned(), outcome.to_owned())
}

/// Kind and outcome of each call, by its project.
async fn recorded(front: &Front, grant: &str) -> BTreeMap<usize, (String, String)> {
    let mut conn = front.app.store.read().await.unwrap();
    let records = audit::of_grant(&mut conn, &grant.parse().unwrap(), 10_000).await.unwrap();
    let begun = records.iter().filter(|it| it.kind == "call.authorised");
    let ended = |begun: &Record| {
        let end =
            records.iter().find(|it| it.call == begun.call && it.facts.contains_key("outcome")).unwrap();
        (end.kind.clone(), end.facts["outcome"].as_str().unwrap().to_owned())
    };
    begun.map(|it| (it.facts["resource"].as_str().unwrap().parse().unwrap(), ended(it))).collect()
}

async fn neighbours_and_revocations_do_not_wait(engine: Engine) {
    // With the usual limits: everything here stays open for as long as the test runs.
    run_with(engine, &|_| {}, async |front: &Front| {
        let wire = Wire::serving(misbehave).await;
        front.service("wild", &wire.origin(), true, &[("wild", None)]).await;
        let door = Door::open(front, &[json!({"service": "wild", "actions": ["items.read"]})]).await;
        // Not the floods: they cost work, for which this test is no measure.
        let slow = |it: &usize| matches!(CASES[*it].0, Hold(_) | Drip(..));
        let slow: Vec<usize> = (0..CASES.len()).filter(slow).collect();
        let numbers = slow.iter().cycle().take(60);
        let many: Vec<_> = numbers.map(|number| door.get(&format!("wild/projects/{number}"))).collect();
        eventually(|| async { wire.connections() == many.len() }).await;
        // Through the same broker: another service, a page, a decision.
        let near = Door::open(front, &[line("issues", &["items.read"], None)]).await;
        for _ in 0..20 {
            let answer = near.get("issues/projects/acme").await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        let session = front.session(&[line("issues", &["items.read"], None)]).await;
        assert_eq!(front.approver.in_browser(front).get("/sessions").await.status, 200);
        assert!(front.app.inflight.len() > many.len() / 2, "the neighbours had gone before");
        let stop = format!("/v1/sessions/{}/stop", door.grant);
        let stopped: Stopped = front.owner.at(front).post(&stop, &json!({})).await.good();
        assert!(stopped.sessions == 1 && stopped.streams > 0, "{stopped:?}");
        // Now every call ends, whatever its service does.
        let ended = timeout(Duration::from_mins(1), futures::future::join_all(many)).await;
        assert!(ended.unwrap().iter().all(Result::is_ok));
        assert_eq!(front.read(&session, "").await.status, 200);
        front.app.stopping.cancel();
    })
    .await;
}
