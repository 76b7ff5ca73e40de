//! A decision is on exactly what was shown, by who may, in time, and once.

use super::support::{Front, approval, line, on_each_front, wide};
use chrono::TimeDelta;
use protocol::{Card, RequestView, access::RequestStatus, problem::Code};
use serde_json::{Value, json};

on_each_front!(
    what_was_not_shown_is_not_approved,
    a_late_decision_does_nothing,
    a_second_decision_does_nothing,
    only_who_may_decides,
    among_several_accounts_a_person_chooses,
    a_narrowing_never_widens,
    a_denial_reaches_the_agent_with_its_reason,
);

async fn pending(front: &Front, id: &str) {
    let view: RequestView = front.agent.at(front).get(&format!("/v1/requests/{id}")).await.good();
    assert_eq!((view.status, view.granted), (RequestStatus::Pending, None));
}

async fn what_was_not_shown_is_not_approved(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let path = format!("/v1/inbox/{}", asked.id);
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let less = json!({"lines": [{"line": 1, "actions": ["items.read"]}]});
    let approve = format!("{path}/approve");
    let heard = front.approver.at(front).post(&approve, &approval(&card, Some(&less))).await;
    let problem = heard.refused(409, Code::Changed);
    assert!(problem.detail.contains("Nothing was done"), "{problem:?}");
    pending(front, asked.id.as_str()).await;
    // The digests of another request do not do either.
    let other = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
    let foreign = front.card(&front.approver, other.id.as_str()).await;
    for (request, grant) in [(&foreign, &card), (&card, &foreign)] {
        let mixed = json!({"request_digest": request.request_digest, "grant_digest": grant.grant_digest});
        front.approver.at(front).post(&approve, &mixed).await.refused(409, Code::Changed);
    }
    pending(front, asked.id.as_str()).await;
    // A fresh look, and it passes.
    let shown: Card = front.approver.at(front).post(&format!("{path}/preview"), &less).await.good();
    let done: Card = front.approver.at(front).post(&approve, &approval(&shown, Some(&less))).await.good();
    assert_eq!(done.status, RequestStatus::Approved);
}

async fn a_late_decision_does_nothing(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let path = format!("/v1/inbox/{}", asked.id);
    let card = front.card(&front.approver, asked.id.as_str()).await;
    front.clock.advance(TimeDelta::seconds(600));
    let approve = front.approver.at(front).post(&format!("{path}/approve"), &approval(&card, None)).await;
    approve.refused(410, Code::Expired);
    let deny = json!({"request_digest": card.request_digest});
    front.approver.at(front).post(&format!("{path}/deny"), &deny).await.refused(410, Code::Expired);
    let late = front.card(&front.approver, asked.id.as_str()).await;
    assert_eq!((late.status, late.grant_digest), (RequestStatus::Lapsed, None));
    broker::sweeper::sweep(&front.app).await.unwrap();
    let approve = front.approver.at(front).post(&format!("{path}/approve"), &approval(&card, None)).await;
    approve.refused(410, Code::Expired);
}

async fn a_second_decision_does_nothing(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let path = format!("/v1/inbox/{}", asked.id);
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let deny = json!({"request_digest": card.request_digest, "reason": "too much"});
    front.approver.at(front).post(&format!("{path}/deny"), &deny).await.good::<Card>();
    let approve = front.approver.at(front).post(&format!("{path}/approve"), &approval(&card, None)).await;
    approve.refused(409, Code::AlreadyDone);
    // Nor after the agent took it back.
    let other = front.ask(&front.agent, &[wide("issues")]).await;
    let card = front.card(&front.approver, other.id.as_str()).await;
    let mine = format!("/v1/requests/{}", other.id);
    let view: RequestView =
        front.agent.at(front).send("DELETE", &mine, axum::body::Body::empty()).await.good();
    assert_eq!(view.status, RequestStatus::Withdrawn);
    let path = format!("/v1/inbox/{}/approve", other.id);
    front.approver.at(front).post(&path, &approval(&card, None)).await.refused(409, Code::AlreadyDone);
}

async fn only_who_may_decides(front: &Front) {
    // A shared account needs the role; that it is one's own agent is not enough.
    let shared = front.ask(&front.agent, &[wide("issues")]).await;
    let card = front.card(&front.owner, shared.id.as_str()).await;
    assert!(!card.permission.allowed);
    assert!(
        card.permission.why_not.as_ref().unwrap().contains("needs the approver role"),
        "{:?}",
        card.permission
    );
    let path = format!("/v1/inbox/{}/approve", shared.id);
    for person in [&front.owner, &front.admin, &front.auditor] {
        person.at(front).post(&path, &approval(&card, None)).await.refused(403, Code::Forbidden);
    }
    front.other_owner.at(front).post(&path, &approval(&card, None)).await.refused(404, Code::NotFound);
    pending(front, shared.id.as_str()).await;
    // A personal one needs its owner, whatever the role; others do not even see it.
    let personal = front.ask(&front.agent, &[wide("notes")]).await;
    let card = front.card(&front.owner, personal.id.as_str()).await;
    let path = format!("/v1/inbox/{}/approve", personal.id);
    front.approver.at(front).post(&path, &approval(&card, None)).await.refused(404, Code::NotFound);
    front.admin.at(front).post(&path, &approval(&card, None)).await.refused(403, Code::Forbidden);
    front.owner.at(front).post(&path, &approval(&card, None)).await.good::<Card>();
    // Another owner's agent cannot even ask for it.
    let wanted = json!({"authorization_details": [wide("notes")], "purpose": "look"});
    let heard = front.other_agent.at(front).post("/v1/requests", &wanted).await;
    assert_eq!(
        heard.refused(422, Code::InvalidRequest).field.as_deref(),
        Some("authorization_details[0].service")
    );
}

async fn among_several_accounts_a_person_chooses(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("twin")]).await;
    let card = front.card(&front.approver, asked.id.as_str()).await;
    assert_eq!((card.lines[0].choices.len(), card.lines[0].connection.clone()), (2, None));
    assert!(card.grant_digest.is_none() && !card.blocked_because.is_empty());
    let choose = |connection: &str| json!({"lines": [{"line": 1, "actions": ["items.read"], "connection": connection}]});
    let path = format!("/v1/inbox/{}", asked.id);
    let preview = format!("{path}/preview");
    let shown: Card = front.approver.at(front).post(&preview, &choose("twin-b")).await.good();
    assert_eq!(shown.lines[0].connection.as_ref().unwrap().id.as_str(), "twin-b");
    let foreign: Card = front.approver.at(front).post(&preview, &choose("notes")).await.good();
    assert!(foreign.grant_digest.is_none());
    let approve = format!("{path}/approve");
    let swapped = front.approver.at(front).post(&approve, &approval(&shown, Some(&choose("twin-a")))).await;
    swapped.refused(409, Code::Changed);
    let none = front.approver.at(front).post(&approve, &approval(&shown, None)).await;
    none.refused(422, Code::InvalidRequest);
    front.approver.at(front).post(&approve, &approval(&shown, Some(&choose("twin-b")))).await.good::<Card>();
    let session = front.redeem(&front.agent, asked.id.as_str()).await;
    let token = front.call_token(&session, "twin", "items.read").await;
    assert_eq!(front.with(&token).get("/proxy/twin/projects/acme/items").await.status, 200);
    assert!(
        front
            .record(&session.grant)
            .await
            .iter()
            .any(|it| it.facts.get("connection") == Some(&json!("twin-b")))
    );
}

async fn a_narrowing_never_widens(front: &Front) {
    let asked = front.ask(&front.agent, &[line("issues", &["items.read", "items.delete"], Some(5))]).await;
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let path = format!("/v1/inbox/{}/approve", asked.id);
    let line = |fields: Value| {
        let mut line = json!({"line": 1, "actions": ["items.read"]});
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"lines": [line]})
    };
    let wider = [
        line(json!({"actions": ["items.comment"]})),
        line(json!({"actions": ["items.delete"]})),
        line(json!({"actions": []})),
        line(json!({"resources": ["other"]})),
        line(json!({"resources": []})),
        line(json!({"max_calls": 6})),
        line(json!({"max_calls": 0})),
        line(json!({"line": 2})),
        json!({"lines": []}),
        json!({"lines": [{"line": 1, "actions": ["items.read"]}], "duration": 7200}),
        json!({"lines": [{"line": 1, "actions": ["items.read"]}], "duration": 1}),
    ];
    for narrowing in wider {
        let heard = front.approver.at(front).post(&path, &approval(&card, Some(&narrowing))).await;
        assert_eq!(heard.status, 422, "{narrowing} {}", heard.text());
        assert!(heard.problem().detail.contains("Nothing was"), "{}", heard.text());
        pending(front, asked.id.as_str()).await;
    }
}

async fn a_denial_reaches_the_agent_with_its_reason(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let deny = json!({"request_digest": card.request_digest, "reason": "One project\nis enough"});
    front.approver.at(front).post(&format!("/v1/inbox/{}/deny", asked.id), &deny).await.good::<Card>();
    let view: RequestView = front.agent.at(front).get(&format!("/v1/requests/{}", asked.id)).await.good();
    assert_eq!((view.status, view.reason.as_deref()), (RequestStatus::Denied, Some("One project is enough")));
    assert!(view.diff.iter().all(|diff| diff.granted.is_none()));
}
