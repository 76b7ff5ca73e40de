//! A service that says its credential back in every place where an answer can carry words: none of them arrives.

use super::{
    support::{Front, on_each_front},
    wire::{Wire, read_request},
};
use crate::support::installation::CANARY;
use base64::{Engine as _, prelude::*};
use protocol::problem::Code;
use serde_json::json;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt as _;

on_each_front!(
    every_form_cut_at_every_byte,
    heads_trailers_and_events_tell_nothing,
    what_is_compressed_is_not_passed_on,
    a_redirect_is_never_followed_and_leads_back_or_nowhere
);

const REMOVED: &str = "[removed by countersign]";

/// A service that says whatever a test wants.
struct Parrot {
    wire: Wire,
    says: Arc<Mutex<Vec<u8>>>,
    token: String,
    grant: String,
}

impl Parrot {
    async fn start(front: &Front) -> Self {
        let says: Arc<Mutex<Vec<u8>>> = Arc::default();
        let words = says.clone();
        let wire = Wire::serving(move |mut stream| {
            let words = words.clone();
            async move {
                let request = read_request(&mut stream).await;
                assert!(
                    String::from_utf8(request).unwrap().contains(CANARY),
                    "the credential did not arrive"
                );
                let words = words.lock().unwrap().clone();
                let _ = stream.write_all(&words).await;
            }
        })
        .await;
        front.service("parrot", &wire.origin(), true, &[("parrot", None)]).await;
        let lines = [json!({"service": "parrot", "actions": ["items.read"]})];
        let session = front.session_of(&front.direct, &lines, 3_600).await;
        Self { wire, says, token: session.token, grant: session.grant }
    }

    /// Calls; the answer is listened to for secrets by the harness, too.
    async fn says(&self, front: &Front, words: impl Into<Vec<u8>>) -> super::cast::Heard {
        *self.says.lock().unwrap() = closing(words.into());
        front.with(&self.token).get("/proxy/parrot/projects/acme/items").await
    }
}

/// The answer, saying that nothing follows on its connection. A parrot talks once: a broker that learned of the end only
/// after it had sent the next call there would answer 502.
fn closing(mut answer: Vec<u8>) -> Vec<u8> {
    let last = |part: &[u8], text: &[u8]| text.windows(part.len()).rposition(|it| it == part);
    let head = last(b"HTTP/1.1 ", &answer);
    let line = head.and_then(|at| Some(at + answer[at..].windows(2).position(|it| it == b"\r\n")?));
    if let Some(end) = line {
        answer.splice(end..end, *b"\r\nconnection: close");
    }
    answer
}

/// Every way in which servers write what they were sent, the whole of it.
fn forms() -> Vec<String> {
    let each = |write: fn(u8) -> String| CANARY.bytes().map(write).collect::<String>();
    let mut forms = vec![
        CANARY.to_owned(),
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("{byte:02X}")),
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("%{byte:02X}")),
        each(|byte| format!("\\u{byte:04x}")),
        each(|byte| format!("\\u{byte:04X}")),
        each(|byte| format!("\\x{byte:02x}")),
        each(|byte| format!("&#{byte};")),
        each(|byte| format!("&#x{byte:x};")),
    ];
    // Three alignments: alone, and behind one and two other bytes.
    for before in ["", "x", "xy"] {
        let text = format!("{before}{CANARY}");
        forms.extend([BASE64_STANDARD.encode(&text), BASE64_STANDARD_NO_PAD.encode(&text)]);
        forms.extend([BASE64_URL_SAFE.encode(&text), BASE64_URL_SAFE_NO_PAD.encode(&text)]);
    }
    forms
}

/// The middle of a form, which depends on nothing but the secret.
fn middle(form: &str) -> &str {
    &form[form.len() / 4..form.len() * 3 / 4]
}

/// One answer for each form: the form again and again, cut between two chunks one byte later each time.
async fn every_form_cut_at_every_byte(front: &Front) {
    let parrot = Parrot::start(front).await;
    for form in forms() {
        let mut answer =
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for cut in 1..form.len() {
            for piece in [&form[..cut], &form[cut..], "\n"] {
                answer.extend(format!("{:x}\r\n{piece}\r\n", piece.len()).into_bytes());
            }
        }
        answer.extend(b"0\r\n\r\n");
        let heard = parrot.says(front, answer).await;
        let text = heard.text();
        assert_eq!(heard.status, 200);
        assert_eq!(text.lines().count(), form.len() - 1, "{form}: {text}");
        for line in text.lines() {
            // What base64 has around the secret's own characters may stay.
            assert!(line.contains(REMOVED) && line.len() <= REMOVED.len() + 6, "{form}: {line}");
        }
        assert!(!text.contains(middle(&form)), "{form}: {text}");
    }
}

async fn heads_trailers_and_events_tell_nothing(front: &Front) {
    let parrot = Parrot::start(front).await;
    for form in forms() {
        let chunked = "transfer-encoding: chunked";
        let events = "content-type: text/event-stream";
        let answers = [
            format!("HTTP/1.1 200 {form}\r\ncontent-length: 2\r\n\r\nok"),
            format!("HTTP/1.1 500 {form}\r\ncontent-length: 2\r\n\r\nok"),
            format!(
                "HTTP/1.1 200 OK\r\nx-echo: a {form} b\r\netag: \"{form}\"\r\ncontent-length: 2\r\n\r\nok"
            ),
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/{form}\r\nvary: {form}\r\ncontent-length: 2\r\n\r\nok"
            ),
            format!(
                "HTTP/1.1 302 OK\r\nlocation: /x?key={form}\r\nlink: </{form}>; rel=next\r\ncontent-length: 0\r\n\r\n"
            ),
            format!(
                "HTTP/1.1 200 OK\r\n{chunked}\r\ntrailer: x-echo\r\n\r\n2\r\nok\r\n0\r\nx-echo: {form}\r\n\r\n"
            ),
            format!("HTTP/1.1 200 OK\r\n{chunked}\r\n\r\n2;echo=\"{form}\"\r\nok\r\n0\r\n\r\n"),
            format!(
                "HTTP/1.1 103 Early Hints\r\nx-echo: {form}\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
            ),
            format!("HTTP/1.1 200 OK\r\n{events}\r\n\r\nid: {form}\nevent: {form}\ndata: {form}\n\n"),
            format!("HTTP/1.0 200 OK\r\n\r\n{form}"),
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{form}", form.len()),
            // Cut before the end, by the service or by a lie about the length.
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{form}", form.len() - 4),
        ];
        for answer in answers {
            let heard = parrot.says(front, answer.clone().into_bytes()).await;
            assert!(heard.status == 200 || heard.status == 500 || heard.status == 302, "{answer}");
            let told = format!("{:?} {}", heard.headers, heard.text());
            assert!(!told.contains(middle(&form)), "{answer}\n{told}");
            assert!(!heard.headers.contains_key("trailer") && !heard.headers.contains_key("content-length"));
        }
    }
    // As the name of a header, in the case that names have.
    let answer =
        format!("HTTP/1.1 200 OK\r\nx-{}: 1\r\ncontent-length: 2\r\n\r\nok", CANARY.to_ascii_lowercase());
    let heard = parrot.says(front, answer).await;
    assert!(!format!("{:?}", heard.headers).contains(middle(&CANARY.to_ascii_lowercase())));
}

async fn what_is_compressed_is_not_passed_on(front: &Front) {
    let parrot = Parrot::start(front).await;
    let codings = [
        "gzip",
        "x-gzip",
        "GZip",
        "deflate",
        "br",
        "zstd",
        "compress",
        "dcb",
        "identity, gzip",
        "gzip, identity",
        "aes128gcm",
        "\"identity\"",
        "identity;q=1",
        ",gzip",
    ];
    for coding in codings {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: 2\r\n\r\nok");
        let problem = parrot.says(front, answer).await.refused(502, Code::UpstreamFailed);
        assert!(problem.detail.contains("upstream_content_encoding"), "{coding}: {problem:?}");
        let end = front.last_call(&parrot.grant).await;
        assert_eq!((end.kind.as_str(), &end.facts["outcome"]), ("call.finished", &json!("answer_refused")));
    }
    for plain in ["identity", "Identity", ""] {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {plain}\r\ncontent-length: 2\r\n\r\nok");
        assert_eq!(parrot.says(front, answer).await.text(), "ok", "{plain}");
    }
}

async fn a_redirect_is_never_followed_and_leads_back_or_nowhere(front: &Front) {
    let elsewhere = Wire::answering(super::wire::OK).await;
    let parrot = Parrot::start(front).await;
    let own = parrot.wire.origin();
    let other = elsewhere.origin();
    let table = [
        (format!("{other}/projects/acme/items"), ""),
        (format!("//{}/x", other.strip_prefix("http://").unwrap()), ""),
        (format!("{own}@evil.example/x"), ""),
        (format!("{own}.evil.example/x"), ""),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), ""),
        ("http://[fd00:ec2::254]/".to_owned(), ""),
        ("javascript:alert(1)".to_owned(), ""),
        ("JaVaScRiPt:alert(1)".to_owned(), ""),
        ("data:text/html,x".to_owned(), ""),
        ("file:///etc/passwd".to_owned(), ""),
        ("\\\\evil.example\\x".to_owned(), ""),
        ("/\\evil.example/x".to_owned(), ""),
        ("/a/%2e%2e/%2e%2e/x".to_owned(), "/proxy/parrot/x"),
        ("/../../../sign-out".to_owned(), "/proxy/parrot/sign-out"),
        ("/a%2f..%2f..%2fx".to_owned(), ""),
        ("../../..".to_owned(), "/proxy/parrot/"),
        (format!("{own}/projects/acme/items?page=2#x"), "/proxy/parrot/projects/acme/items?page=2"),
        ("items?page=2".to_owned(), "/proxy/parrot/projects/acme/items?page=2"),
    ];
    for status in [301, 302, 303, 307, 308] {
        for (to, expected) in &table {
            let answer = format!("HTTP/1.1 {status} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
            let before = parrot.wire.connections();
            let heard = parrot.says(front, answer).await;
            assert_eq!((heard.status.as_u16(), heard.header("location")), (status, *expected), "{to}");
            assert_eq!(parrot.wire.connections(), before + 1, "{to} was followed");
            assert_eq!(heard.header("content-security-policy"), "sandbox");
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}
