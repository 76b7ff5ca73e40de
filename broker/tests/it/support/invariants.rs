//! What must hold in every database, whatever a test did to it.

use super::{dump::dump, installation::CANARY};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD, prelude::BASE64_URL_SAFE_NO_PAD};
use broker::{
    ledger::verify::verify,
    store::{Conn, Store, audit, lines},
};
use domain::state::{Grant, State};
use protocol::record::Record;

type Columns = (String, String, String, Option<String>, String, i64, Option<i64>, i64, i64, String);

const GRANTS: &str =
    "SELECT id, agent, owner, approver, state, version, ends_at, expires_at, asked_at, body FROM grants";
const OVERUSED: &str = "SELECT COUNT(*) FROM grant_lines l WHERE l.used > l.max_calls OR l.used < 0";
const USED: &str =
    "SELECT g.body FROM authorizations a JOIN grants g ON g.id = a.grant_id WHERE a.used_at IS NOT NULL";
const DROPPED: &str = "SELECT COUNT(*) FROM chains WHERE dropped_seq > 0";
const DECISIONS: &str = "SELECT COUNT(*) FROM (SELECT grant_id FROM audit WHERE kind IN \
    ('request.approved', 'request.denied', 'request.withdrawn', 'request.lapsed') \
    GROUP BY grant_id HAVING COUNT(*) > 1) AS twice";

/// What breaks a rule of the OAuth doors, counted.
const OAUTH: [(&str, &str); 7] = [
    (
        "a code was used, and its way back was not",
        "SELECT COUNT(*) FROM authorization_codes c JOIN authorizations a ON a.id = c.authorization_id \
         WHERE c.used_at IS NOT NULL AND a.used_at IS NULL",
    ),
    (
        "two codes of one way back were used",
        "SELECT COUNT(*) FROM (SELECT authorization_id FROM authorization_codes WHERE used_at IS NOT NULL \
         GROUP BY authorization_id HAVING COUNT(*) > 1) AS twice",
    ),
    (
        "somebody is on the way back with another's request",
        "SELECT COUNT(*) FROM authorizations a JOIN grants g ON g.id = a.grant_id WHERE a.person <> g.owner",
    ),
    (
        "a handle is of another agent than its request",
        "SELECT COUNT(*) FROM ciba_requests h JOIN grants g ON g.id = h.grant_id WHERE h.agent <> g.agent",
    ),
    (
        "the pair of a client and a person has a secret",
        "SELECT COUNT(*) FROM agents WHERE client IS NOT NULL AND secret_mac <> id",
    ),
    (
        "the pair of a client and a person has a key",
        "SELECT COUNT(*) FROM agents a JOIN agent_keys k ON k.agent = a.id WHERE a.client IS NOT NULL",
    ),
    (
        "an agent of a client that was removed is not blocked",
        "SELECT COUNT(*) FROM agents a JOIN oauth_clients c ON c.id = a.client \
         WHERE c.removed_at IS NOT NULL AND a.blocked = 0",
    ),
];

/// Which rules of the OAuth doors do not hold.
pub async fn broken_at_oauth_doors(store: &Store) -> Vec<&'static str> {
    let mut broken = Vec::new();
    for (what, sql) in OAUTH {
        if count(store, sql).await > 0 {
            broken.push(what);
        }
    }
    if !every_used_code_began_its_session(store).await {
        broken.push("a code was used, and its session was not begun by that door, once");
    }
    broken
}

async fn every_used_code_began_its_session(store: &Store) -> bool {
    if count(store, DROPPED).await > 0 {
        return true; // what is dropped says nothing any more
    }
    let mut conn = store.read().await.unwrap();
    let used: Vec<(String,)> = match &mut conn {
        Conn::Sqlite(raw) => sqlx::query_as(USED).fetch_all(&mut **raw).await.unwrap(),
        Conn::Postgres(raw) => sqlx::query_as(USED).fetch_all(&mut **raw).await.unwrap(),
    };
    for (body,) in used {
        let grant: Grant = serde_json::from_str(&body).unwrap();
        let rows = audit::of_grant(&mut conn, &grant.grant_id(), 1_000_000).await.unwrap();
        let begun = rows.iter().filter(|it| it.kind == "grant.redeemed");
        let doors: Vec<_> = begun.map(|it| it.facts.get("door").and_then(|door| door.as_str())).collect();
        let has_begun = matches!(grant.state, State::Active { .. } | State::Ended { .. });
        if doors != [Some("authorization code")] || !has_begun {
            return false;
        }
    }
    true
}

/// Checks them all.
pub async fn check(store: &Store) {
    let report = verify(store, |_| {}).await.unwrap();
    assert_eq!(report.first_fault, None);
    assert!(report.records > 0);
    assert_eq!(count(store, OVERUSED).await, 0, "a limit was passed");
    assert_eq!(count(store, DECISIONS).await, 0, "a request was decided twice");
    assert_eq!(broken_at_oauth_doors(store).await, [""; 0]);
    for row in grants(store).await {
        check_grant(&row);
        check_record(store, &row).await;
    }
    check_no_secret(&dump(store).await);
}

/// A number that one statement gives.
pub async fn count(store: &Store, sql: &'static str) -> i64 {
    match &mut store.read().await.unwrap() {
        Conn::Sqlite(raw) => sqlx::query_scalar(sql).fetch_one(&mut **raw).await.unwrap(),
        Conn::Postgres(raw) => sqlx::query_scalar(sql).fetch_one(&mut **raw).await.unwrap(),
    }
}

async fn grants(store: &Store) -> Vec<Columns> {
    match &mut store.read().await.unwrap() {
        Conn::Sqlite(raw) => sqlx::query_as(GRANTS).fetch_all(&mut **raw).await.unwrap(),
        Conn::Postgres(raw) => sqlx::query_as(GRANTS).fetch_all(&mut **raw).await.unwrap(),
    }
}

fn check_grant((id, agent, owner, approver, state, version, ends_at, expires_at, asked_at, body): &Columns) {
    let grant: Grant = serde_json::from_str(body).unwrap();
    assert_eq!(*id, grant.id.digits());
    assert_eq!(*agent, grant.asked.agent.id.as_str());
    assert_eq!(*owner, grant.asked.owner.as_str());
    assert_eq!(*version, grant.version);
    assert_eq!(*state, format!("{:?}", grant.status()).to_lowercase());
    assert_eq!(*expires_at, grant.expires_at.timestamp_millis());
    assert_eq!(*asked_at, grant.asked_at.timestamp_millis());
    let Some(approval) = grant.approval() else {
        assert_eq!((approver, ends_at), (&None, &None));
        return;
    };
    assert_eq!(approver.as_deref(), Some(approval.verdict.by.as_str()));
    let longest = approval.verdict.at + chrono::TimeDelta::seconds(i64::from(approval.terms.duration));
    assert!(approval.terms.duration <= grant.asked.duration, "it lasts longer than asked");
    assert!(ends_at.unwrap() <= longest.timestamp_millis(), "it ends later than approved");
    let end = match &grant.state {
        State::Ended { at, .. } => *at,
        _ => approval.ends_at,
    };
    assert_eq!(*ends_at, Some(end.timestamp_millis()));
    assert!(domain::narrowing::is_within(&approval.terms, &grant.asked), "it is wider than asked");
}

/// A row is what its records say: a state and its record are written together or not at all.
async fn check_record(store: &Store, (id, .., body): &Columns) {
    let grant: Grant = serde_json::from_str(body).unwrap();
    let mut conn = store.read().await.unwrap();
    let rows = audit::of_grant(&mut conn, &grant.grant_id(), 1_000_000).await.unwrap();
    let has = |kind: &str| rows.iter().filter(|row| row.kind == kind).count();
    // What is dropped says nothing any more.
    if has("request.opened") == 0 && count(store, DROPPED).await > 0 {
        return;
    }
    let acts = [
        "request.opened",
        "request.denied",
        "request.withdrawn",
        "request.lapsed",
        "request.approved",
        "grant.redeemed",
        "grant.ended",
    ];
    let redeemed = usize::from(matches!(grant.state, State::Active { .. }));
    let expected = match &grant.state {
        State::Pending { .. } => [1, 0, 0, 0, 0, 0, 0],
        State::Denied { .. } => [1, 1, 0, 0, 0, 0, 0],
        State::Withdrawn { .. } => [1, 0, 1, 0, 0, 0, 0],
        State::Lapsed { .. } => [1, 0, 0, 1, 0, 0, 0],
        State::Approved { .. } | State::Active { .. } => [1, 0, 0, 0, 1, redeemed, 0],
        State::Ended { .. } => [1, 0, 0, 0, 1, has("grant.redeemed").min(1), 1],
    };
    assert_eq!(acts.map(has), expected, "{id}: {:?}", grant.state);
    let usage = audit::usage(&mut conn, &[id]).await.unwrap().remove(id).unwrap_or_default();
    let times = rows.iter().filter(|it| it.kind == "call.authorised").map(|it| it.at.timestamp_millis());
    assert_eq!(usage.last, times.max(), "{id}");
    assert_eq!(usage.calls, i64::try_from(has("call.authorised")).unwrap(), "{id}");
    let refused = has("call.refused") + has("token.refused");
    assert_eq!(usage.refused, i64::try_from(refused).unwrap(), "{id}");
    for line in lines::of_grant(&mut conn, &grant.grant_id()).await.unwrap() {
        let of_line =
            |record: &&Record| record.kind == "call.authorised" && record.facts["line"] == line.line;
        let calls = rows.iter().filter(of_line).count();
        assert_eq!(line.used, i64::try_from(calls).unwrap(), "{id}: line {}", line.line);
    }
}

/// Neither as it is nor in an encoding that a careless writer might use.
pub fn check_no_secret(text: &str) {
    for form in forms(CANARY) {
        assert!(!text.contains(&form), "a secret stands in the database as {form}");
    }
}

fn forms(secret: &str) -> Vec<String> {
    let hex = |upper: bool| -> String {
        let digit = |byte: u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
        secret.bytes().map(digit).collect()
    };
    let mut forms = vec![secret.to_owned(), hex(false), hex(true)];
    // Base64 of a text that the secret stands in, at each of the three places that it can have in a group of three.
    for shift in 0..3 {
        let inner = &secret[shift..secret.len() - (secret.len() - shift) % 3];
        forms.push(BASE64_STANDARD_NO_PAD.encode(inner));
        forms.push(BASE64_URL_SAFE_NO_PAD.encode(inner));
    }
    forms
}

#[test]
fn a_secret_is_found_in_every_form() {
    for around in ["", "a", "ab"] {
        let text = BASE64_STANDARD_NO_PAD.encode(format!("{around}{CANARY}{around}"));
        assert!(forms(CANARY).iter().any(|form| text.contains(form)), "{around}");
    }
}
