//! Whoever makes a sign-in link for somebody may be who uses it: where it takes several people, the two are one.

use super::{
    cast::{Heard, Member, anonymous},
    forms::{READING, fields, form_token},
    proven::Armed,
    support::{Front, line, on_each_front, run_with},
};
use crate::{passkeys::support::enrol, support::installation::slug};
use axum::body::Body;
use broker::{
    app::Parts,
    ledger::acts::Declaration,
    store::{Engine, people::Person},
};
use domain::policy::Policy;
use protocol::{Card, Tier, access::RequestStatus, people::Scope, record::Actor, sessions::Role};
use serde_json::json;

on_each_front!(alone:
    a_made_up_colleague_is_no_second_person,
    a_passkey_from_such_a_session_is_none_until_somebody_else_vouches,
    whom_the_owner_let_in_is_not_four_eyes,
);

async fn with_two(engine: Engine, test: impl AsyncFn(&Front)) {
    let two = |parts: &mut Parts| parts.policy.approvals = [1, 2, 2, 2];
    run_with(engine, &two, test).await;
}

/// An admin who approves.
async fn boss(front: &Front, id: &str, roles: &[Role]) -> Member {
    let (id, title) = (slug(id), id.to_owned());
    let person =
        Person { id: id.clone(), title, roles: roles.to_vec(), scope: Scope::default(), blocked: false };
    front.declare(Declaration::Person(person)).await;
    front.person(id.as_str()).await
}

async fn post(front: &Front, who: &Member, path: &str, form: &[(&str, &str)]) -> Heard {
    let token = form_token(front, who).await;
    let all: Vec<_> = form.iter().copied().chain([("form_token", token.as_str())]).collect();
    front.wait(READING);
    who.in_browser(front).form(path, &all).await
}

/// Adds somebody and comes in as them.
async fn makes_up(front: &Front, who: &Member, name: &str, role: &str) -> Member {
    assert_eq!(post(front, who, "/people", &[("name", name), ("role", role)]).await.status, 303);
    comes_in(front, who, name).await
}

async fn comes_in(front: &Front, who: &Member, name: &str) -> Member {
    let path = format!("/people/{name}");
    assert_eq!(post(front, who, &format!("{path}/link"), &[]).await.status, 303);
    let shown = who.in_browser(front).get(&path).await.text();
    let token = shown.split("/sign-in/link?t=").nth(1).expect("the link").split(['<', '"']).next().unwrap();
    let own = anonymous(front).header("sec-fetch-site", "same-origin");
    let heard = own.form("/sign-in/link", &[("token", token)]).await;
    assert_eq!(heard.status, 303, "{}", heard.text());
    let cookie = crate::passkeys::support::cookie_of(front, &heard);
    Member { id: name.to_owned(), token: String::new(), cookie }
}

fn commenting() -> serde_json::Value {
    line("issues", &["items.read", "items.comment"], None)
}

/// The page of a request with the form that approves it.
async fn page_of(front: &Front, who: &Member, id: &str) -> Heard {
    let shown = who.in_browser(front).get(&format!("/requests/{id}?review=1")).await;
    front.wait(1_000);
    shown
}

/// Approves it in a browser.
async fn approves(front: &Front, who: &Member, id: &str) {
    let action = format!("/requests/{id}/approve");
    let page = page_of(front, who, id).await.text();
    let form = fields(&page, &action);
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    front.wait(READING);
    let heard = who.in_browser(front).form(&action, &form).await;
    assert_eq!(heard.status, 303, "{}", heard.text());
}

async fn card(front: &Front, id: &str) -> Card {
    front.card(&front.approver, id).await
}

async fn a_made_up_colleague_is_no_second_person(engine: Engine) {
    with_two(engine, async |front| {
        let boss = boss(front, "boss", &[Role::Admin, Role::Approver]).await;
        let mo = makes_up(front, &boss, "mo", "approver").await;
        let asked = front.ask(&front.agent, &[commenting()]).await;
        let id = asked.id.as_str();
        front.approve(&boss, id).await;
        // What the page says to the second already says so.
        let page = page_of(front, &mo, id).await.text();
        assert!(page.contains("came in by a sign-in link that boss made"), "{page}");
        approves(front, &mo, id).await;
        let waits = card(front, id).await;
        assert_eq!(waits.status, RequestStatus::Pending, "one person has approved it, under two names");
        let marked = waits.quorum.given.iter().find(|it| it.by.as_str() == "mo").unwrap();
        assert_eq!(marked.let_in_by, [slug("boss")]);
        let record = front.record(asked.id.grant().as_str()).await;
        let consent = record.iter().rfind(|it| it.kind == "request.consented").unwrap();
        assert_eq!(consent.facts["let_in_by"], json!(["boss"]));
        assert_eq!(consent.actor, Actor::Person { person: slug("mo"), via: "link by boss".to_owned() });
        // A colleague of the made-up one is the same person, too.
        assert_eq!(
            post(front, &boss, "/people/mo", &[("role", "admin"), ("role", "approver")]).await.status,
            303
        );
        let zoe = makes_up(front, &mo, "zoe", "approver").await;
        approves(front, &zoe, id).await;
        assert_eq!(card(front, id).await.status, RequestStatus::Pending);
        let done = front.approve(&front.approver, id).await;
        assert_eq!(done.status, RequestStatus::Approved, "two hands have");
        front.redeem(&front.agent, id).await;
        // Who was let in by somebody else's link is a second person.
        let other = front.ask(&front.agent, &[commenting()]).await;
        approves(front, &mo, other.id.as_str()).await;
        let done = front.approve(&front.approver, other.id.as_str()).await;
        assert_eq!(done.status, RequestStatus::Approved);
    })
    .await;
}

async fn a_passkey_from_such_a_session_is_none_until_somebody_else_vouches(engine: Engine) {
    with_two(engine, async |front| {
        let boss = boss(front, "boss", &[Role::Admin, Role::Approver]).await;
        let mo = makes_up(front, &boss, "mo", "approver").await;
        let mo = enrol(front, &mo, "").await;
        let mut mo = Armed { member: mo.member, passkey: mo.soft };
        let mut both = async |front: &Front| {
            let asked = front.ask(&front.agent, &[commenting()]).await;
            let id = asked.id.as_str();
            front.approve(&boss, id).await;
            let heard = mo.approve(front, id).await;
            assert_eq!(heard.status, 303, "{}", heard.text());
            let status = front.card(&front.approver, id).await.status;
            // The same is asked again: what waits would be given back.
            front.agent.at(front).send("DELETE", &format!("/v1/requests/{id}"), Body::empty()).await;
            status
        };
        assert_eq!(both(front).await, RequestStatus::Pending, "the passkey may be boss's");
        let refused = post(front, &boss, "/people/mo/vouch", &[]).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        assert_eq!(post(front, &front.approver, "/people/mo/vouch", &[]).await.status, 403);
        // Nor does one vouch whom boss let in.
        let zoe = makes_up(front, &boss, "zoe", "admin").await;
        assert_eq!(post(front, &zoe, "/people/mo/vouch", &[]).await.status, 403);
        assert_eq!(both(front).await, RequestStatus::Pending);
        assert_eq!(post(front, &front.admin, "/people/mo/vouch", &[]).await.status, 303);
        let record = super::keeping::record(front, "person.vouched").await.unwrap();
        assert_eq!(record.facts["let_in_by"], json!(["boss"]));
        assert_eq!(both(front).await, RequestStatus::Approved);
        assert_eq!(post(front, &front.admin, "/people/mo/vouch", &[]).await.status, 404, "nothing waits");
    })
    .await;
}

async fn whom_the_owner_let_in_is_not_four_eyes(engine: Engine) {
    let strict = |parts: &mut Parts| {
        parts.policy = Policy { four_eyes_from: Some(Tier::Low), ..parts.policy };
    };
    run_with(engine, &strict, async |front| {
        let owner = boss(front, "otto", &[Role::Admin, Role::Developer]).await;
        let mo = makes_up(front, &owner, "mo", "approver").await;
        let asked = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
        approves(front, &mo, asked.id.as_str()).await;
        assert_eq!(card(front, asked.id.as_str()).await.status, RequestStatus::Pending);
        let done = front.approve(&front.approver, asked.id.as_str()).await;
        assert_eq!(done.status, RequestStatus::Approved);
    })
    .await;
}
