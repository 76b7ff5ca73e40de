//! Services.

use super::{fields, filled, person, post, record, said, send, set};
use crate::front::support::{Front, on_each_front};
use crate::support::installation::CANARY;
use broker::store::services;

on_each_front!(
    an_admin_adds_a_service_from_empty_rows,
    a_change_is_reviewed_and_takes_the_service_away,
    only_admins_keep_services,
    what_is_wrong_comes_back_beside_its_field,
    rows_come_and_go_without_javascript,
    who_was_overtaken_saves_nothing,
    a_moved_service_asks_for_its_secrets_again,
    the_catalogue_fills_the_form,
);

const NEW: &[(&str, &str)] = &[
    ("id", "git"),
    ("title", "Git"),
    ("origin", "https://git.example"),
    ("auth", "bearer"),
    ("version", "0"),
    ("row", "0"),
    ("name.0", "issues.read"),
    ("verb.0", "read"),
    ("object.0", "issues"),
    ("effect.0", "read"),
    ("method.0", "GET"),
    ("path.0", "/issues"),
];

async fn version(front: &Front, id: &str) -> Option<i64> {
    let id = id.parse().unwrap();
    services::find(&mut front.app.store.read().await.unwrap(), &id).await.unwrap().map(|it| it.version)
}

async fn an_admin_adds_a_service_from_empty_rows(front: &Front) {
    let review: Vec<_> = NEW.iter().copied().chain([("do", "review")]).collect();
    let heard = send(front, &front.admin, "/services/new", &review).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    assert_eq!(version(front, "git").await, None, "a review saves nothing");
    let mut form = fields(&heard.text(), "/services/new");
    set(&mut form, "do", "save");
    let done = post(front, &front.admin, "/services/new", &form).await;
    assert_eq!(done.header("location"), "/services/git");
    assert!(said(front, &front.admin, &done).await.contains("It needs an account"));
    assert_eq!(version(front, "git").await, Some(1));
    let saved = record(front, "service.saved").await.unwrap();
    assert_eq!((saved.actor, saved.facts["service"].as_str()), (person("adm"), Some("git")));
    // The same once more: the name is taken, and nothing is saved.
    let again = post(front, &front.admin, "/services/new", &form).await;
    assert!(again.status == 422 && again.text().contains("This name is taken."), "{}", again.text());
    assert_eq!(version(front, "git").await, Some(1));
}

async fn a_change_is_reviewed_and_takes_the_service_away(front: &Front) {
    let session = front.usual().await;
    let page = "/services/issues/edit";
    let mut form = filled(front, &front.admin, page, page).await;
    set(&mut form, "title", "Issues, better");
    set(&mut form, "do", "review");
    let heard = post(front, &front.admin, page, &form).await;
    let html = heard.text();
    assert!(
        html.contains("1 live session loses it") && html.contains("title: ISSUES → Issues, better"),
        "{html}"
    );
    assert_eq!(front.read(&session, "").await.status, 200, "a review takes nothing away");
    let mut form = fields(&html, page);
    set(&mut form, "do", "save");
    let done = post(front, &front.admin, page, &form).await;
    assert!(said(front, &front.admin, &done).await.contains("1 live session lost it"));
    assert_eq!(version(front, "issues").await, Some(2));
    assert_ne!(front.token_for(&front.agent, &session, "issues", "items.read").await.status, 200);
    // What was agreed to holds once.
    assert_eq!(post(front, &front.admin, page, &form).await.status, 409);
}

async fn only_admins_keep_services(front: &Front) {
    let review: Vec<_> = NEW.iter().copied().chain([("do", "save"), ("shown", "00")]).collect();
    for who in [&front.owner, &front.approver, &front.auditor, &front.other_owner] {
        for path in
            ["/services/new", "/services/issues/edit", "/services/issues/connect", "/services/issues/unblock"]
        {
            let heard = send(front, who, path, &review).await;
            assert_eq!(heard.status, 403, "{} at {path}", who.id);
            assert!(heard.text().contains("Nothing was done"), "{}", heard.text());
        }
    }
    assert_eq!((version(front, "git").await, version(front, "issues").await), (None, Some(1)));
    // Without a token of this session's own page nobody does.
    let heard = front.admin.in_browser(front).form("/services/new", NEW).await;
    assert_eq!(heard.status, 403);
}

async fn what_is_wrong_comes_back_beside_its_field(front: &Front) {
    let hostile = "</bdi><script>alert(1)</script>\u{202e}x";
    for (name, shown) in [
        ("id", "f-id"),
        ("title", "f-title"),
        ("origin", "f-origin"),
        ("name.0", "f-name-0"),
        ("verb.0", "f-verb-0"),
        ("object.0", "f-object-0"),
        ("method.0", "f-method-0"),
        ("path.0", "f-path-0"),
        ("effect.0", "f-effect-0"),
    ] {
        let form: Vec<_> = NEW
            .iter()
            .map(|(field, value)| (*field, if *field == name { hostile } else { *value }))
            .collect();
        let heard = send(front, &front.admin, "/services/new", &form).await;
        let html = heard.text();
        assert_eq!(heard.status, 422, "{name}: {html}");
        assert!(!html.contains("<script>alert"), "{name}");
        assert!(html.contains(&format!("id=\"{shown}-wrong\"")), "{name}: {html}");
        if name != "origin" {
            assert!(html.contains("value=\"https://git.example\""), "{name}: the others are kept");
        }
    }
    assert_eq!(version(front, "git").await, None);
    let reserved: Vec<_> =
        NEW.iter().map(|(field, value)| (*field, if *field == "id" { "new" } else { *value })).collect();
    assert_eq!(send(front, &front.admin, "/services/new", &reserved).await.status, 422);
}

async fn rows_come_and_go_without_javascript(front: &Front) {
    let add: Vec<_> = NEW.iter().copied().chain([("do", "add_row")]).collect();
    let html = send(front, &front.admin, "/services/new", &add).await.text();
    assert!(html.contains("name=\"path.1\"") && html.contains("value=\"issues.read\""), "{html}");
    let remove: Vec<_> = NEW.iter().copied().chain([("remove_row", "0")]).collect();
    let html = send(front, &front.admin, "/services/new", &remove).await.text();
    assert!(!html.contains("name=\"path.0\"") && html.contains("value=\"https://git.example\""), "{html}");
    assert_eq!(version(front, "git").await, None);
}

async fn who_was_overtaken_saves_nothing(front: &Front) {
    let page = "/services/issues/edit";
    let mut form = filled(front, &front.admin, page, page).await;
    set(&mut form, "title", "Mine");
    set(&mut form, "do", "review");
    let reviewed = fields(&post(front, &front.admin, page, &form).await.text(), page);
    // Somebody else saves another thing meanwhile, from the host.
    front.service("issues", "http://127.0.0.1:1", true, &[]).await;
    for mut late in [form, reviewed] {
        set(&mut late, "do", "save");
        set(&mut late, "shown", &"0".repeat(64));
        let heard = post(front, &front.admin, page, &late).await;
        let html = heard.text();
        assert_eq!(heard.status, 409, "{html}");
        assert!(
            html.contains("Somebody else saved it while you worked.")
                && html.contains("title: ISSUES → Mine"),
            "{html}"
        );
        assert!(html.contains("origin: http://127.0.0.1:1 → "), "{html}");
        assert!(html.contains("name=\"version\" value=\"2\""), "it goes on from what is stored");
        assert_eq!(version(front, "issues").await, Some(2));
    }
}

async fn a_moved_service_asks_for_its_secrets_again(front: &Front) {
    let page = "/services/twin/edit";
    let mut form = filled(front, &front.admin, page, page).await;
    set(&mut form, "auth", "bearer");
    set(&mut form, "do", "review");
    let html = post(front, &front.admin, page, &form).await.text();
    assert!(html.contains("name=\"secret.twin-a\"") && html.contains("name=\"secret.twin-b\""), "{html}");
    let mut form = fields(&html, page);
    set(&mut form, "do", "save");
    set(&mut form, "secret.twin-a", "short");
    let heard = post(front, &front.admin, page, &form).await;
    assert_eq!(heard.status, 422, "{}", heard.text());
    assert!(heard.text().contains("f-secret-twin-a-wrong") && !heard.text().contains("value=\"short\""));
    assert_eq!(version(front, "twin").await, Some(1), "nothing is saved with a secret that is not fit");
    set(&mut form, "secret.twin-a", CANARY);
    let done = post(front, &front.admin, page, &form).await;
    assert!(said(front, &front.admin, &done).await.contains("1 account cannot be used until"));
    let html = front.admin.in_browser(front).get("/services/twin").await.text();
    assert_eq!(html.matches("needs its secret").count(), 1, "{html}");
    assert!(html.contains("Secret version 2") && html.contains("Secret version 1"));
}

async fn the_catalogue_fills_the_form(front: &Front) {
    let page = front.admin.in_browser(front).get("/services/new").await.text();
    assert!(page.contains("/services/new?from=tracker"), "{page}");
    let mut form = filled(front, &front.admin, "/services/new?from=tracker", "/services/new").await;
    set(&mut form, "id", "tracker-two");
    set(&mut form, "do", "review");
    let html = post(front, &front.admin, "/services/new", &form).await.text();
    assert!(html.contains("issues.comment: comment on issues (write)"), "{html}");
    assert_eq!(front.admin.in_browser(front).get("/services/new?from=nothing").await.status, 404);
}
