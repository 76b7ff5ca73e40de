//! Ending early, by every subject, through the people's API: who may, and exactly what stops.

use super::{
    cast::Member,
    support::{Front, Session, line, on_each_front},
};
use protocol::{problem::Code, revoke::Stopped};
use serde_json::json;

on_each_front!(each_subject_stops_exactly_its_own, only_who_may_stops, a_blocked_service_is_not_asked_for);

async fn stop(front: &Front, who: &Member, path: &str) -> Stopped {
    who.at(front).post(path, &json!({"reason": "enough"})).await.good()
}

/// Two sessions of one owner's agents and one of another's, a call token in each, and a request that waits.
async fn sessions(front: &Front) -> [Session; 3] {
    let both = [line("issues", &["items.read"], None), line("down", &["items.read"], None)];
    let first = front.session(&both).await;
    let second = front.session_of(&front.direct, &[line("issues", &["items.read"], None)], 3_600).await;
    let third = front.session_of(&front.other_agent, &[line("down", &["items.read"], None)], 3_600).await;
    front.call_token(&first, "issues", "items.read").await;
    front.ask(&front.agent, &[line("issues", &["items.read"], Some(1))]).await;
    [first, second, third]
}

async fn each_subject_stops_exactly_its_own(front: &Front) {
    // Sessions, narrowed sessions, waiting requests, call tokens.
    let table: [(&str, &Member, [i64; 4]); 7] = [
        ("/v1/sessions/GRANT/stop", &front.owner, [1, 0, 0, 1]),
        ("/v1/sessions/GRANT/services/issues/take-away", &front.approver, [0, 1, 0, 1]),
        ("/v1/sessions/GRANT/services/down/take-away", &front.owner, [0, 1, 0, 0]),
        ("/v1/services/issues/revoke", &front.admin, [1, 1, 1, 1]),
        ("/v1/agents/helper/revoke", &front.owner, [1, 0, 1, 1]),
        ("/v1/people/otto/revoke", &front.admin, [2, 0, 1, 1]),
        ("/v1/stop-all", &front.admin, [3, 0, 1, 1]),
    ];
    for (path, who, expected) in table {
        let [first, ..] = sessions(front).await;
        let stopped = stop(front, who, &path.replace("GRANT", &first.grant)).await;
        let counts = [stopped.sessions, stopped.narrowed, stopped.requests, stopped.tokens];
        assert_eq!(counts, expected, "{path} {stopped:?}");
        assert_eq!(stopped.tokens_until.is_some(), expected[3] > 0, "{stopped:?}");
        // Nothing is left of this round for the next.
        let rest = stop(front, &front.admin, "/v1/stop-all").await;
        assert_eq!(stopped.sessions + rest.sessions, 3, "{path}");
        assert_eq!(stopped.requests + rest.requests, 1, "{path}");
        if path.contains("people") {
            // A revoked person has to come in again.
            assert_eq!(front.owner.at(front).get("/v1/inbox").await.status, 401);
            assert_eq!(front.owner.in_browser(front).get("/").await.status, 303);
        }
    }
}

async fn only_who_may_stops(front: &Front) {
    let session = front.usual().await;
    let path = format!("/v1/sessions/{}/stop", session.grant);
    front.other_owner.at(front).post(&path, &json!({})).await.refused(404, Code::NotFound);
    front.auditor.at(front).post(&path, &json!({})).await.refused(403, Code::Forbidden);
    for path in ["/v1/services/issues/revoke", "/v1/people/otto/revoke", "/v1/stop-all"] {
        for person in [&front.other_owner, &front.approver, &front.auditor] {
            person.at(front).post(path, &json!({})).await.refused(403, Code::Forbidden);
        }
    }
    front
        .other_owner
        .at(front)
        .post("/v1/agents/helper/revoke", &json!({}))
        .await
        .refused(404, Code::NotFound);
    for agent in [&front.agent, &front.other_agent] {
        agent.at(front).post(&path, &json!({})).await.refused(401, Code::Unauthenticated);
    }
    let end = format!("/v1/requests/{}/end", session.request);
    front.other_agent.at(front).post(&end, &json!({})).await.refused(404, Code::NotFound);
    assert_eq!(front.read(&session, "").await.status, 200);
    // The approver who let it in may let it out, and anybody may take back what is theirs.
    assert_eq!(stop(front, &front.approver, &path).await.sessions, 1);
    let stopped = stop(front, &front.other_owner, "/v1/people/mallory/revoke").await;
    assert_eq!(stopped.sessions, 0);
    for path in ["/v1/services/nowhere/revoke", "/v1/agents/nobody/revoke", "/v1/people/nobody/revoke"] {
        front.admin.at(front).post(path, &json!({})).await.refused(404, Code::NotFound);
    }
}

async fn a_blocked_service_is_not_asked_for(front: &Front) {
    let body = json!({"block": true});
    let heard = front.admin.at(front).post("/v1/services/issues/revoke", &body).await;
    heard.good::<Stopped>();
    let wanted = json!({"authorization_details": [line("issues", &["items.read"], None)], "purpose": "look"});
    front.agent.at(front).post("/v1/requests", &wanted).await.refused(422, Code::InvalidRequest);
    let services = front.owner.at(front).get("/v1/services").await.json();
    let issues = services.as_array().unwrap().iter().find(|it| it["id"] == "issues").unwrap();
    assert_eq!((&issues["blocked"], &issues["live_sessions"]), (&json!(true), &json!(0)));
}
