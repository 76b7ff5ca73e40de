//! The record in a browser.

use super::{
    forms::form_token,
    support::{Front, on_each_front},
};
use broker::ledger::export::{Filter, export};

on_each_front!(
    an_approval_shows_what_was_on_the_screen,
    what_is_taken_away_is_the_record,
    the_record_is_verified_on_request,
    a_filter_that_cannot_be_read_is_said,
    activity_counts_what_was_decided,
);

async fn an_approval_shows_what_was_on_the_screen(front: &Front) {
    let session = front.usual().await;
    front.read(&session, "").await;
    let list = front.auditor.in_browser(front).get("/audit?kind=request.approved").await.text();
    let places = list.split("href=\"/audit/").skip(1).filter_map(|it| it.split('"').next());
    let place = places.into_iter().find(|it| !it.starts_with("export")).expect("a record");
    let place = format!("/audit/{place}");
    let heard = front.auditor.in_browser(front).get(&place).await;
    let html = heard.text();
    assert_eq!(heard.status, 200, "{html}");
    let record = front.record(&session.grant).await;
    let approved = record.iter().find(|it| it.kind == "request.approved").expect("the approval");
    for fact in ["request_digest", "grant_digest"] {
        assert!(html.contains(approved.facts[fact].as_str().unwrap()), "{fact}");
    }
    assert!(html.contains("What was on the screen") && html.contains("items.read"), "{html}");
    assert!(html.contains(&format!("/sessions/{}", session.grant)));
    let chain = &approved.chain;
    for missing in [format!("/audit/{chain}/0"), format!("/audit/{chain}/999999"), "/audit/x/1".to_owned()] {
        assert_eq!(front.auditor.in_browser(front).get(&missing).await.status, 404, "{missing}");
    }
}

async fn what_is_taken_away_is_the_record(front: &Front) {
    let session = front.usual().await;
    front.read(&session, "").await;
    front.settle().await;
    let heard = front.auditor.in_browser(front).get("/audit/export.jsonl?kind=call").await;
    assert_eq!(heard.header("content-type"), "application/jsonl");
    assert!(heard.header("content-disposition").contains("record.jsonl"));
    let mut out = Vec::new();
    let filter = Filter { kind: Some("call".to_owned()), ..Filter::default() };
    assert!(export(&front.app.store, &filter, &mut out).await.unwrap() > 0);
    assert_eq!(heard.text(), String::from_utf8(out).unwrap());

    let heard = front.admin.in_browser(front).get("/audit/export.csv?outcome=done").await;
    let text = heard.text();
    assert!(text.starts_with("at,chain,number,kind,actor"), "{text}");
    assert!(text.contains("\"call.authorised\"") && !text.contains("\"call.refused\""), "{text}");
    // A file never holds more than was asked for.
    assert_eq!(front.admin.in_browser(front).get("/audit/export.csv?kind=No!").await.status, 422);
}

async fn the_record_is_verified_on_request(front: &Front) {
    let session = front.usual().await;
    front.read(&session, "").await;
    let before = front.auditor.in_browser(front).get("/audit").await.text();
    assert!(before.contains("has not verified the record"), "{before}");
    let token = form_token(front, &front.auditor).await;
    let heard = front.auditor.in_browser(front).form("/audit/verify", &[("form_token", &token)]).await;
    assert_eq!(heard.status, 303, "{}", heard.text());
    let after = front.auditor.in_browser(front).get("/audit").await.text();
    assert!(after.contains("The record is whole: ") && after.contains("Approvals: 1"), "{after}");
    let without = front.auditor.in_browser(front).form("/audit/verify", &[]).await;
    assert_eq!(without.status, 403);
}

async fn a_filter_that_cannot_be_read_is_said(front: &Front) {
    let html = front.admin.in_browser(front).get("/audit?who=NOT%20A%20NAME&kind=call").await;
    let html = html.text();
    assert!(html.contains("could not be read") && html.contains("<code>who</code>"), "{html}");
}

async fn activity_counts_what_was_decided(front: &Front) {
    let session = front.usual().await;
    front.read(&session, "").await;
    front.settle().await;
    broker::services::usage::count(&front.app).await.unwrap();
    let html = front.auditor.in_browser(front).get("/activity").await.text();
    let row = html.split("<tr>").find(|row| row.contains(&format!("agent={}\"", front.agent.id)));
    let row = row.unwrap_or_else(|| panic!("the agent is not counted: {html}"));
    let cells: Vec<_> = row.split("<td>").skip(1).filter_map(|cell| cell.split('<').next()).collect();
    assert_eq!(cells[..4], ["1", "0", "1", "0"], "one decision, one call: {row}");
    assert!(html.contains("/audit?service=issues"), "the service is not counted: {html}");
}
