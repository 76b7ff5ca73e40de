//! Connections: connecting, a new secret, a test.

use super::{person, record, said, send};
use crate::{
    front::{
        cast::Member,
        support::{Front, line, on_each_front},
    },
    support::installation::CANARY,
};
use broker::store::connections;

on_each_front!(
    an_admin_connects_an_account,
    a_secret_is_never_told_again,
    a_new_secret_takes_the_place_of_the_old_one,
    a_test_makes_one_harmless_call,
    a_test_says_what_was_refused,
    nobody_tests_what_is_not_theirs,
);

/// A secret that nothing may tell.
const SECRET: &str = "another-canary-in-the-mine-5f21";

fn connect<'a>(name: &'a str, whose: &'a str, secret: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("name", name), ("account", "@team"), ("whose", whose), ("owner", "otto"), ("secret", secret)]
}

async fn stored(front: &Front, id: &str) -> Option<connections::Connection> {
    connections::find(&mut front.app.store.read().await.unwrap(), &id.parse().unwrap()).await.unwrap()
}

async fn an_admin_connects_an_account(front: &Front) {
    let mut shared = connect("down-team", "shared", CANARY);
    shared.push(("approver", "ana"));
    let done = send(front, &front.admin, "/services/down/connect", &shared).await;
    assert!(said(front, &front.admin, &done).await.contains("nothing can show it again"));
    let it = stored(front, "down-team").await.unwrap();
    assert_eq!((it.owner, it.approvers.len(), it.version), (None, 1, 1));
    let saved = record(front, "connection.saved").await.unwrap();
    assert_eq!((saved.actor, saved.facts["connection"].as_str()), (person("adm"), Some("down-team")));
    let done =
        send(front, &front.admin, "/services/down/connect", &connect("down-otto", "personal", CANARY)).await;
    assert_eq!(done.status, 303);
    let it = stored(front, "down-otto").await.unwrap();
    assert_eq!(
        (it.owner.unwrap().as_str(), it.approvers.len()),
        ("otto", 0),
        "a personal one has one approver"
    );
    let again =
        send(front, &front.admin, "/services/down/connect", &connect("down-otto", "shared", CANARY)).await;
    assert_eq!(again.status, 422);
    assert!(stored(front, "down-otto").await.unwrap().owner.is_some());
}

async fn a_secret_is_never_told_again(front: &Front) {
    front.keep(SECRET);
    let control = format!("{SECRET}\nx");
    let table = [
        (connect("x", "shared", "short"), "f-secret-wrong"),
        (connect("x", "shared", ""), "f-secret-wrong"),
        (connect("x", "shared", &control), "f-secret-wrong"),
        (connect("X y", "shared", SECRET), "f-name-wrong"),
        (connect("x", "", SECRET), "f-whose-wrong"),
        (connect("notes", "shared", SECRET), "f-name-wrong"),
    ];
    for (form, wrong) in table {
        // The front listens to every answer for it, and to the log and the database at the end.
        let heard = send(front, &front.admin, "/services/down/connect", &form).await;
        assert_eq!(heard.status, 422, "{}", heard.text());
        assert!(heard.text().contains(wrong), "{wrong}: {}", heard.text());
        assert!(stored(front, "x").await.is_none());
    }
    let hostile = [
        ("name", "x"),
        ("account", "<script>alert(1)</script>\u{202e}"),
        ("whose", "shared"),
        ("secret", SECRET),
    ];
    let heard = send(front, &front.admin, "/services/down/connect", &hostile).await;
    assert!(heard.status == 422 && !heard.text().contains("<script>alert"), "{}", heard.text());
    let done = send(front, &front.admin, "/services/down/connect", &connect("x", "shared", SECRET)).await;
    assert_eq!(done.status, 303);
    for page in ["/services", "/services/down", "/connections/x/reconnect"] {
        assert_eq!(front.admin.in_browser(front).get(page).await.status, 200);
    }
    // Nobody shows it in an address either.
    assert!(!done.header("location").contains(SECRET));
}

async fn a_new_secret_takes_the_place_of_the_old_one(front: &Front) {
    front.keep(SECRET);
    let page = "/connections/notes/reconnect";
    let stale = send(front, &front.admin, page, &[("version", "7"), ("secret", SECRET)]).await;
    assert!(stale.status == 409 && stale.text().contains("it is version 1 now"), "{}", stale.text());
    // Whose account it is may do so, too; nobody else.
    for (who, status) in [(&front.approver, 404), (&front.auditor, 403), (&front.other_owner, 404)] {
        assert_eq!(
            send(front, who, page, &[("version", "1"), ("secret", SECRET)]).await.status,
            status,
            "{}",
            who.id
        );
    }
    let done = send(front, &front.owner, page, &[("version", "1"), ("secret", SECRET)]).await;
    assert!(said(front, &front.owner, &done).await.contains("is replaced (version 2)"));
    assert_eq!(stored(front, "notes").await.unwrap().version, 2);
    assert_eq!(record(front, "connection.saved").await.unwrap().actor, person("otto"));
    let session = front.session(&[line("notes", &["items.read"], None)]).await;
    let token = front.call_token(&session, "notes", "items.read").await;
    // The service knows only the old one.
    front.with(&token).get("/proxy/notes/projects/acme/items").await;
    assert_eq!(front.upstream.last().headers["x-api-key"], SECRET);
    let twice = send(front, &front.owner, page, &[("version", "1"), ("secret", SECRET)]).await;
    assert_eq!(twice.status, 409, "a form pressed twice replaces once");
}

async fn test(front: &Front, who: &Member, id: &str) -> String {
    let done = send(front, who, &format!("/connections/{id}/test"), &[]).await;
    said(front, who, &done).await
}

async fn a_test_makes_one_harmless_call(front: &Front) {
    let before = front.upstream.count();
    let html = test(front, &front.admin, "issues").await;
    assert!(html.contains("HEAD / answered"), "{html}");
    assert_eq!(front.upstream.count(), before + 1);
    let call = front.upstream.last();
    assert_eq!((call.method.as_str(), call.target.as_str()), ("HEAD", "/"));
    assert_eq!(call.headers["x-api-key"], CANARY);
    let (began, done) = (
        record(front, "connection.test_authorised").await.unwrap(),
        record(front, "connection.tested").await.unwrap(),
    );
    assert_eq!((&began.actor, &done.actor), (&person("adm"), &person("adm")));
    assert!(began.seq < done.seq, "it is on the record before the secret is opened");
    assert_eq!(done.facts["outcome"], "answered");
    let html = front.admin.in_browser(front).get("/services/issues").await.text();
    assert!(html.contains("Tested ") && html.contains("HEAD /"), "{html}");
}

async fn a_test_says_what_was_refused(front: &Front) {
    let html = test(front, &front.admin, "down").await;
    assert!(html.contains("came to nothing after") && html.contains("upstream unreachable"), "{html}");
    assert!(html.contains("service failing"), "{html}");
    // A private address that the service did not opt in to is not called by a test either.
    let html = test(front, &front.admin, "inside").await;
    assert!(html.contains("upstream address refused"), "{html}");
    broker::keys::seal(&front.app, None).await.unwrap();
    let heard = send(front, &front.admin, "/connections/issues/test", &[]).await;
    assert_eq!(heard.status, 503, "{}", heard.text());
}

async fn nobody_tests_what_is_not_theirs(front: &Front) {
    let before = front.upstream.count();
    // A personal account is used for nobody but its owner, not even by an admin.
    for (who, id, status) in [
        (&front.admin, "notes", 403),
        (&front.auditor, "notes", 403),
        (&front.other_owner, "notes", 404),
        (&front.owner, "issues", 403),
        (&front.approver, "issues", 403),
        (&front.admin, "nothing", 404),
    ] {
        let heard = send(front, who, &format!("/connections/{id}/test"), &[]).await;
        assert_eq!(heard.status, status, "{} tests {id}: {}", who.id, heard.text());
    }
    assert_eq!(front.upstream.count(), before);
    test(front, &front.owner, "notes").await;
    assert_eq!(front.upstream.count(), before + 1);
}
