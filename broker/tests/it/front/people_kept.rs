//! Admins keep people: the acts, who did them, and what is refused.

use super::{
    cast::{Heard, anonymous},
    forms::{READING, form_token},
    support::{Front, on_each_front},
};
use broker::store::people::{self, Person};
use protocol::{Slug, record::Actor, sessions::Role};

on_each_front!(
    roles_are_changed_on_the_record,
    somebody_new_comes_in_by_a_link_that_is_shown_once,
    whoever_is_blocked_is_out_until_let_in,
    the_last_admin_stays_one,
);

async fn post(front: &Front, path: &str, fields: &[(&str, &str)]) -> Heard {
    let token = form_token(front, &front.admin).await;
    let mut fields = fields.to_vec();
    fields.push(("form_token", &token));
    front.wait(READING);
    front.admin.in_browser(front).form(path, &fields).await
}

async fn person(front: &Front, id: &str) -> Person {
    let id: Slug = id.parse().unwrap();
    people::find(&mut front.app.store.read().await.unwrap(), &id).await.unwrap().expect("a person")
}

/// The newest record of a kind: who did it, and its facts.
async fn newest(front: &Front, kind: &str) -> (Actor, String) {
    let path = format!("/audit/export.jsonl?kind={kind}");
    let text = front.admin.in_browser(front).get(&path).await.text();
    let line: serde_json::Value = serde_json::from_str(text.lines().last().expect("a record")).unwrap();
    let actor = serde_json::from_value(line["record"]["actor"].clone()).unwrap();
    (actor, line["record"]["facts"].to_string())
}

fn by_admin(front: &Front) -> Actor {
    Actor::Person { person: front.admin.id.parse().unwrap(), via: "link".to_owned() }
}

async fn roles_are_changed_on_the_record(front: &Front) {
    let path = format!("/people/{}", front.approver.id);
    let fields = [("title", "Ana A."), ("role", "approver"), ("role", "auditor")];
    let heard = post(front, &path, &fields).await;
    assert_eq!(heard.status, 303, "{}", heard.text());
    let saved = person(front, &front.approver.id).await;
    assert_eq!(
        (saved.title.as_str(), saved.roles.as_slice()),
        ("Ana A.", &[Role::Approver, Role::Auditor][..])
    );
    let (actor, facts) = newest(front, "person.saved").await;
    assert_eq!(actor, by_admin(front));
    assert!(facts.contains("\"before\":[\"approver\"]"), "{facts}");
    assert_eq!(front.approver.in_browser(front).get("/audit").await.status, 200, "it holds at once");
    assert_eq!(post(front, &path, &[("role", "emperor")]).await.status, 422);
    assert_eq!(post(front, "/people/nobody-here", &[("role", "admin")]).await.status, 404);
}

async fn somebody_new_comes_in_by_a_link_that_is_shown_once(front: &Front) {
    let fields = [("name", "mo"), ("title", ""), ("role", "developer")];
    assert_eq!(post(front, "/people", &fields).await.status, 303);
    assert_eq!(person(front, "mo").await.title, "mo");
    assert_eq!(post(front, "/people", &fields).await.status, 403, "there is one already");
    assert_eq!(post(front, "/people/mo/link", &[]).await.status, 303);
    let (actor, facts) = newest(front, "link.issued").await;
    assert_eq!(actor, by_admin(front));
    assert!(!facts.contains("csn_"), "{facts}");
    let shown = front.admin.in_browser(front).get("/people/mo").await.text();
    let token = shown.split("/sign-in/link?t=").nth(1).expect("the link").split(['<', '"']).next().unwrap();
    let again = front.admin.in_browser(front).get("/people/mo").await.text();
    assert!(!again.contains("/sign-in/link?t="), "it is shown again");
    let used = anonymous(front).header("sec-fetch-site", "same-origin");
    let used = used.form("/sign-in/link", &[("token", token)]).await;
    assert_eq!(used.status, 303, "{}", used.text());
}

async fn whoever_is_blocked_is_out_until_let_in(front: &Front) {
    let path = |act: &str| format!("/people/{}/{act}", front.approver.id);
    assert_eq!(front.approver.in_browser(front).get("/").await.status, 200);
    let heard = post(front, &path("block"), &[("reason", "left the team")]).await;
    assert_eq!(heard.status, 303, "{}", heard.text());
    let (actor, facts) = newest(front, "revoked").await;
    assert_eq!(actor, by_admin(front));
    assert!(facts.contains("left the team") && facts.contains("\"block\":true"), "{facts}");
    assert_eq!(front.approver.in_browser(front).get("/").await.status, 303, "signed out");
    assert_eq!(post(front, &path("link"), &[]).await.status, 403, "no link for who is blocked");
    assert_eq!(post(front, &path("let-in"), &[]).await.status, 303);
    assert_eq!(newest(front, "unblocked").await.0, by_admin(front));
    assert!(!person(front, &front.approver.id).await.blocked);
    assert_eq!(post(front, &path("link"), &[]).await.status, 303);
}

async fn the_last_admin_stays_one(front: &Front) {
    // Everybody else who may be one steps down first.
    let all = people::list(&mut front.app.store.read().await.unwrap()).await.unwrap();
    for other in all.iter().filter(|it| it.roles.contains(&Role::Admin) && it.id.as_str() != front.admin.id) {
        assert_eq!(post(front, &format!("/people/{}", other.id), &[]).await.status, 303);
    }
    let path = format!("/people/{}", front.admin.id);
    for (path, fields) in [(path.clone(), vec![("role", "auditor")]), (format!("{path}/block"), vec![])] {
        let heard = post(front, &path, &fields).await;
        assert_eq!(heard.status, 403, "{path}");
        assert!(heard.text().contains("nobody else is an admin"), "{}", heard.text());
    }
    let page = front.admin.in_browser(front).get(&path).await.text();
    assert!(page.contains("Nobody else is an admin"), "{page}");
    // With another beside, they may.
    let other = format!("/people/{}", front.auditor.id);
    assert_eq!(post(front, &other, &[("role", "admin"), ("role", "auditor")]).await.status, 303);
    assert_eq!(post(front, &path, &[("role", "auditor")]).await.status, 303);
    assert_eq!(front.admin.in_browser(front).get("/people").await.status, 403, "it holds at once");
}
