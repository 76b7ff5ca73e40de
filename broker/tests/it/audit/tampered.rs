//! Damage done to the database by another hand, each undone before the next.

use super::history;
use crate::support::installation::Installation;
use broker::{
    ledger::verify::{Fault, verify},
    store::{Engine, Store, chains::Chain},
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
            hand.run("DROP TRIGGER audit_no_delete ON audit").await;
            hand
        }
    }

    pub async fn run(&mut self, sql: &str) {
        let safe = AssertSqlSafe(sql.to_owned());
        let rows = match self {
            Self::Sqlite(conn) => conn.execute(safe).await.unwrap().rows_affected(),
            Self::Postgres(conn) => conn.execute(safe).await.unwrap().rows_affected(),
        };
        let may_be_idle = ["DROP", "CREATE", "DELETE FROM audit_sessions"];
        assert!(rows > 0 || may_be_idle.iter().any(|it| sql.starts_with(it)), "{sql} changed nothing");
    }
}

pub async fn fault(store: &Store) -> Option<Fault> {
    verify(store, |_| {}).await.unwrap().first_fault
}

/// What is done, what undoes it, the record that is named, and what is said of it.
type Damage = (String, String, i64, &'static str);

/// A table of what the record was before any damage is there to undo it.
fn edits(id: i64, seq: i64) -> Vec<Damage> {
    let back =
        format!("DELETE FROM audit WHERE id = {id}; INSERT INTO audit SELECT * FROM kept WHERE id = {id}");
    let edit = |set: &str, what| (format!("UPDATE audit SET {set} WHERE id = {id}"), back.clone(), seq, what);
    vec![
        edit("facts = replace(facts, 'tracker', 'trackes')", "hash"),
        edit("facts = facts || ' '", "hash"),
        edit("facts = 'x'", "hash"),
        edit("at = at + 1", "hash"),
        edit("watermark = watermark + 1", "hash"),
        edit("kind = 'call.refused'", "hash"),
        edit("kind = 'call.authorised\u{1f}'", "cannot be read"),
        edit("kind = 'call.authorised\u{1e}'", "cannot be read"),
        edit("actor = 'agent:crawler'", "hash"),
        edit("actor = 'agent:\"'", "cannot be read"),
        edit("actor = 'host'", "hash"),
        edit("grant_id = call_id", "hash"),
        edit("grant_id = NULL", "hash"),
        edit("call_id = hash", "cannot be read"),
        edit("call_id = NULL", "hash"),
        edit("hash = (SELECT k.hash FROM kept k WHERE k.id = audit.id - 1)", "hash"),
        edit("hash = grant_id", "cannot be read"),
        edit("back = back + 1", "way back"),
        edit("back = 0", "way back"),
    ]
}

fn cuts(chain: &str, id: i64, head: i64) -> Vec<Damage> {
    let away = 1_i64 << 50;
    let moved = |from: i64, to: i64| format!("UPDATE audit SET id = {to} WHERE id = {from}");
    let chains = |set: &str| format!("UPDATE chains SET {set} WHERE id = '{chain}'");
    let renamed = |from: &str, to: &str| format!("UPDATE chains SET id = '{to}' WHERE id = '{from}'");
    let (wrong, right) = (chains("head_hash = 'x' || head_hash"), chains("head_hash = substr(head_hash, 2)"));
    vec![
        (wrong, right, head, "head"),
        (chains("head_seq = head_seq - 1"), chains("head_seq = head_seq + 1"), head - 1, "head"),
        (chains("head_seq = head_seq + 1"), chains("head_seq = head_seq - 1"), head + 1, "cut off"),
        (renamed(chain, "gone"), renamed("gone", chain), 1, "hash"),
        (chains("number = number + 100"), chains("number = number - 100"), 1, "list of chains"),
        (moved(id, id + away), moved(id + away, id), 1, "list of chains"),
        (moved(id, id - away), moved(id - away, id), 1, "list of chains"),
    ]
}

pub async fn every_damage_is_named(it: &Installation) {
    history(it).await;
    let chain = it.app.ledger.chain().to_owned();
    let next = it.another().await;
    let store = &it.app.store;
    let mut hand = Hand::reach_in(it).await;
    assert_eq!(fault(store).await, None);
    let row = first_call(it).await;
    let head = broker::store::chains::find(&mut store.read().await.unwrap(), &chain).await.unwrap().unwrap();
    hand.run("CREATE TABLE kept AS SELECT * FROM audit").await;
    let id = broker::store::audit::id(head.number, row);
    let damages = edits(id, row).into_iter().chain(cuts(&chain, id, head.head_seq));
    for (there, back, named, what) in damages {
        hand.run(&there).await;
        let found = fault(store).await.unwrap_or_else(|| panic!("{there} was not found"));
        assert!(found.what.contains(what), "{there}: {found}");
        assert!(found.seq == named || what == "list of chains", "{there}: {found}");
        hand.run(&back).await;
        assert_eq!(fault(store).await, None, "{back}");
    }
    a_cut_is_seen_by_the_next_start(&mut hand, store, &head).await;
    hand.run(&format!("DELETE FROM audit WHERE id = {id}")).await;
    let found = fault(store).await.unwrap();
    assert_eq!((found.chain.as_str(), found.seq), (chain.as_str(), row));
    hand.run(&format!("INSERT INTO audit SELECT * FROM kept WHERE id = {id}")).await;
    assert_eq!(fault(store).await, None);
    next.stop().await;
}

/// The number of the first call's record.
async fn first_call(it: &Installation) -> i64 {
    let mut conn = it.app.store.read().await.unwrap();
    let chain = it.app.ledger.chain();
    let chain = broker::store::chains::find(&mut conn, chain).await.unwrap().unwrap();
    let rows = broker::store::audit::page(&mut conn, chain.number, 0, 1_000).await.unwrap();
    rows.iter().find(|row| row.kind == "call.authorised").unwrap().seq()
}

/// Who cuts the end of a chain off and moves its head back is given away by the chain that linked to it.
async fn a_cut_is_seen_by_the_next_start(hand: &mut Hand, store: &Store, chain: &Chain) {
    let id = broker::store::audit::id(chain.number, chain.head_seq);
    let mut conn = store.read().await.unwrap();
    let before = broker::store::audit::find(&mut conn, chain.number, chain.head_seq - 1).await.unwrap();
    let hash = before.unwrap().hash();
    drop(conn);
    let head = |seq: i64, hash: &str| {
        format!("UPDATE chains SET head_seq = {seq}, head_hash = '{hash}' WHERE id = '{}'", chain.id)
    };
    hand.run(&format!("DELETE FROM audit WHERE id = {id}")).await;
    hand.run(&head(chain.head_seq - 1, &hash)).await;
    let found = fault(store).await.unwrap();
    assert!(found.what.contains("cut off") && found.chain != chain.id, "{found}");
    hand.run(&head(chain.head_seq, &chain.head_hash)).await;
    hand.run(&format!("INSERT INTO audit SELECT * FROM kept WHERE id = {id}")).await;
    assert_eq!(fault(store).await, None);
}
