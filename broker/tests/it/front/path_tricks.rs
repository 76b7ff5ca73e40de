//! Every spelling of every trick over a real socket, compared with what the service received, byte for byte: what was
//! judged and recorded is what arrived, or nothing arrived.

use super::{
    support::{Front, on_each_front},
    wire::{Door, OK, Wire, status},
};
use percent_encoding::percent_decode_str;
use serde_json::json;

on_each_front!(what_was_judged_is_what_arrived, targets_of_other_forms_lead_nowhere_else);

/// Pieces that two programs could read in two ways, and some that only look like it.
const TRICKS: &[&str] = &[
    "..",
    ".",
    "...",
    "%2e",
    "%2e%2e",
    "%2E%2e",
    ".%2e",
    "%2e.",
    "/",
    "//",
    "/../",
    "/./",
    "/..",
    "/.../",
    "/%2e%2e/",
    "..;/",
    ";",
    ";a=b",
    "%3b",
    "%3B..",
    "\\",
    "\\..\\",
    "%5c",
    "%5C..%5c",
    "%00",
    "%2500",
    "%252e%252e",
    "%252f",
    "%25%32%65",
    "%2f",
    "%2F..%2f",
    "%c0%ae",
    "%c0%ae%c0%ae",
    "%c0%af",
    "%c1%9c",
    "%e0%80%af",
    "%f0%80%80%af",
    "%ef%bc%8e",
    "%ef%bc%8e%ef%bc%8e",
    "%ef%bc%8f",
    "%ef%bc%bc",
    "%e2%80%a5",
    "%e2%80%a4%e2%80%a4",
    "%e2%88%95",
    "%20",
    "%20..",
    "..%20",
    "%09",
    "%0a",
    "%0d%0aX:%20y",
    "%7f",
    "%c2%85",
    "%c2%a0",
    "%e2%80%ae",
    "%f3%a0%81%81",
    "%ed%a0%80",
    "%f4%90%80%80",
    "%ff",
    "%fe%ff",
    "%",
    "%2",
    "%zz",
    "%+1",
    "%u002e",
    "+",
    "%2b",
    "~",
    "%7e",
    "*",
    "%2a",
    "#",
    "#/../x",
    "%23",
    "%3f",
    "%3F/../",
    "|",
    "%7c",
    "{",
    "%7B",
    "<",
    "%3c",
    "^",
    "`",
    "\"",
    "'",
    "[",
    "]",
    "@",
    "%40",
    ":",
    "::$DATA",
    "=",
    "!",
    "$(x)",
    ",",
    "%41",
    "%c3%a9",
    "%cc%81",
    "\u{e9}",
    "\u{202e}",
    "\u{1}",
    "\t",
    "a.",
    "a..",
    "a%20",
    "a.%20",
    "con.",
    "%e1%9a%80",
    "%e3%80%82",
];

/// Where in an address a trick may stand.
const PLACES: &[&str] = &[
    "/projects/@@/items",
    "/projects/a@@/items",
    "/projects/@@b/items",
    "/projects/a@@b/items",
    "/projects/a/items@@",
    "/@@projects/a/items",
    "/projects/a/items?q=@@",
];

async fn what_was_judged_is_what_arrived(front: &Front) {
    let service = Wire::answering(OK).await;
    front.service("wire", &service.origin(), true, &[("wire", None)]).await;
    let door = Door::open(front, &[json!({"service": "wire", "actions": ["items.read"]})]).await;
    let (mut passed, mut wrong) = (Vec::new(), Vec::new());
    for (place, trick) in PLACES.iter().flat_map(|place| TRICKS.iter().map(move |trick| (place, trick))) {
        let sent = place.replace("@@", trick);
        let before = service.connections();
        let answer = door.send(&request("GET", &format!("/proxy/wire{sent}"), &door.token)).await;
        match (status(&answer), service.connections() - before) {
            (200, 1) => passed.push(sent),
            (400 | 403 | 404, 0) => {}
            (code, arrived) => wrong.push(format!("{sent:?}: answered {code}, {arrived} connections")),
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let seen = service.seen().await;
    assert!(passed.len() > 100 && passed.len() == seen.len(), "{} {}", passed.len(), seen.len());
    let recorded = recorded(front, &door.grant).await;
    assert_eq!(recorded.len(), seen.len());
    for ((sent, bytes), recorded) in passed.iter().zip(&seen).zip(recorded) {
        let target = bytes.strip_prefix("GET ").and_then(|it| it.split_once(" HTTP/1.1\r\n")).unwrap().0;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // What the ledger was told when it allowed the call.
        assert_eq!(domain::digest::of_json(&("GET", path, query)).to_string(), recorded, "{sent:?}");
        means_the_same(sent, target);
        leaves_nothing_to_interpret(path);
    }
    front.app.stopping.cancel();
}

fn request(method: &str, target: &str, token: &str) -> Vec<u8> {
    let head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    format!("{head}Authorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// The digests of the calls that were allowed, oldest first.
async fn recorded(front: &Front, grant: &str) -> Vec<String> {
    let mut conn = front.app.store.read().await.unwrap();
    let rows = broker::store::audit::of_grant(&mut conn, &grant.parse().unwrap(), 10_000).await.unwrap();
    let mut calls: Vec<_> = rows.iter().filter(|row| row.kind == "call.authorised").collect();
    calls.sort_by_key(|row| row.seq);
    let digest =
        |record: &protocol::record::Record| record.facts["arguments_digest"].as_str().unwrap().to_owned();
    calls.into_iter().map(digest).collect()
}

fn decoded(text: &str) -> Vec<u8> {
    percent_decode_str(text).collect()
}

/// Whoever decodes both once reads the same. A fragment is for the client alone; in a query, a plus is a space.
fn means_the_same(sent: &str, arrived: &str) {
    let sent = sent.split('#').next().unwrap();
    let (path, query) = sent.split_once('?').unwrap_or((sent, ""));
    let (path_there, query_there) = arrived.split_once('?').unwrap_or((arrived, ""));
    assert_eq!(decoded(path), decoded(path_there), "{sent:?} {arrived:?}");
    let pieces: Vec<_> =
        query.split('&').filter(|it| !it.is_empty()).map(|it| it.replace('+', "%20")).collect();
    assert_eq!(decoded(&pieces.join("&")), decoded(query_there), "{sent:?} {arrived:?}");
}

/// Written without looking at the canonicaliser: no second decoding, no separator, no step up.
fn leaves_nothing_to_interpret(path: &str) {
    let once = String::from_utf8(decoded(path)).expect("not UTF-8");
    assert_eq!(decoded(&once), once.as_bytes(), "{path:?} can be decoded twice");
    assert!(!once.contains(['\\', ';']) && !once.contains(char::is_control), "{path:?}");
    assert!(once.split('/').skip(1).all(|it| !it.trim_matches(['.', ' ']).is_empty()), "{path:?}");
    assert!(
        path.is_ascii() && !path.contains("//") && !path.to_ascii_lowercase().contains("%2f"),
        "{path:?}"
    );
}

/// Only the path of a target counts; whom it names is never asked for anything.
async fn targets_of_other_forms_lead_nowhere_else(front: &Front) {
    let service = Wire::answering(OK).await;
    front.service("wire", &service.origin(), true, &[("wire", None)]).await;
    let elsewhere = Wire::answering(OK).await;
    let door = Door::open(front, &[json!({"service": "wire", "actions": ["items.read"]})]).await;
    let other = elsewhere.origin();
    let host = other.strip_prefix("http://").unwrap();
    let path = "/proxy/wire/projects/a/items";
    let table = [
        (format!("{other}{path}"), true),
        (format!("https://{host}{path}"), true),
        (format!("http://user:pass@{host}{path}"), false),
        (format!("http://{host}/projects/a/items"), false),
        (format!("http://{host}"), false),
        (format!("ftp://{host}{path}"), true),
        (format!("//{host}{path}"), false),
        (format!("http:{path}"), false),
        (format!("{host}{path}"), false),
        (host.to_owned(), false),
        ("*".to_owned(), false),
        (String::new(), false),
        (format!("/proxy/wire/{other}/projects/a/items"), false),
        (format!("/proxy/{host}/projects/a/items"), false),
        (format!("/proxy/wire@{host}/projects/a/items"), false),
        (format!("/proxy/wire%2f..%2fissues{}", "/projects/a/items"), false),
        ("/proxy/wire/../wire/projects/a/items".to_owned(), false),
        ("/x/../proxy/wire/projects/a/items".to_owned(), false),
        ("/%70roxy/wire/projects/a/items".to_owned(), false),
        ("/proxy//wire/projects/a/items".to_owned(), false),
        ("/PROXY/wire/projects/a/items".to_owned(), false),
    ];
    for (target, passes) in table {
        let before = service.connections();
        let answer = door.send(&request("GET", &target, &door.token)).await;
        let expected = if passes { (true, 1) } else { (false, 0) };
        let found = (status(&answer) == 200, service.connections() - before);
        assert_eq!(found, expected, "{target}: {answer}");
    }
    for bytes in service.seen().await {
        assert!(bytes.starts_with("GET /projects/a/items HTTP/1.1\r\n"), "{bytes}");
    }
    assert_eq!(elsewhere.connections(), 0);
    front.app.stopping.cancel();
}
