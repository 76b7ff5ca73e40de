//! Accounts are changed and removed, and people decide for less: what it says before, and what ends.

use super::{filled, person, post, record, said, send, set};
use crate::front::support::{Front, line, on_each_front};
use broker::store::{connections, people};
use protocol::{RequestView, access::RequestStatus};

on_each_front!(
    an_account_gets_another_name_and_other_approvers,
    a_personal_account_has_no_approvers,
    who_looked_at_another_account_changes_nothing,
    a_removed_account_takes_its_service_with_it,
    a_removed_name_never_comes_back,
    somebody_decides_for_less_after_a_review,
);

async fn stored(front: &Front, id: &str) -> Option<connections::Connection> {
    connections::find(&mut front.app.store.read().await.unwrap(), &id.parse().unwrap()).await.unwrap()
}

async fn an_account_gets_another_name_and_other_approvers(front: &Front) {
    let page = "/connections/issues/edit";
    let session = front.usual().await;
    let mut form = filled(front, &front.admin, page, page).await;
    set(&mut form, "account", "@renamed");
    form.push(("approver".to_owned(), "ana".to_owned()));
    set(&mut form, "do", "review");
    let review = post(front, &front.admin, page, &form).await;
    let html = review.text();
    assert_eq!(review.status, 200, "{html}");
    assert!(
        html.contains("account: @issues → @renamed") && html.contains("have to be asked again"),
        "{html}"
    );
    assert_eq!(stored(front, "issues").await.unwrap().account, "@issues", "a review changes nothing");
    let mut agreed = crate::front::forms::fields(&html, page);
    agreed.push(("do".to_owned(), "save".to_owned()));
    let done = post(front, &front.admin, page, &agreed).await;
    assert!(said(front, &front.admin, &done).await.contains("Live sessions go on"));
    let it = stored(front, "issues").await.unwrap();
    assert_eq!((it.account.as_str(), it.approvers.len(), it.version), ("@renamed", 1, 1));
    assert_eq!(record(front, "connection.saved").await.unwrap().actor, person("adm"));
    assert_eq!(front.read(&session, "").await.status, 200);
    // The same agreement again is not to what stands there now.
    assert_eq!(post(front, &front.admin, page, &agreed).await.status, 409);
    let wrong = filled(front, &front.admin, page, page).await;
    for (field, value) in
        [("account", ""), ("account", "a\u{202e}b"), ("approver", "nobody"), ("approver", "A b")]
    {
        let mut form = wrong.clone();
        set(&mut form, field, value);
        assert_eq!(post(front, &front.admin, page, &form).await.status, 422, "{field} {value:?}");
    }
}

async fn a_personal_account_has_no_approvers(front: &Front) {
    let page = "/connections/notes/edit";
    let mut form = filled(front, &front.admin, page, page).await;
    form.push(("approver".to_owned(), "ana".to_owned()));
    let same = post(front, &front.admin, page, &form).await;
    assert!(same.status == 422, "{}", same.text());
    assert!(stored(front, "notes").await.unwrap().approvers.is_empty());
    let html = front.admin.in_browser(front).get(page).await.text();
    assert!(html.contains("belongs to") && !html.contains("name=\"approver\""), "{html}");
}

async fn who_looked_at_another_account_changes_nothing(front: &Front) {
    let edit = "/connections/issues/edit";
    let old = filled(front, &front.admin, edit, edit).await;
    let mut form = old.clone();
    set(&mut form, "account", "@first");
    set(&mut form, "do", "review");
    let html = post(front, &front.admin, edit, &form).await.text();
    let mut agreed = crate::front::forms::fields(&html, edit);
    agreed.push(("do".to_owned(), "save".to_owned()));
    let both =
        futures::join!(post(front, &front.admin, edit, &agreed), post(front, &front.admin, edit, &agreed));
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort_unstable();
    // The slower one finds another account than it looked at, or one that is called so already.
    assert!(matches!(statuses, [303, 409 | 422]), "{statuses:?}");
    assert_eq!(post(front, &front.admin, edit, &old).await.status, 409);
    let remove = "/connections/issues/remove";
    let mut stale = filled(front, &front.admin, remove, remove).await;
    set(&mut stale, "seen", old.iter().find(|(name, _)| name == "seen").map(|(_, seen)| seen).unwrap());
    assert_eq!(post(front, &front.admin, remove, &stale).await.status, 409);
    assert!(stored(front, "issues").await.is_some());
}

async fn a_removed_account_takes_its_service_with_it(front: &Front) {
    let page = "/connections/issues/remove";
    let session = front.usual().await;
    let other = front.session(&[line("notes", &["items.read"], None)]).await;
    let waiting = front.ask(&front.agent, &[line("issues", &["items.comment"], None)]).await;
    let html = front.admin.in_browser(front).get(page).await.text();
    assert!(html.contains("1 live session loses its service"), "{html}");
    let form = filled(front, &front.admin, page, page).await;
    let done = post(front, &front.admin, page, &form).await;
    assert!(said(front, &front.admin, &done).await.contains("no account left"));
    assert!(stored(front, "issues").await.is_none());
    let heard = front.token_for(&front.agent, &session, "issues", "items.read").await;
    assert_eq!(heard.status, 400, "{}", heard.text());
    let heard = front.token_for(&front.agent, &other, "notes", "items.read").await;
    assert_eq!(heard.status, 200, "what used another goes on: {}", heard.text());
    let path = format!("/v1/requests/{}", waiting.id);
    let view: RequestView = front.agent.at(front).get(&path).await.good();
    assert_eq!(view.status, RequestStatus::Withdrawn);
    let removed = record(front, "connection.removed").await.unwrap();
    assert_eq!((removed.actor, removed.facts["connection"].as_str()), (person("adm"), Some("issues")));
    let revoked = record(front, "revoked").await.unwrap();
    assert_eq!((revoked.actor, revoked.facts["narrowed"].as_i64()), (person("adm"), Some(0)));
    assert!(revoked.facts["number"].as_i64() > Some(0), "a numbered row ends it");
    let page = front.admin.in_browser(front).get("/services/issues").await;
    assert!(page.status == 200 && !page.text().contains("/connections/issues/"), "{}", page.text());
}

async fn a_removed_name_never_comes_back(front: &Front) {
    let page = "/connections/down/remove";
    let form = filled(front, &front.admin, page, page).await;
    assert_eq!(post(front, &front.admin, page, &form).await.status, 303);
    assert_eq!(post(front, &front.admin, page, &form).await.status, 404);
    front.keep("another-canary-in-the-mine-77aa");
    let fields = [
        ("name", "down"),
        ("account", "@down"),
        ("whose", "shared"),
        ("secret", "another-canary-in-the-mine-77aa"),
    ];
    let heard = send(front, &front.admin, "/services/down/connect", &fields).await;
    assert_eq!(heard.status, 403, "{}", heard.text());
    assert!(heard.text().contains("for good"), "{}", heard.text());
    assert!(stored(front, "down").await.is_none());
}

async fn somebody_decides_for_less_after_a_review(front: &Front) {
    let page = "/people/ana/decides";
    let mut form = filled(front, &front.admin, page, page).await;
    form.retain(|(name, _)| name != "service" && name != "agent");
    let nothing = post(front, &front.admin, page, &form).await;
    assert!(nothing.status == 422, "{}", nothing.text());
    form.push(("service".to_owned(), "issues".to_owned()));
    form.push(("agent".to_owned(), "helper".to_owned()));
    let html = post(front, &front.admin, page, &form).await.text();
    // Paul approves, too, and for everything.
    assert!(html.contains("Only paul could then decide about @twin-a"), "{html}");
    assert!(!html.contains("could then decide about @issues"), "{html}");
    let scope = async || {
        let mut conn = front.app.store.read().await.unwrap();
        people::find(&mut conn, &"ana".parse().unwrap()).await.unwrap().unwrap().scope
    };
    assert!(scope().await.services.is_empty(), "a review changes nothing");
    let mut agreed = crate::front::forms::fields(&html, page);
    agreed.push(("do".to_owned(), "save".to_owned()));
    let done = post(front, &front.admin, page, &agreed).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let now = scope().await;
    assert_eq!((now.services.len(), now.agents.len()), (1, 1));
    let saved = record(front, "person.saved").await.unwrap();
    assert_eq!(saved.facts["decides_for"]["services"], serde_json::json!(["issues"]));
    assert_eq!(post(front, &front.admin, page, &agreed).await.status, 409, "it was another's look");
    let unknown = filled(front, &front.admin, page, page).await;
    let mut unknown: Vec<_> = unknown.into_iter().filter(|(name, _)| name != "service").collect();
    unknown.push(("service".to_owned(), "none".to_owned()));
    assert_eq!(post(front, &front.admin, page, &unknown).await.status, 422);
    let page = "/people/paul/decides";
    let mut form = filled(front, &front.admin, page, page).await;
    form.retain(|(name, _)| name != "service" && name != "agent");
    form.push(("service".to_owned(), "down".to_owned()));
    let html = post(front, &front.admin, page, &form).await.text();
    assert!(html.contains("Nobody could decide about @twin-a"), "{html}");
    assert!(html.contains("Only ana could then decide about @issues"), "{html}");
}
