//! What clients that anybody can register may have written, how often, and before whom it waits.

use super::{brought, known, of_sdk, refused, register, session, text};
use crate::front::{
    authorizing::{asking, reading, with},
    cast::{Heard, anonymous},
    support::{Front, on_each_front},
};
use crate::support::invariants::{broken_at_oauth_doors, count};
use broker::{
    ledger::{
        LedgerError, Why,
        acts::{Act, Authorizing, ClientAct},
    },
    store::{Engine, oauth_clients},
    sweeper,
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

on_each_front!(
    requests_are_pushed_so_often_and_no_longer_than_needed,
    what_is_pushed_is_what_the_door_knows,
    so_many_requests_of_one_client_wait,
    a_registration_changes_so_often_and_its_record_is_short,
    registrations_are_taken_back_so_often,
    what_a_client_does_waits_among_what_agents_do,
    the_rules_of_the_doors_are_seen_to_be_broken,
);

async fn push(front: &Front, id: &str, more: &[(&'static str, &str)]) -> Heard {
    let mut params = with(asking(&reading()), "client_id", Some(id));
    params = with(params, "redirect_uri", Some("http://localhost:3334/oauth/callback"));
    for (name, value) in more {
        params = with(params, name, Some(value));
    }
    let fields: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    anonymous(front).form("/oauth/par", &fields).await
}

async fn public(front: &Front, name: &str) -> String {
    text(&register(front, &of_sdk(name)).await, "client_id").to_owned()
}

async fn requests_are_pushed_so_often_and_no_longer_than_needed(front: &Front) {
    let (one, other) = (public(front, "One").await, public(front, "Other").await);
    for at in 0..60 {
        let heard = push(front, if at % 2 == 0 { &one } else { &other }, &[]).await;
        assert_eq!(heard.status, 201, "{at}: {}", heard.text());
    }
    for id in [&one, &other] {
        let heard = push(front, id, &[]).await;
        refused(&heard, 429, "temporarily_unavailable");
        assert!(!heard.header("retry-after").is_empty());
    }
    front.wait(1_000);
    assert_eq!(push(front, &one, &[]).await.status, 201);
    let kept = async || count(&front.app.store, "SELECT COUNT(*) FROM pushed_requests").await;
    assert_eq!(kept().await, 61);
    front.wait(16 * 60_000);
    sweeper::sweep(&front.app).await.unwrap();
    assert_eq!(kept().await, 0, "minutes after they lapsed");
}

async fn what_is_pushed_is_what_the_door_knows(front: &Front) {
    let id = public(front, "One").await;
    let junk = "x".repeat(30_000);
    assert_eq!(push(front, &id, &[("junk", &junk), ("client_assertion_type", "")]).await.status, 201);
    let large = "SELECT COUNT(*) FROM pushed_requests WHERE LENGTH(params) > 2000 OR params LIKE '%junk%'";
    assert_eq!(count(&front.app.store, large).await, 0);
    let heard = push(front, &id, &[("purpose", &"x".repeat(33_000))]).await;
    refused(&heard, 400, "invalid_request");
    assert!(heard.text().contains("32 KiB"), "{}", heard.text());
}

async fn so_many_requests_of_one_client_wait(front: &Front) {
    let push = async |mac: &str, client: &str| {
        let step = Authorizing::Push {
            mac: mac.to_owned(),
            client: client.to_owned(),
            via: None,
            params: "[]".to_owned(),
            expires_at: front.clock.now() + TimeDelta::seconds(600),
            most: 2,
        };
        front.app.ledger.act(Act::Authorize(Box::new(step))).await
    };
    for mac in ["a", "b"] {
        push(mac, "one").await.unwrap();
    }
    let full = push("c", "one").await;
    assert!(matches!(full, Err(LedgerError::Refused(Why::NotPermitted(_)))), "{full:?}");
    push("c", "other").await.unwrap();
    front.wait(600_001);
    push("d", "one").await.unwrap();
}

async fn put(front: &Front, said: &Value, name: &str) -> Heard {
    let (id, token) = (text(said, "client_id"), text(said, "registration_access_token"));
    let mut wanted = of_sdk(name);
    wanted["client_id"] = json!(id);
    let json = front.with(token).header("content-type", "application/json");
    json.send("PUT", &format!("/oauth/register/{id}"), wanted.to_string()).await
}

async fn delete(front: &Front, said: &Value) -> Heard {
    let (id, token) = (text(said, "client_id"), text(said, "registration_access_token"));
    front.with(token).send("DELETE", &format!("/oauth/register/{id}"), "").await
}

async fn a_registration_changes_so_often_and_its_record_is_short(front: &Front) {
    let said = register(front, &of_sdk("One")).await;
    for at in 0..20 {
        assert_eq!(put(front, &said, ["Two", "One"][at % 2]).await.status, 200, "{at}");
    }
    refused(&put(front, &said, "Two").await, 429, "temporarily_unavailable");
    let changed = "SELECT COUNT(*) FROM audit WHERE kind = 'client.changed'";
    assert_eq!(count(&front.app.store, changed).await, 20);
    let long = "SELECT COUNT(*) FROM audit WHERE kind LIKE 'client.%' AND facts LIKE '%oauth/callback%'";
    assert_eq!(count(&front.app.store, long).await, 0, "hosts are enough");
    let hosts = "SELECT COUNT(*) FROM audit WHERE kind LIKE 'client.%' \
        AND facts LIKE '%\"redirect_hosts\":[\"localhost\"]%' AND facts LIKE '%\"metadata_digest\":\"%'";
    assert_eq!(count(&front.app.store, hosts).await, 21);
}

async fn registrations_are_taken_back_so_often(front: &Front) {
    let mut all = Vec::new();
    for at in 0..21 {
        front.wait(if at == 20 { 60_000 } else { 0 });
        all.push(register(front, &of_sdk("One")).await);
    }
    for said in &all[..20] {
        assert_eq!(delete(front, said).await.status, 204);
    }
    refused(&delete(front, &all[20]).await, 429, "temporarily_unavailable");
    front.wait(3_000);
    assert_eq!(delete(front, &all[20]).await.status, 204);
}

async fn what_a_client_does_waits_among_what_agents_do(front: &Front) {
    let said = register(front, &of_sdk("One")).await;
    let id = text(&said, "client_id").to_owned();
    let stored = oauth_clients::find(&mut front.app.store.read().await.unwrap(), &id).await;
    let client = Box::new(stored.unwrap().unwrap());
    let act = |it: ClientAct| Act::Client(Box::new(it));
    for act in [
        act(ClientAct::Register { client: client.clone(), most: 1 }),
        act(ClientAct::Change { client: client.clone() }),
        act(ClientAct::Fetched { client }),
        act(ClientAct::Remove { id: id.clone(), agents: false }),
    ] {
        assert!(act.is_an_agents() && !act.is_alone(), "{act:?}");
    }
    assert!(act(ClientAct::Remove { id: id.clone(), agents: true }).is_alone());
    // Who takes it for one without agents, though it has one, does nothing.
    let agent = brought(front, &known(front, &id).await, &front.owner).await;
    let removed = front.app.ledger.act(act(ClientAct::Remove { id: id.clone(), agents: false })).await;
    assert!(matches!(removed, Err(LedgerError::Refused(Why::Changed))), "{removed:?}");
    let (_, token) = session(front, &agent).await;
    assert_eq!(front.with(&token).get("/proxy/issues/projects/acme/items").await.status, 200);
    assert_eq!(delete(front, &said).await.status, 204);
    assert_eq!(front.with(&token).get("/proxy/issues/projects/acme/items").await.status, 401);
}

/// Another hand in the database.
async fn by_hand(front: &Front, sql: &str) {
    let safe = AssertSqlSafe(sql.to_owned());
    let rows = match front.app.store.engine() {
        Engine::Sqlite => {
            let mut conn = SqliteConnection::connect(&front.url).await.unwrap();
            conn.execute(safe).await.unwrap().rows_affected()
        }
        Engine::Postgres => {
            let mut conn = PgConnection::connect(&front.url).await.unwrap();
            conn.execute(safe).await.unwrap().rows_affected()
        }
    };
    assert!(rows > 0, "{sql} changed nothing");
}

async fn the_rules_of_the_doors_are_seen_to_be_broken(front: &Front) {
    let said = register(front, &of_sdk("One")).await;
    let client = known(front, text(&said, "client_id")).await;
    let agent = brought(front, &client, &front.owner).await;
    crate::front::authorizing::redirects(front, true).await;
    let (_, code) = crate::front::authorizing::code(front, &asking(&reading())).await;
    let redeemed = crate::front::authorizing::redeem(front, &front.agent, &code, &[]).await;
    assert_eq!(redeemed.status, 200, "{}", redeemed.text());
    let fields = [
        ("scope", "openid"),
        ("login_hint", "otto"),
        (
            "authorization_details",
            r#"[{"type":"service_access","service":"issues","actions":["items.read"]}]"#,
        ),
    ];
    let heard = front.client(&front.agent).form("/oauth/bc-authorize", &fields).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    front.keep(text(&heard.json(), "auth_req_id"));
    assert_eq!(delete(front, &said).await.status, 204);
    let id = &agent.id;
    let key = format!(
        "INSERT INTO agent_keys (agent, thumbprint, kid, jwk, added_at) VALUES ('{id}', 't', 'k', '{{}}', 0)"
    );
    let no_key = format!("DELETE FROM agent_keys WHERE agent = '{id}'");
    let secret = format!("UPDATE agents SET secret_mac = 'x' WHERE id = '{id}'");
    let no_secret = format!("UPDATE agents SET secret_mac = id WHERE id = '{id}'");
    let let_in = format!("UPDATE agents SET blocked = 0 WHERE id = '{id}'");
    let blocked = format!("UPDATE agents SET blocked = 1 WHERE id = '{id}'");
    let cases = [
        (
            "UPDATE authorizations SET used_at = NULL",
            "UPDATE authorizations SET used_at = 1",
            "way back was not",
        ),
        (
            "UPDATE authorizations SET person = 'mallory'",
            "UPDATE authorizations SET person = 'otto'",
            "another's",
        ),
        ("UPDATE ciba_requests SET agent = 'direct'", "UPDATE ciba_requests SET agent = 'helper'", "handle"),
        (secret.as_str(), no_secret.as_str(), "has a secret"),
        (key.as_str(), no_key.as_str(), "has a key"),
        (let_in.as_str(), blocked.as_str(), "not blocked"),
        (
            "INSERT INTO authorization_codes (mac, authorization_id, good_until, used_at) \
             SELECT 'again', id, 1, 1 FROM authorizations",
            "DELETE FROM authorization_codes WHERE mac = 'again'",
            "two codes",
        ),
        (
            "UPDATE authorizations SET grant_id = (SELECT grant_id FROM ciba_requests)",
            "UPDATE authorizations SET grant_id = (SELECT id FROM grants WHERE state = 'active')",
            "not begun by that door",
        ),
    ];
    assert_eq!(broken_at_oauth_doors(&front.app.store).await, [""; 0]);
    for (damage, undo, what) in cases {
        by_hand(front, damage).await;
        let broken = broken_at_oauth_doors(&front.app.store).await;
        assert!(matches!(broken.as_slice(), [one] if one.contains(what)), "{damage}: {broken:?}");
        by_hand(front, undo).await;
        assert_eq!(broken_at_oauth_doors(&front.app.store).await, [""; 0], "{undo}");
    }
}
