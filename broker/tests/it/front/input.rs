//! What is sent is bounded, and where it is wrong the answer names the field. Nothing that was sent writes pages, JSON
//! or log lines of its own.

use super::support::{Front, line, log, on_each_front};
use axum::body::{Body, Bytes};
use futures::{StreamExt as _, stream};
use protocol::{RequestView, problem::Code};
use serde_json::{Value, json};
use std::convert::Infallible;

on_each_front!(
    the_field_that_is_wrong_is_named,
    what_is_no_json_is_refused,
    bodies_have_a_size,
    bodies_have_a_time,
    hostile_words_stay_words,
);

fn good() -> Value {
    json!({"authorization_details": [line("issues", &["items.read"], None)], "purpose": "look", "duration": 60})
}

async fn the_field_that_is_wrong_is_named(front: &Front) {
    let table = [
        ("/approved", json!(true), "approved"),
        ("/purpose", json!(7), "purpose"),
        ("/purpose", json!("x".repeat(281)), "purpose"),
        ("/purpose", json!(" \u{200b} "), "purpose"),
        ("/duration", json!("60"), "duration"),
        ("/duration", json!(-1), "duration"),
        ("/duration", json!(1.5), "duration"),
        ("/duration", json!(4), "duration"),
        ("/duration", json!(43_201), "duration"),
        ("/duration", json!(4_294_967_296_u64), "duration"),
        ("/idempotency_key", json!("a b"), "idempotency_key"),
        ("/authorization_details", json!({}), "authorization_details"),
        ("/authorization_details", json!([]), "authorization_details"),
        ("/authorization_details/0/service", json!("Issues"), "authorization_details[0].service"),
        ("/authorization_details/0/service", json!("nowhere"), "authorization_details[0].service"),
        ("/authorization_details/0/actions", json!([]), "authorization_details[0].actions"),
        ("/authorization_details/0/actions", json!(["items.fly"]), "authorization_details[0].actions[0]"),
        ("/authorization_details/0/actions", json!([7]), "authorization_details[0].actions[0]"),
        ("/authorization_details/0/resources", json!(["a/b"]), "authorization_details[0].resources[0]"),
        ("/authorization_details/0/resources", json!(["a\u{0}"]), "authorization_details[0].resources[0]"),
        (
            "/authorization_details/0/resources",
            json!(["a\u{202e}b"]),
            "authorization_details[0].resources[0]",
        ),
        (
            "/authorization_details/0/limits",
            json!({"max_calls": 0}),
            "authorization_details[0].limits.max_calls",
        ),
        ("/authorization_details/0/limits", json!({"calls": 1}), "authorization_details[0].limits.calls"),
        ("/authorization_details/0/type", json!("other"), "authorization_details[0].type"),
        ("/authorization_details/0/approved", json!(true), "authorization_details[0].approved"),
    ];
    for (at, value, field) in table {
        let mut wanted = good();
        let (parent, name) = at.rsplit_once('/').unwrap();
        wanted.pointer_mut(parent).unwrap()[name] = value.clone();
        let problem =
            front.agent.at(front).post("/v1/requests", &wanted).await.refused(422, Code::InvalidRequest);
        assert_eq!(problem.field.as_deref(), Some(field), "{at} {value} {problem:?}");
        assert!(problem.detail.ends_with("Nothing was done."), "{problem:?}");
    }
    let me: protocol::access::Me = front.agent.at(front).get("/v1/me").await.good();
    assert_eq!(me.pending.len(), 0);
    front.agent.at(front).get("/v1/requests/req_x").await.refused(404, Code::NotFound);
    let bad = front.agent.at(front).get(&format!("/v1/requests/req_{:032x}?wait=x", 7)).await;
    assert_eq!(bad.refused(422, Code::InvalidRequest).field.as_deref(), Some("wait"));
}

async fn what_is_no_json_is_refused(front: &Front) {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let text = good().to_string();
    let twice = text.replacen('{', "{\"purpose\":\"other\",", 1);
    let bodies: Vec<Vec<u8>> = vec![
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\xff\xfe".to_vec(),
        text.replace("look", "lo\u{0}ok").into_bytes(),
        [text.replace("look\"", "").as_bytes().split_last().unwrap().1, b"\xff\"}"].concat(),
        format!("{text}{text}").into_bytes(),
        format!("{text},").into_bytes(),
        twice.into_bytes(),
        text.replacen('{', &format!("{{\"x\":{},", deep(200)), 1).into_bytes(),
        deep(30_000).into_bytes(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let asking = front.agent.at(front).header("content-type", "application/json");
        let heard = asking.send("POST", "/v1/requests", body).await;
        assert_eq!(heard.status, 422, "{shown}");
        heard.refused(422, Code::InvalidRequest);
    }
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        let asking = front.agent.at(front).header("content-type", media_type);
        let problem =
            asking.send("POST", "/v1/requests", text.clone()).await.refused(422, Code::InvalidRequest);
        assert_eq!(problem.field.as_deref(), Some("Content-Type"));
    }
}

async fn bodies_have_a_size(front: &Front) {
    let body = |bytes: usize| {
        let text = good().to_string();
        format!("{text}{}", " ".repeat(bytes - text.len()))
    };
    let send = |bytes: usize| {
        front.agent.at(front).header("content-type", "application/json").send(
            "POST",
            "/v1/requests",
            body(bytes),
        )
    };
    assert_eq!(send(64 * 1024).await.status, 202);
    send(64 * 1024 + 1).await.refused(413, Code::TooLarge);
    // One that does not say how long it is, and never ends.
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b' '; 4096])));
    let asking = front.agent.at(front).header("content-type", "application/json");
    asking.send("POST", "/v1/requests", Body::from_stream(endless)).await.refused(413, Code::TooLarge);
    let form = [("token", "x")].repeat(20_000);
    let own = super::cast::anonymous(front).header("sec-fetch-site", "same-origin");
    assert_eq!(own.form("/sign-in/link", &form).await.status, 413);
}

/// Time stands still once the body begins, and jumps when there is nothing else to do.
async fn bodies_have_a_time(front: &Front) {
    let slow = stream::once(async {
        tokio::time::pause();
        Ok::<_, Infallible>(Bytes::from_static(b"{"))
    });
    let body = Body::from_stream(slow.chain(stream::pending()));
    let asking = front.agent.at(front).header("content-type", "application/json");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let heard = std::thread::scope(|scope| {
        let asking = scope.spawn(move || runtime.block_on(asking.send("POST", "/v1/requests", body)));
        asking.join().unwrap()
    });
    heard.refused(408, Code::Timeout);
}

async fn hostile_words_stay_words(front: &Front) {
    let purpose =
        "</output><script>alert(1)</script>\u{202e}\u{200b}\u{e0041}\u{1b}[31m\n{\"level\":\"ERROR\"}'\"&";
    let mut wanted = good();
    wanted["purpose"] = json!(purpose);
    let asked: RequestView = front.agent.at(front).post("/v1/requests", &wanted).await.good();
    assert_eq!(asked.removed_characters, 4);
    let id = asked.id.as_str();
    let card = front.card(&front.approver, id).await;
    assert!(!card.purpose.text.chars().any(domain::text::is_forbidden), "{:?}", card.purpose);
    for path in ["/", &format!("/requests/{id}"), "/sessions"] {
        let page = front.approver.in_browser(front).get(path).await.text();
        assert!(!page.contains("<script>alert"), "{path}: {page}");
        let odd = page.chars().find(|c| *c != '\n' && *c != '\t' && domain::text::is_forbidden(*c));
        assert_eq!(odd, None, "{path}");
    }
    // In an address, a field's name, a header.
    let session = front.session(&[json!({"service": "issues", "actions": ["items.read"]})]).await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let heard = front.with(&token).get("/proxy/issues/projects/a%E2%80%AEb/items").await;
    assert_eq!(heard.status, 200);
    front.settle().await;
    let page = front.owner.in_browser(front).get(&format!("/sessions/{}", session.grant)).await.text();
    assert!(page.contains("project a\\u{202e}b"), "{page}");
    let mut odd = good();
    odd["a\u{202e}\n\u{1b}b"] = json!(1);
    let heard = front.agent.at(front).post("/v1/requests", &odd).await;
    assert!(!heard.text().contains('\u{202e}'), "{}", heard.text());
    for text in log().lines() {
        assert!(serde_json::from_str::<Value>(text).is_ok(), "a line of the log was forged: {text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
