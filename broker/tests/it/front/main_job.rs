//! The main job: an agent asks, a person narrows and approves, the agent calls, and all of it is on the record.

use super::support::{Front, approval, line, on_each_front, wide};
use crate::support::installation::CANARY;
use axum::body::Body;
use protocol::{
    Card, Hint, RequestView,
    access::{EndReason, Me, RequestStatus},
    problem::Code,
    record::Actor,
    sessions::{Inbox, Session},
    timeline::{CallResult, Happened, TimelineKind},
};
use serde_json::json;
use std::time::Duration;

on_each_front!(
    from_the_question_to_the_record,
    what_was_not_granted_is_refused_with_what_would_pass,
    a_limit_is_reached,
    an_ended_session_calls_no_more,
    what_is_granted_lapses_unless_it_is_redeemed,
);

async fn from_the_question_to_the_record(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    assert_eq!(asked.status, RequestStatus::Pending);
    assert_eq!(asked.approve_url, format!("http://localhost:8420/requests/{}", asked.id));
    let id = asked.id.as_str();

    // Who decides finds it, with the same code that the agent's side shows.
    let inbox: Inbox = front.approver.at(front).get("/v1/inbox").await.good();
    assert!(inbox.waiting.iter().any(|it| it.request == asked.id && it.may_decide));
    let card = front.card(&front.approver, id).await;
    assert_eq!(card.matching_code, asked.matching_code);
    let actions = &card.lines[0].actions;
    let ticked: Vec<_> = actions.iter().map(|it| (it.name.as_str(), it.ticked)).collect();
    assert_eq!(ticked, [("items.read", true), ("items.comment", true), ("items.delete", false)]);
    assert_eq!(actions[2].disabled_because.as_deref(), Some("needs a passkey"));

    // Narrowed: another digest, and nothing is decided by looking.
    let narrowing =
        json!({"lines": [{"line": 1, "actions": ["items.read"], "max_calls": 3}], "duration": 900});
    let path = format!("/v1/inbox/{id}/preview");
    let shown: Card = front.approver.at(front).post(&path, &narrowing).await.good();
    assert_ne!(shown.grant_digest, card.grant_digest);
    assert_eq!((shown.duration.chosen, shown.lines[0].max_calls), (900, Some(3)));

    // The agent waits; the approval wakes it.
    let (waiting, deciding) = (format!("/v1/requests/{id}?wait=25"), format!("/v1/inbox/{id}/approve"));
    let decision = approval(&shown, Some(&narrowing));
    let (waited, approved) = tokio::join!(
        tokio::time::timeout(Duration::from_secs(10), front.agent.at(front).get(&waiting)),
        front.approver.at(front).post(&deciding, &decision),
    );
    let approved: Card = approved.good();
    assert_eq!(approved.status, RequestStatus::Approved);
    let view: RequestView = waited.expect("the wait went on after the decision").good();
    assert_eq!(view.status, RequestStatus::Approved);
    let granted = view.granted.unwrap();
    assert_eq!(granted.authorization_details[0].actions, ["items.read"]);
    assert_eq!((granted.ends_at - front.clock.now()).num_seconds(), 900);
    assert_eq!(view.diff[0].granted.as_ref().unwrap().limits.max_calls, Some(3));
    assert!(!view.diff[0].why.is_empty());

    // Redeemed once; then exchanged, and called.
    let session = front.redeem(&front.agent, id).await;
    let again = front.agent.at(front).send("POST", &format!("/v1/requests/{id}/redeem"), Body::empty()).await;
    again.refused(409, Code::AlreadyDone);
    let heard = front.read(&session, "?state=open&q=a%20b").await;
    assert_eq!((heard.status.as_u16(), heard.text().as_str()), (200, "{\"ok\":true}"));
    let received = front.upstream.last();
    assert_eq!(received.target, "/projects/acme/items?state=open&q=a%20b");
    assert_eq!(received.headers["x-api-key"], CANARY);
    assert!(!received.headers.contains_key("authorization"));

    front.settle().await;
    check_record(front, &session.grant).await;
    check_timeline(front, &session.grant).await;
    let me: Me = front.agent.at(front).get("/v1/me").await.good();
    assert_eq!(me.grants[0].left[0].calls, 2);
}

/// Authorised before finished; the facts that the issue names, and nothing of what was in the bodies.
async fn check_record(front: &Front, grant: &str) {
    let record = front.record(grant).await;
    let kinds: Vec<&str> = record.iter().map(|it| it.kind.as_str()).collect();
    let expected = [
        "request.opened",
        "request.approved",
        "grant.redeemed",
        "token.minted",
        "call.authorised",
        "call.finished",
    ];
    assert_eq!(kinds, expected);
    let [.., minted, authorised, finished] = record.as_slice() else { panic!() };
    assert_eq!(minted.call, authorised.call, "the token's id is the call's");
    assert_eq!(authorised.call, finished.call);
    assert_eq!(authorised.actor, Actor::Agent { agent: super::support::service("helper") });
    let facts = &authorised.facts;
    for (name, value) in [
        ("person", json!("ana")),
        ("owner", json!("otto")),
        ("service", json!("issues")),
        ("action", json!("items.read")),
        ("connection", json!("issues")),
        ("method", json!("GET")),
        ("template", json!("/projects/{project}/items")),
        ("names", json!({"project": "acme"})),
        ("query_bytes", json!("state=open&q=a%20b".len())),
    ] {
        assert_eq!(facts.get(name), Some(&value), "{name} in {facts:?}");
    }
    assert_eq!(facts["arguments_digest"].as_str().unwrap().len(), 64);
    assert_eq!((&finished.facts["status"], &finished.facts["bytes"]), (&json!(200), &json!(11)));
    assert_eq!(finished.facts["outcome"], "complete");
    assert!(finished.facts["ms"].is_u64());
    let text = serde_json::to_string(&record).unwrap();
    assert!(!text.contains("\\\"ok\\\"") && !text.contains("state=open"), "{text}");
}

async fn check_timeline(front: &Front, grant: &str) {
    let path = format!("/v1/sessions/{grant}");
    let session: Session = front.owner.at(front).get(&path).await.good();
    assert_eq!((session.summary.calls, session.summary.refused), (1, 0));
    assert_eq!((session.limits[0].used, session.limits[0].max), (1, 3));
    let call = session.timeline.iter().find(|it| it.kind == TimelineKind::Call).unwrap();
    let Happened::Called { result: CallResult::Answered { status, trouble, .. }, .. } = &call.happened else {
        panic!("{call:?}");
    };
    assert_eq!((*status, trouble), (200, &None));
    assert!(call.detail.starts_with("GET /projects/acme/items"), "{call:?}");
}

async fn what_was_not_granted_is_refused_with_what_would_pass(front: &Front) {
    let session = front.session(&[line("issues", &["items.read"], None)]).await;
    let at_exchange = front.token_for(&front.agent, &session, "issues", "items.comment").await;
    assert_eq!(at_exchange.status, 400);
    assert_eq!(at_exchange.json()["error"], "invalid_scope");
    let example = at_exchange.json()["hint"]["example"].clone();
    let asked = front.agent.at(front).post("/v1/requests", &example).await;
    assert_eq!(asked.status, 202, "{}", asked.text());

    // A token for reading does not comment, and says what would.
    let token = front.call_token(&session, "issues", "items.read").await;
    let path = "/proxy/issues/projects/acme/items/7/comments";
    let refused = front.with(&token).send("POST", path, "{}").await;
    let problem = refused.refused(403, Code::NotGranted);
    assert!(problem.detail.ends_with("Nothing was sent to the service."), "{problem:?}");
    let Some(Hint::RequestAccess { example }) = problem.hint else { panic!("{:?}", problem.hint) };
    assert_eq!(example.authorization_details[0].actions, ["items.comment"]);
    assert_eq!(example.authorization_details[0].resources, ["acme"]);
    let example = serde_json::to_value(&example).unwrap();
    let asked: RequestView = front.agent.at(front).post("/v1/requests", &example).await.good();

    // That smallest request, granted, lets exactly this call pass.
    front.approve(&front.approver, asked.id.as_str()).await;
    let more = front.redeem(&front.agent, asked.id.as_str()).await;
    let token = front.call_token(&more, "issues", "items.comment").await;
    assert_eq!(front.with(&token).send("POST", path, "{}").await.status, 200);
    assert_eq!(front.upstream.count(), 1);

    // The refusals are on the record and on the page.
    let record = front.record(&session.grant).await;
    let kinds: Vec<&str> = record.iter().map(|it| it.kind.as_str()).skip(3).collect();
    assert_eq!(kinds, ["token.refused", "token.minted", "call.refused"]);
    assert_eq!(record.last().unwrap().facts["action"], "items.comment");
    let path = format!("/v1/sessions/{}", session.grant);
    let shown: Session = front.owner.at(front).get(&path).await.good();
    assert_eq!(shown.timeline.iter().filter(|it| it.kind == TimelineKind::Refused).count(), 2);
}

async fn a_limit_is_reached(front: &Front) {
    let session = front.session(&[line("issues", &["items.read"], Some(2))]).await;
    let tokens = [(); 3].map(|()| front.call_token(&session, "issues", "items.read"));
    let tokens = futures::future::join_all(tokens).await;
    for (token, status) in tokens.iter().zip([200, 200, 403]) {
        let heard = front.with(token).get("/proxy/issues/projects/acme/items").await;
        assert_eq!(heard.status, status, "{}", heard.text());
        if status == 403 {
            heard.refused(403, Code::LimitReached);
        }
    }
    assert_eq!(front.upstream.count(), 2);
    broker::sweeper::sweep(&front.app).await.unwrap();
    let path = format!("/v1/requests/{}", session.request);
    let view: RequestView = front.agent.at(front).get(&path).await.good();
    assert_eq!((view.status, view.end_reason), (RequestStatus::Ended, Some(EndReason::Exhausted)));
}

async fn an_ended_session_calls_no_more(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let end = format!("/v1/requests/{}/end", session.request);
    let view: RequestView = front.agent.at(front).send("POST", &end, Body::empty()).await.good();
    assert_eq!(view.status, RequestStatus::Ended);
    front.with(&token).get("/proxy/issues/projects/acme/items").await.refused(403, Code::GrantEnded);
    let heard = front.token_for(&front.agent, &session, "issues", "items.read").await;
    assert_eq!((heard.status.as_u16(), heard.json()["code"].clone()), (400, json!("grant_ended")));
    broker::sweeper::sweep(&front.app).await.unwrap();
    let view: RequestView =
        front.agent.at(front).get(&format!("/v1/requests/{}", session.request)).await.good();
    assert_eq!(view.end_reason, Some(EndReason::Closed));
    assert_eq!(front.upstream.count(), 0);
    // Time ends one too, whether anybody wrote it down or not.
    let session = front.session_of(&front.agent, &[line("issues", &["items.read"], None)], 5).await;
    let token = front.call_token(&session, "issues", "items.read").await;
    front.wait(5_000);
    front.with(&token).get("/proxy/issues/projects/acme/items").await.refused(401, Code::Unauthenticated);
    let heard = front.token_for(&front.agent, &session, "issues", "items.read").await;
    assert_eq!(heard.json()["error"], "invalid_request");
}

async fn what_is_granted_lapses_unless_it_is_redeemed(front: &Front) {
    let asked = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
    front.approve(&front.approver, asked.id.as_str()).await;
    front.wait(600_000);
    let path = format!("/v1/requests/{}", asked.id);
    let late = front.agent.at(front).send("POST", &format!("{path}/redeem"), Body::empty()).await;
    late.refused(410, Code::Expired);
    let view: RequestView = front.agent.at(front).get(&path).await.good();
    assert_eq!((view.status, view.end_reason), (RequestStatus::Ended, Some(EndReason::NotRedeemed)));
}
