//! A batch that was judged without reading is committed only if nothing came in between (SQLite).

use crate::support::database::Database;
use broker::store::{
    Conn, Engine, Store,
    audit::{Common, NewRow, Said, find},
    batch::{AtOnce, Known, Written, at_once},
    calls, chains, watermarks,
};
use chrono::DateTime;
use domain::chain::Head;
use protocol::{CallId, Digest, GrantId, record::Actor};
use sqlx::Executor;
use tokio::sync::Notify;

const CHAIN: &str = "c";

/// A chain of its own, and the connection that writes it.
struct Stage {
    conn: Conn,
    committing: std::sync::Arc<Notify>,
    number: i64,
    head: Head,
    known: Known,
    database: Database,
}

impl Stage {
    async fn set_up() -> Self {
        let database = Database::create(Engine::Sqlite).await.unwrap();
        let store = Store::open(&database.url).await.unwrap();
        let Store::Sqlite { committing, .. } = &store else { panic!("it is SQLite") };
        let committing = committing.clone();
        let mut conn = store.writer().await.unwrap();
        let start = Digest::from_bytes(&Head::default().hash);
        let number = chains::open(&mut conn, CHAIN, start.as_str(), DateTime::UNIX_EPOCH).await.unwrap();
        let news = watermarks::news(&mut conn, 0).await.unwrap();
        let known = Known { seen: 0, revision: news.revision };
        Self { conn, committing, number, head: Head::default(), known, database }
    }

    /// One authorised call in a batch of its own; says what became of it.
    async fn call(&mut self, id: u128, known: Known) -> AtOnce {
        self.write(id, "open", &[], known).await
    }

    /// A record, and a call that comes or a token that is used up.
    async fn write(&mut self, id: u128, state: &'static str, taken: &[CallId], known: Known) -> AtOnce {
        let (call, grant) = (CallId::from_u128(id), GrantId::from_u128(7));
        let said = Said {
            kind: "call.authorised".to_owned(),
            actor: Actor::Host,
            grant: Some(grant.clone()),
            call: Some(call.clone()),
            facts: "{}".to_owned(),
        };
        let common = Common { chain: CHAIN, number: self.number, at: 1, watermark: known.seen };
        let mut head = self.head;
        let mut rows = [NewRow::append(said, &common, &mut head)];
        let come = [calls::Row(call, grant, "tracker".parse().unwrap(), state, 2)];
        let come = if taken.is_empty() { &come[..] } else { &[] };
        let (number, from) = (self.number, self.head.seq);
        let written = Written { chain: CHAIN, number, from, at: 1, taken, calls: come, over: &[] };
        let done = at_once(&mut self.conn, &self.committing, &mut rows, &written, known).await.unwrap();
        if let AtOnce::Committed = done {
            self.head = head;
        }
        done
    }

    /// What is written: the head of the chain, and the calls that are open.
    async fn written(&mut self) -> (i64, i64) {
        let chain = chains::find(&mut self.conn, CHAIN).await.unwrap().unwrap();
        let at_head = find(&mut self.conn, self.number, chain.head_seq).await.unwrap();
        assert_eq!(at_head.is_some(), chain.head_seq > 0, "the head is the last record");
        (chain.head_seq, calls::open(&mut self.conn).await.unwrap())
    }

    async fn run(&mut self, sql: &'static str) {
        let Conn::Sqlite(raw) = &mut self.conn else { panic!("it is SQLite") };
        raw.execute(sql).await.unwrap();
    }

    async fn end(self) {
        drop(self.conn);
        self.database.remove().await;
    }
}

#[tokio::test]
async fn what_holds_is_committed() {
    let mut it = Stage::set_up().await;
    for (id, records) in [(1, 1), (2, 2)] {
        assert!(matches!(it.call(id, it.known).await, AtOnce::Committed));
        assert_eq!(it.written().await, (records, records));
    }
    it.end().await;
}

#[tokio::test]
async fn a_revocation_in_between_undoes_it() {
    let mut it = Stage::set_up().await;
    let number = watermarks::next(&mut it.conn).await.unwrap();
    assert!(matches!(it.call(1, it.known).await, AtOnce::Anew), "its number is enough");
    watermarks::add(&mut it.conn, number, "all", DateTime::UNIX_EPOCH).await.unwrap();
    assert!(matches!(it.call(1, it.known).await, AtOnce::Anew));
    assert_eq!(it.written().await, (0, 0));
    assert!(matches!(it.call(1, Known { seen: number, ..it.known }).await, AtOnce::Committed));
    it.end().await;
}

#[tokio::test]
async fn a_declaration_in_between_undoes_it() {
    let mut it = Stage::set_up().await;
    it.run("UPDATE revision SET number = number + 1").await;
    assert!(matches!(it.call(1, it.known).await, AtOnce::Anew));
    assert_eq!(it.written().await, (0, 0));
    let revision = it.known.revision + 1;
    assert!(matches!(it.call(1, Known { revision, ..it.known }).await, AtOnce::Committed));
    it.end().await;
}

#[tokio::test]
async fn another_writer_of_the_chain_undoes_it() {
    let mut it = Stage::set_up().await;
    assert!(matches!(it.call(1, it.known).await, AtOnce::Committed));
    it.head = Head::default();
    assert!(matches!(it.call(2, it.known).await, AtOnce::Anew));
    assert_eq!(it.written().await, (1, 1));
    it.end().await;
}

#[tokio::test]
async fn what_cannot_be_written_undoes_all_of_it() {
    let mut it = Stage::set_up().await;
    assert!(matches!(it.call(1, it.known).await, AtOnce::Committed));
    // The row of this call is there already.
    assert!(matches!(it.call(1, it.known).await, AtOnce::Anew));
    assert_eq!(it.written().await, (1, 1));
    assert!(matches!(it.call(2, it.known).await, AtOnce::Committed), "the connection is as good as before");
    it.end().await;
}

#[tokio::test]
async fn a_token_is_used_up_once() {
    let mut it = Stage::set_up().await;
    let [one, other] = [CallId::from_u128(1), CallId::from_u128(2)];
    for id in [1, 2] {
        assert!(matches!(it.write(id, "minted", &[], it.known).await, AtOnce::Committed));
    }
    assert!(matches!(it.write(1, "", std::slice::from_ref(&one), it.known).await, AtOnce::Committed));
    assert_eq!(it.written().await, (3, 1));
    assert!(
        matches!(it.write(1, "", std::slice::from_ref(&one), it.known).await, AtOnce::Anew),
        "it is used"
    );
    assert!(matches!(it.write(2, "", &[one, other.clone()], it.known).await, AtOnce::Anew), "one of them is");
    assert_eq!(it.written().await, (3, 1), "the other one is as it was");
    assert!(matches!(it.write(2, "", &[other], it.known).await, AtOnce::Committed));
    assert_eq!(it.written().await, (4, 2));
    it.end().await;
}

#[tokio::test]
async fn a_commit_that_fails_may_have_happened() {
    let mut it = Stage::set_up().await;
    // A constraint that is looked at by the commit alone.
    it.run(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY); CREATE TABLE children \
         (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED); \
         CREATE TRIGGER orphan AFTER INSERT ON calls BEGIN INSERT INTO children VALUES (1); END",
    )
    .await;
    assert!(matches!(it.call(1, it.known).await, AtOnce::Unknown(_)));
    it.end().await;
}
