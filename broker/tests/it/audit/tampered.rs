//! Damage done to the database by another hand, each undone before the next.

use super::history;
use crate::support::installation::Installation;
use broker::{
    ledger::verify::{Fault, verify},
    store::{Engine, Store},
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

/// Another hand.
pub enum Hand {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Hand {
    /// Takes the triggers away that keep the record as it is.
    pub async fn reach_in(it: &Installation) -> Self {
        if it.app.store.engine() == Engine::Sqlite {
            let mut hand = Self::Sqlite(SqliteConnection::connect(&it.url).await.unwrap());
            hand.run("DROP TRIGGER audit_no_update").await;
            hand.run("DROP TRIGGER audit_no_delete").await;
            hand
        } else {
            let mut hand = Self::Postgres(PgConnection::connect(&it.url).await.unwrap());
            hand.run("DROP TRIGGER audit_no_update ON audit").await;
            hand
        }
    }

    pub async fn run(&mut self, sql: &str) {
        let safe = AssertSqlSafe(sql.to_owned());
        let rows = match self {
            Self::Sqlite(conn) => conn.execute(safe).await.unwrap().rows_affected(),
            Self::Postgres(conn) => conn.execute(safe).await.unwrap().rows_affected(),
        };
        assert!(rows > 0 || sql.starts_with("DROP") || sql.starts_with("CREATE"), "{sql} changed nothing");
    }
}

pub async fn fault(store: &Store) -> Option<Fault> {
    verify(store, |_| {}).await.unwrap().first_fault
}

/// What is done, what undoes it, the record that is named, and what is said of it.
type Damage = (String, String, i64, &'static str);

fn edits(chain: &str, seq: i64) -> Vec<Damage> {
    let row = format!("WHERE chain = '{chain}' AND seq = {seq}");
    let update = |set: &str| format!("UPDATE audit SET {set} {row}");
    let both = |there: &str, back: &str, what| (update(there), update(back), seq, what);
    let text = |from: &str, to: &str| format!("body = replace(body, '{from}', '{to}')");
    vec![
        both(&text("tracker", "trackes"), &text("trackes", "tracker"), "hash"),
        both("body = body || ' '", "body = trim(body)", "hash"),
        both("at = at + 1", "at = at - 1", "columns"),
        both("kind = 'call.refused'", "kind = 'call.authorised'", "columns"),
        both("grant_id = 'x' || grant_id", "grant_id = substr(grant_id, 2)", "columns"),
        both(
            "grant_id = 'x' || grant_id, hash = '0' || hash",
            "grant_id = substr(grant_id, 2), hash = substr(hash, 2)",
            "hash",
        ),
    ]
}

fn cuts(chain: &str, seq: i64, head: i64) -> Vec<Damage> {
    let without = |seq: i64, named, what| {
        let cut = format!("UPDATE audit SET chain = 'kept {chain}' WHERE chain = '{chain}' AND seq = {seq}");
        let back = format!("UPDATE audit SET chain = '{chain}' WHERE chain = 'kept {chain}'");
        (cut, back, named, what)
    };
    let chains = |set: &str| format!("UPDATE chains SET {set} WHERE id = '{chain}'");
    let renamed = |from: &str, to: &str| format!("UPDATE chains SET id = '{to}' WHERE id = '{from}'");
    let (wrong, right) = (chains("head_hash = 'x' || head_hash"), chains("head_hash = substr(head_hash, 2)"));
    vec![
        (wrong, right, head, "head"),
        (chains("head_seq = head_seq - 1"), chains("head_seq = head_seq + 1"), head - 1, "head"),
        (chains("head_seq = head_seq + 1"), chains("head_seq = head_seq - 1"), head + 1, "cut off"),
        (renamed(chain, "gone"), renamed("gone", chain), 1, "list of chains"),
        without(seq, seq, "list of chains"),
    ]
}

pub async fn every_damage_is_named(it: &Installation) {
    history(it).await;
    let chain = it.app.ledger.chain().to_owned();
    let next = it.another().await;
    let store = &it.app.store;
    let mut hand = Hand::reach_in(it).await;
    assert_eq!(fault(store).await, None);
    let seq = first_call(it).await;
    let head = broker::store::chains::find(&mut store.read().await.unwrap(), &chain).await.unwrap().unwrap();
    let damages = edits(&chain, seq).into_iter().chain(cuts(&chain, seq, head.head_seq));
    for (there, back, named, what) in damages {
        hand.run(&there).await;
        let found = fault(store).await.unwrap_or_else(|| panic!("{there} was not found"));
        assert!(found.what.contains(what), "{there}: {found}");
        assert!(found.seq == named || what == "list of chains", "{there}: {found}");
        hand.run(&back).await;
        assert_eq!(fault(store).await, None, "{back}");
    }
    a_cut_is_seen_by_the_next_start(&mut hand, store, &chain).await;
    a_missing_record_is_named(&mut hand, store, &chain, seq).await;
    next.stop().await;
}

async fn first_call(it: &Installation) -> i64 {
    let mut conn = it.app.store.read().await.unwrap();
    let rows = broker::store::audit::page(&mut conn, it.app.ledger.chain(), 0, 1_000).await.unwrap();
    rows.iter().find(|row| row.kind == "call.authorised").unwrap().seq
}

/// Who cuts the end of a chain off and moves its head back is given away by the chain that linked to it.
async fn a_cut_is_seen_by_the_next_start(hand: &mut Hand, store: &Store, chain: &str) {
    hand.run(&format!("CREATE TABLE kept AS SELECT * FROM audit WHERE chain = '{chain}'")).await;
    hand.run("CREATE TABLE heads AS SELECT * FROM chains").await;
    let last = format!("(SELECT head_seq FROM chains WHERE id = '{chain}')");
    hand.run(&format!("DELETE FROM audit WHERE chain = '{chain}' AND seq = {last}")).await;
    let before = format!("(SELECT hash FROM kept WHERE seq = {last} - 1)");
    hand.run(&format!("UPDATE chains SET head_hash = {before} WHERE id = '{chain}'")).await;
    hand.run(&format!("UPDATE chains SET head_seq = head_seq - 1 WHERE id = '{chain}'")).await;
    let found = fault(store).await.unwrap();
    assert!(found.what.contains("cut off") && found.chain != chain, "{found}");
    let set = "head_seq = (SELECT head_seq FROM heads h WHERE h.id = chains.id), \
        head_hash = (SELECT head_hash FROM heads h WHERE h.id = chains.id)";
    hand.run(&format!("UPDATE chains SET {set}")).await;
    hand.run(&format!("INSERT INTO audit SELECT * FROM kept WHERE seq = {last}")).await;
    assert_eq!(fault(store).await, None);
}

async fn a_missing_record_is_named(hand: &mut Hand, store: &Store, chain: &str, seq: i64) {
    hand.run(&format!("DELETE FROM audit WHERE chain = '{chain}' AND seq = {seq}")).await;
    let found = fault(store).await.unwrap();
    assert_eq!((found.chain.as_str(), found.seq), (chain, seq));
    hand.run(&format!("INSERT INTO audit SELECT * FROM kept WHERE seq = {seq}")).await;
    assert_eq!(fault(store).await, None);
}
