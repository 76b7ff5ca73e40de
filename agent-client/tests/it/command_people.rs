use crate::{
    command::User,
    fake::{Fake, Reply, id},
};
use serde_json::{Value, json};

fn card(digest: &str, max_calls: u32) -> Value {
    let action = |name: &str, ticked: bool| {
        json!({"name": name, "label": name, "effect": "read", "tier": "low", "ticked": ticked,
            "disabled_because": null})
    };
    json!({
        "request": id(), "version": 1, "status": "pending",
        "agent": {"id": "bot", "title": "Bot\u{1b}[2J", "key": 1, "direct": false}, "owner": "paul", "yours": true,
        "agent_since": "2026-01-01T00:00:00Z", "matching_code": "AB-12",
        "sentence": [{"text": "Bot", "strong": true}, {"text": " can read issues.", "strong": false}],
        "worst": {"tier": "low", "headline": "Only reads.", "detail": "Changes nothing."},
        "purpose": {"text": "I need\nit", "removed": 2},
        "history": {"asked": 3, "approved": 2, "denied": 1, "calls_on_average": 4},
        "lines": [{"line": 1, "service": "tracker", "title": "Tracker", "origin": "https://t.example",
            "connection": null, "choices": [], "actions": [action("issues.read", true), action("issues.close", true)],
            "resources": [{"name": "acme/site", "ticked": true}], "conditions": [],
            "max_calls_asked": 50, "max_calls": max_calls}],
        "duration": {"asked": 3600, "chosen": 3600, "options": [3600], "ends_at": "2030-01-01T01:00:00Z"},
        "expires_at": "2030-01-01T00:10:00Z", "asked_at": "2030-01-01T00:00:00Z",
        "request_digest": "a".repeat(64), "grant_digest": digest.repeat(64), "blocked_because": [],
        "permission": {"allowed": true, "why_not": null}, "approve_label": "Approve for 1 hour", "outcome": null
    })
}

fn path(method: &str, below: &str) -> String {
    format!("{method} /v1/inbox/{}{below}", id())
}

async fn broker() -> (Fake, User) {
    let fake = Fake::start().await;
    fake.on(&path("GET", ""), [Reply::ok(&card("b", 50))]);
    fake.on(&path("POST", "/preview"), [Reply::ok(&card("c", 10))]);
    let mut approved = card("c", 10);
    approved["outcome"] = json!({"by": "paul", "at": "2030-01-01T00:01:00Z", "says": "Approved. Bot can read issues.",
        "reason": null, "ends_at": null, "end_reason": null});
    fake.on(&path("POST", "/approve"), [Reply::ok(&approved)])
        .on(&path("POST", "/deny"), [Reply::ok(&approved)]);
    let user = User::of(&fake);
    (fake, user)
}

fn sent(fake: &Fake, what: &str) -> Value {
    let seen = fake.seen().into_iter().find(|seen| seen.what == what).unwrap();
    serde_json::from_str(&seen.body).unwrap()
}

#[tokio::test]
async fn without_a_terminal_nothing_is_approved_unasked() {
    let (fake, user) = broker().await;
    let done = user.run(&["approve", id().as_str()]).await;
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("--yes"), "{}", done.err);
    assert_eq!(fake.count(&path("POST", "/approve")), 0);
}

#[tokio::test]
async fn the_card_is_shown_with_nothing_hidden() {
    let (_fake, user) = broker().await;
    let done = user.run(&["inbox", id().as_str()]).await;
    for said in [
        "Bot can read issues.\nOnly reads. Changes nothing.\n1. Tracker (https://t.example)\n",
        "  [x] issues.close (issues.close)\n",
        "  in [x] acme/site\n  at most 50 calls\n",
        "Bot<U+001B>[2J (your agent) says: \u{201c}I need<U+000A>it\u{201d}\n",
        "2 invisible characters were removed from its words.\n",
    ] {
        assert!(done.out.contains(said), "{said}: {}", done.out);
    }
}

#[tokio::test]
async fn what_is_approved_is_what_was_previewed() {
    let (fake, user) = broker().await;
    let less = ["--without", "issues.close", "--max-calls", "10", "--for", "15m"];
    let done = user.run(&[&["approve", id().as_str(), "--yes"], &less[..]].concat()).await;

    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.ends_with("\nApproved. Bot can read issues.\n"), "{}", done.out);
    let narrowing = json!({"duration": 900, "lines": [{"line": 1, "actions": ["issues.read"],
        "resources": ["acme/site"], "max_calls": 10, "connection": null}]});
    assert_eq!(sent(&fake, &path("POST", "/preview")), narrowing);
    let approval = sent(&fake, &path("POST", "/approve"));
    assert_eq!(approval["narrowing"], narrowing);
    assert_eq!(
        (&approval["request_digest"], &approval["grant_digest"]),
        (&json!("a".repeat(64)), &json!("c".repeat(64)))
    );
}

#[tokio::test]
async fn a_card_that_is_approved_as_it_stands_carries_its_own_digest() {
    let (fake, user) = broker().await;
    let done = user.run(&["approve", id().as_str(), "--yes", "--json"]).await;
    assert_eq!(done.code, 0, "{}", done.err);
    let approval = sent(&fake, &path("POST", "/approve"));
    assert_eq!((&approval["narrowing"], &approval["grant_digest"]), (&Value::Null, &json!("b".repeat(64))));
    assert_eq!(serde_json::from_str::<Value>(&done.out).unwrap()["outcome"]["by"], "paul");
}

#[tokio::test]
async fn a_misspelt_action_approves_nothing() {
    let (fake, user) = broker().await;
    let done = user.run(&["approve", id().as_str(), "--yes", "--without", "issues.clse"]).await;
    assert_eq!((done.code, fake.count(&path("POST", "/approve"))), (2, 0));
    assert!(done.err.contains("issues.clse"), "{}", done.err);
}

#[tokio::test]
async fn what_may_not_be_decided_is_not_sent() {
    let (fake, user) = broker().await;
    let mut foreign = card("b", 50);
    foreign["permission"] = json!({"allowed": false, "why_not": "it is Ada's account"});
    fake.on(&path("GET", ""), [Reply::ok(&foreign)]);
    let done = user.run(&["approve", id().as_str(), "--yes"]).await;
    assert_eq!((done.code, fake.count(&path("POST", "/approve"))), (1, 0));
    assert!(done.err.contains("it is Ada's account"), "{}", done.err);
}

#[tokio::test]
async fn a_denial_carries_the_reason() {
    let (fake, user) = broker().await;
    let done = user.run(&["deny", id().as_str(), "--reason", "too much"]).await;
    assert_eq!(done.code, 0, "{}", done.err);
    let denial = json!({"request_digest": "a".repeat(64), "reason": "too much"});
    assert_eq!(sent(&fake, &path("POST", "/deny")), denial);
}

#[tokio::test]
async fn stopping_says_what_stopped() {
    let (fake, user) = broker().await;
    let stopped = json!({"subject": {"what": "service", "service": "tracker"}, "number": 4, "sessions": 2,
        "narrowed": 1, "requests": 3, "streams": 5, "tokens": 6, "tokens_until": "2030-01-01T00:00:42Z"});
    fake.on("POST /v1/services/tracker/revoke", [Reply::ok(&stopped)]);
    let done = user.run(&["stop", "--service", "tracker", "--block", "--reason", "leak"]).await;
    assert_eq!(done.code, 0, "{}", done.err);
    let words = [
        "2 sessions ended, 1 lost a service, 3 requests",
        "5 calls",
        "6 call tokens",
        "2030-01-01T00:00:42Z",
    ];
    for said in words {
        assert!(done.out.contains(said), "{said}: {}", done.out);
    }
    let sent = sent(&fake, "POST /v1/services/tracker/revoke");
    assert_eq!(sent, json!({"block": true, "reason": "leak"}));
}
