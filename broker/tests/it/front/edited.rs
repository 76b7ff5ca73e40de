//! What somebody writes into the database who can do nothing else is worth nothing.

use super::{
    proven::{arm, deleting, done, not_done, status, try_to_redeem},
    support::{Front, line, on_each_front},
};
use broker::store::{Conn, Store};
use protocol::{access::RequestStatus, card::PasskeyQuestion, problem::Code};
use serde_json::{Value, json};

on_each_front!(
    an_approval_written_into_the_database_is_worth_nothing,
    a_passkey_written_into_the_database_is_worth_nothing,
    a_session_that_runs_is_what_its_token_was_made_for,
);

/// What is changed in a row.
type Edit<'a> = &'a dyn Fn(&mut Value);

/// Writes into the database as nobody should; gives how many rows it changed.
async fn write(front: &Front, sql: &'static str, values: &[&str]) -> u64 {
    let store = Store::open(&front.url).await.unwrap();
    let mut conn = store.writer().await.unwrap();
    let rows = match &mut conn {
        Conn::Sqlite(raw) => {
            let query = values.iter().fold(sqlx::query(sql), |query, value| query.bind((*value).to_owned()));
            query.execute(&mut **raw).await.unwrap().rows_affected()
        }
        Conn::Postgres(raw) => {
            let query = values.iter().fold(sqlx::query(sql), |query, value| query.bind((*value).to_owned()));
            query.execute(&mut **raw).await.unwrap().rows_affected()
        }
    };
    drop(conn);
    store.close().await;
    rows
}

async fn body(front: &Front, id: &str) -> Value {
    let request: protocol::RequestId = id.parse().unwrap();
    let mut conn = front.app.store.read().await.unwrap();
    let stored = broker::store::grants::find(&mut conn, &request).await.unwrap().unwrap();
    serde_json::to_value(&stored.grant).unwrap()
}

async fn an_approval_written_into_the_database_is_worth_nothing(front: &Front) {
    let mut ana = arm(front, "ana").await;
    let asked = front.ask(&front.agent, &[deleting()]).await;
    done(&ana.approve(front, asked.id.as_str()).await);
    let good = body(front, asked.id.as_str()).await;
    let edits: [(Edit<'_>, &str); 4] = [
        (&|it| drop(it.as_object_mut().unwrap().remove("evidence")), "takes a passkey"),
        (&|it| it["terms"]["lines"][0]["resources"] = json!(["acme", "other"]), "not what was approved"),
        (&|it| it["verdict"]["by"] = json!("paul"), "no longer there"),
        (&|it| it["evidence"]["nonce"] = json!("1.2.3"), "does not hold"),
    ];
    for (edit, says) in edits {
        let mut forged = good.clone();
        edit(&mut forged["state"]["approval"]);
        put(front, asked.id.as_str(), &forged).await;
        let heard = try_to_redeem(front, asked.id.as_str()).await;
        let problem = heard.refused(403, Code::Forbidden);
        assert!(problem.detail.contains(says), "{says}: {problem:?}");
    }
    // With the digest to match, the signature does not.
    let mut forged = good.clone();
    forged["state"]["approval"]["terms"]["duration"] = json!(7_200);
    let terms: protocol::Terms =
        serde_json::from_value(forged["state"]["approval"]["terms"].clone()).unwrap();
    forged["state"]["approval"]["grant_digest"] = json!(domain::digest::grant_digest(&terms));
    put(front, asked.id.as_str(), &forged).await;
    try_to_redeem(front, asked.id.as_str()).await.refused(403, Code::Forbidden);
    put(front, asked.id.as_str(), &good).await;
    front.redeem(&front.agent, asked.id.as_str()).await;
}

/// Replaces a grant's body, as the guards allow it.
async fn put(front: &Front, id: &str, body: &Value) {
    let mut forged = body.clone();
    let now = self::body(front, id).await["version"].as_i64().unwrap();
    forged["version"] = json!(now + 1);
    let sql = "UPDATE grants SET body = $1, version = version + 1 WHERE id = $2";
    assert_eq!(write(front, sql, &[&forged.to_string(), id.trim_start_matches("req_")]).await, 1);
}

async fn a_passkey_written_into_the_database_is_worth_nothing(front: &Front) {
    let ana = arm(front, "ana").await;
    // Mallory's own passkey becomes ana's, by the hand of somebody who can write the database.
    let mut mallory = arm(front, "mallory").await;
    let credential = mallory.passkey.credential();
    let sql = "UPDATE passkeys SET person = 'ana' WHERE credential = $1";
    assert_eq!(write(front, sql, &[&credential]).await, 1);
    let asked = front.ask(&front.agent, &[deleting()]).await;
    let card = ana.card(front, asked.id.as_str(), "").await;
    let PasskeyQuestion { nonce, options } = card.passkey.clone().unwrap();
    assert!(!options.contains(&credential), "it is not even asked for");
    let answer = mallory.passkey.answer(&options);
    not_done(&ana.post(front, &card, Some((&nonce, &answer))).await, "not one of yours");
    assert_eq!(status(front, asked.id.as_str()).await, RequestStatus::Pending);
}

async fn a_session_that_runs_is_what_its_token_was_made_for(front: &Front) {
    let asked = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
    front.approve(&front.approver, asked.id.as_str()).await;
    let session = front.redeem(&front.agent, asked.id.as_str()).await;
    let good = body(front, asked.id.as_str()).await;
    // Wider, with a digest to match, before any broker remembers the session.
    let mut forged = good.clone();
    let approval = &mut forged["state"]["approval"];
    approval["terms"]["lines"][0]["resources"] = json!(["acme", "secret"]);
    let terms: protocol::Terms = serde_json::from_value(approval["terms"].clone()).unwrap();
    approval["grant_digest"] = json!(domain::digest::grant_digest(&terms));
    put(front, asked.id.as_str(), &forged).await;
    let heard = front.token_for(&front.agent, &session, "issues", "items.read").await;
    assert_eq!(heard.status, 400, "{}", heard.text());
    assert!(heard.text().contains("not what this session's token was made for"), "{}", heard.text());
    let records = front.record(session.grant.as_str()).await;
    let kinds: Vec<&str> = records.iter().map(|it| it.kind.as_str()).collect();
    assert!(kinds.contains(&"token.refused") && !kinds.contains(&"token.minted"), "{kinds:?}");
    // With the row as it was, the session is as it was.
    put(front, asked.id.as_str(), &good).await;
    assert_eq!(front.read(&session, "").await.status, 200);
}
