//! Calls that cannot be read as one are on the record, if the token is good, and cannot flood it.

use super::support::{Front, line, on_each_front};
use protocol::record::Record;

on_each_front!(what_cannot_be_read_is_on_the_record, repeats_are_counted, a_bad_token_leaves_no_record);

const AMBIGUOUS: &str = "/proxy/issues/projects/acme//items";
const GOOD: &str = "/proxy/issues/projects/acme/items";

async fn refusals(front: &Front, grant: &str) -> Vec<Record> {
    front.record(grant).await.into_iter().filter(|it| it.kind == "call.refused").collect()
}

async fn what_cannot_be_read_is_on_the_record(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let call = || front.with(&token);
    assert_eq!(call().get(AMBIGUOUS).await.status, 400);
    assert_eq!(call().get(&format!("{GOOD}?a=%zz")).await.status, 400);
    assert_eq!(call().header("idempotency-key", "a b").get(GOOD).await.status, 422);
    // By the grant token itself, where the agent must exchange it.
    assert_eq!(front.with(&session.token).get(GOOD).await.status, 403);
    let all = refusals(front, &session.grant).await;
    let codes: Vec<&str> = all.iter().map(|it| it.facts["code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), 4, "{codes:?}");
    assert_eq!(codes[2..], ["invalid_header", "exchange_needed"], "{codes:?}");
    assert!(all.iter().all(|it| it.facts["service"] == "issues" && it.call.is_none()));
    // A token that was used is refused by the ledger, which records each.
    assert_eq!(call().get(GOOD).await.status, 200);
    assert_eq!(call().get(GOOD).await.status, 401);
    assert_eq!(refusals(front, &session.grant).await.len(), 5);
}

async fn repeats_are_counted(front: &Front) {
    let session = front.session_of(&front.direct, &[line("issues", &["items.read"], None)], 3_600).await;
    for _ in 0..100 {
        assert_eq!(front.with(&session.token).get(AMBIGUOUS).await.status, 400);
    }
    broker::sweeper::sweep(&front.app).await.unwrap();
    assert_eq!(refusals(front, &session.grant).await.len(), 1, "the first, at once");
    front.wait(60_000);
    broker::sweeper::sweep(&front.app).await.unwrap();
    let all = refusals(front, &session.grant).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[1].facts["times"], 99);
    // And from the beginning.
    assert_eq!(front.with(&session.token).get(AMBIGUOUS).await.status, 400);
    assert_eq!(refusals(front, &session.grant).await.len(), 3);
    front.wait(60_000);
    broker::sweeper::sweep(&front.app).await.unwrap();
    assert_eq!(refusals(front, &session.grant).await.len(), 3, "nothing was repeated");
}

async fn a_bad_token_leaves_no_record(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let before = front.record(&session.grant).await.len();
    let broken = format!("{}x", &token[..token.len() - 1]);
    for bad in [broken.as_str(), "x", "csn_a_x"] {
        assert_eq!(front.with(bad).get(AMBIGUOUS).await.status, 401);
    }
    assert_eq!(front.record(&session.grant).await.len(), before);
}
