//! What takes more than one person, and who they may be.

use super::{
    cast::{Heard, Member},
    support::{Front, approval, line, on_each_front, run_with, wide},
};
use crate::support::installation::{definition, slug};
use broker::{
    app::Parts,
    ledger::acts::Declaration,
    store::{Engine, people::Person},
};
use domain::policy::Policy;
use protocol::{
    Card, RequestView, Tier, access::RequestStatus, people::Scope, problem::Code, sessions::Role,
};
use serde_json::{Value, json};

on_each_front!(alone:
    two_people_approve_exactly_the_same,
    another_narrowing_starts_anew,
    one_denial_ends_it,
    whose_consent_was_revoked_does_not_count,
    a_revocation_of_either_ends_the_session,
    of_many_at_once_two_are_enough_and_none_is_counted_twice,
    four_eyes_are_not_the_owners,
    nobody_decides_beyond_their_scope,
    what_nobody_could_approve_is_not_asked,
);

/// Commenting takes two people.
async fn with_two(engine: Engine, test: impl AsyncFn(&Front)) {
    let two = |parts: &mut Parts| parts.policy.approvals = [1, 2, 2, 2];
    run_with(engine, &two, test).await;
}

fn commenting() -> Value {
    line("issues", &["items.read", "items.comment"], None)
}

async fn try_to_approve(front: &Front, person: &Member, card: &Card, narrowing: Option<&Value>) -> Heard {
    let path = format!("/v1/inbox/{}/approve", card.request);
    person.at(front).post(&path, &approval(card, narrowing)).await
}

async fn view(front: &Front, id: &str) -> RequestView {
    front.agent.at(front).get(&format!("/v1/requests/{id}")).await.good()
}

async fn two_people_approve_exactly_the_same(engine: Engine) {
    with_two(engine, async |front| {
        let paul = front.person("paul").await;
        let asked = front.ask(&front.agent, &[commenting()]).await;
        let shown = front.card(&front.approver, asked.id.as_str()).await;
        assert_eq!((shown.quorum.approvals, shown.quorum.given.len()), (2, 0));
        assert_eq!(shown.quorum.missing.as_deref(), Some("1 more must approve it"));

        let waits = front.approve(&front.approver, asked.id.as_str()).await;
        assert_eq!((waits.status, waits.quorum.given[0].by.as_str()), (RequestStatus::Pending, "ana"));
        assert!(!waits.permission.allowed, "she has said it");
        let again = try_to_approve(front, &front.approver, &waits, None).await;
        again.refused(409, Code::AlreadyDone);
        let pending = view(front, asked.id.as_str()).await;
        assert_eq!((pending.status, pending.granted), (RequestStatus::Pending, None));
        let path = format!("/v1/requests/{}/redeem", asked.id);
        front
            .agent
            .at(front)
            .send("POST", &path, axum::body::Body::empty())
            .await
            .refused(409, Code::AlreadyDone);

        let second = front.card(&paul, asked.id.as_str()).await;
        assert_eq!((second.grant_digest, second.quorum.missing), (waits.grant_digest.clone(), None));
        let done = front.approve(&paul, asked.id.as_str()).await;
        assert_eq!(done.status, RequestStatus::Approved);
        let session = front.redeem(&front.agent, asked.id.as_str()).await;
        assert_eq!(front.read(&session, "").await.status, 200);
        let record = front.record(&session.grant).await;
        let of = |kind: &str| record.iter().find(|it| it.kind == kind).unwrap().facts.clone();
        assert_eq!(of("request.approved")["earlier"], json!(["ana"]));
        assert_eq!(of("request.consented")["grant_digest"], of("request.approved")["grant_digest"]);
    })
    .await;
}

async fn another_narrowing_starts_anew(engine: Engine) {
    with_two(engine, async |front| {
        let paul = front.person("paul").await;
        let asked = front.ask(&front.agent, &[wide("issues")]).await;
        let both = json!({"lines": [{"line": 1, "actions": ["items.read", "items.comment"]}]});
        let path = format!("/v1/inbox/{}/preview", asked.id);
        let shown: Card = front.approver.at(front).post(&path, &both).await.good();
        try_to_approve(front, &front.approver, &shown, Some(&both)).await.good::<Card>();
        // What she approved is what the next one is shown; less than that is another thing.
        let second = front.card(&paul, asked.id.as_str()).await;
        assert_eq!(second.grant_digest, shown.grant_digest);
        let less = json!({"lines": [{"line": 1, "actions": ["items.comment"]}]});
        let shown: Card = paul.at(front).post(&path, &less).await.good();
        assert_eq!((shown.quorum.otherwise.clone(), shown.quorum.given.len()), (vec![slug("ana")], 0));
        let waits: Card = try_to_approve(front, &paul, &shown, Some(&less)).await.good();
        assert_eq!((waits.status, waits.quorum.given.len()), (RequestStatus::Pending, 1));
        assert_eq!(waits.quorum.given[0].by.as_str(), "paul");
        let done = front.approve(&front.approver, asked.id.as_str()).await;
        assert_eq!(done.status, RequestStatus::Approved);
        let granted = view(front, asked.id.as_str()).await.granted.unwrap();
        assert_eq!(granted.authorization_details[0].actions, ["items.comment"]);
    })
    .await;
}

async fn one_denial_ends_it(engine: Engine) {
    with_two(engine, async |front| {
        let paul = front.person("paul").await;
        let asked = front.ask(&front.agent, &[commenting()]).await;
        let card = front.approve(&front.approver, asked.id.as_str()).await;
        let deny = json!({"request_digest": card.request_digest});
        paul.at(front).post(&format!("/v1/inbox/{}/deny", asked.id), &deny).await.good::<Card>();
        assert_eq!(view(front, asked.id.as_str()).await.status, RequestStatus::Denied);
    })
    .await;
}

async fn revoke(front: &Front, person: &str) -> Value {
    let path = format!("/v1/people/{person}/revoke");
    front.admin.at(front).post(&path, &json!({})).await.good()
}

async fn whose_consent_was_revoked_does_not_count(engine: Engine) {
    with_two(engine, async |front| {
        let paul = front.person("paul").await;
        let asked = front.ask(&front.agent, &[commenting()]).await;
        front.approve(&front.approver, asked.id.as_str()).await;
        revoke(front, "ana").await;
        let waits = front.approve(&paul, asked.id.as_str()).await;
        assert_eq!(waits.status, RequestStatus::Pending, "of the two only one stands");
        assert_eq!(waits.quorum.given.iter().map(|it| it.by.as_str()).collect::<Vec<_>>(), ["paul"]);
    })
    .await;
}

async fn a_revocation_of_either_ends_the_session(engine: Engine) {
    for person in ["ana", "paul"] {
        with_two(engine, async |front| {
            let paul = front.person("paul").await;
            let asked = front.ask(&front.agent, &[commenting()]).await;
            front.approve(&front.approver, asked.id.as_str()).await;
            front.approve(&paul, asked.id.as_str()).await;
            let session = front.redeem(&front.agent, asked.id.as_str()).await;
            assert_eq!(front.read(&session, "").await.status, 200);
            assert_eq!(revoke(front, person).await["sessions"], 1, "{person}");
            let heard = front.token_for(&front.agent, &session, "issues", "items.read").await;
            assert_eq!(heard.status, 400, "{person}: {}", heard.text());
        })
        .await;
    }
}

async fn of_many_at_once_two_are_enough_and_none_is_counted_twice(engine: Engine) {
    with_two(engine, async |front| {
        let paul = front.person("paul").await;
        let asked = front.ask(&front.agent, &[commenting()]).await;
        let cards = [
            (&front.approver, front.card(&front.approver, asked.id.as_str()).await),
            (&paul, front.card(&paul, asked.id.as_str()).await),
        ];
        let tries = (0..16).map(|number| {
            let (person, card) = &cards[number % 2];
            try_to_approve(front, person, card, None)
        });
        let heard = futures::future::join_all(tries).await;
        let done = heard.iter().filter(|it| it.status == 200).count();
        assert_eq!(done, 2, "each of them once");
        assert!(heard.iter().all(|it| it.status == 200 || it.status == 409));
        let record = front.record(asked.id.grant().as_str()).await;
        let count = |kind: &str| record.iter().filter(|it| it.kind == kind).count();
        assert_eq!((count("request.consented"), count("request.approved")), (1, 1));
    })
    .await;
}

async fn four_eyes_are_not_the_owners(engine: Engine) {
    let strict = |parts: &mut Parts| {
        parts.policy = Policy { four_eyes_from: Some(Tier::Low), ..parts.policy };
    };
    run_with(engine, &strict, async |front| {
        decides_for(front, "otto", &[Role::Developer, Role::Approver], Scope::default()).await;
        let asked = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
        let card = front.card(&front.owner, asked.id.as_str()).await;
        assert!(card.permission.why_not.as_ref().unwrap().contains("four eyes"), "{:?}", card.permission);
        try_to_approve(front, &front.owner, &card, None).await.refused(403, Code::Forbidden);
        assert_eq!(front.approve(&front.approver, asked.id.as_str()).await.status, RequestStatus::Approved);
        // Where the account is the owner's own, nobody else may use it: then it takes both.
        let own = front.ask(&front.agent, &[line("notes", &["items.read"], None)]).await;
        let waits = front.approve(&front.owner, own.id.as_str()).await;
        assert_eq!((waits.status, waits.quorum.approvals), (RequestStatus::Pending, 2));
        assert_eq!(front.approve(&front.approver, own.id.as_str()).await.status, RequestStatus::Approved);
    })
    .await;
}

async fn decides_for(front: &Front, person: &str, roles: &[Role], scope: Scope) {
    let (id, title, roles) = (slug(person), person.to_owned(), roles.to_vec());
    front.declare(Declaration::Person(Person { id, title, roles, scope, blocked: false })).await;
}

async fn nobody_decides_beyond_their_scope(engine: Engine) {
    run_with(engine, &|_| {}, async |front| {
        let asked = front.ask(&front.agent, &[wide("issues")]).await;
        let scopes = [
            (Scope { services: vec![slug("twin")], ..Scope::default() }, false),
            (Scope { agents: vec![slug("intruder")], ..Scope::default() }, false),
            (Scope { services: vec![slug("issues")], agents: vec![slug("helper")] }, true),
        ];
        let card = front.card(&front.approver, asked.id.as_str()).await;
        for (scope, may) in scopes {
            decides_for(front, "ana", &[Role::Approver], scope.clone()).await;
            let seen = front.approver.at(front).get(&format!("/v1/inbox/{}", asked.id)).await;
            assert_eq!(seen.status, if may { 200 } else { 404 }, "{scope:?}");
            if !may {
                try_to_approve(front, &front.approver, &card, None).await.refused(404, Code::NotFound);
            }
        }
        assert_eq!(front.approve(&front.approver, asked.id.as_str()).await.status, RequestStatus::Approved);
    })
    .await;
}

async fn what_nobody_could_approve_is_not_asked(engine: Engine) {
    run_with(engine, &|_| {}, async |front| {
        for person in ["ana", "paul"] {
            let elsewhere = Scope { services: vec![slug("twin")], ..Scope::default() };
            decides_for(front, person, &[Role::Approver], elsewhere).await;
        }
        let ask = |lines: Value| json!({"authorization_details": lines, "purpose": "look"});
        let wanted = ask(json!([wide("issues")]));
        let heard = front.agent.at(front).post("/v1/requests", &wanted).await;
        let problem = heard.refused(409, Code::NotApprovable);
        assert!(problem.detail.contains("nothing is granted"), "{problem:?}");
        // With a line that somebody may decide on, it may be narrowed to that.
        let wanted = ask(json!([wide("issues"), wide("twin")]));
        assert_eq!(front.agent.at(front).post("/v1/requests", &wanted).await.status, 202);
        // A service that takes more people than there are is the same as one without any.
        let three = protocol::services::ServiceDefinition { approvals: 3, ..definition("inside") };
        front.declare(Declaration::Service(three)).await;
        let wanted = ask(json!([wide("inside")]));
        front.agent.at(front).post("/v1/requests", &wanted).await.refused(409, Code::NotApprovable);
    })
    .await;
}
