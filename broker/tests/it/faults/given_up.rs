//! A revocation that can never be recorded is refused, or given up: it suspends nobody for ever.

use super::Held;
use crate::{
    audit::tampered::Hand,
    support::{
        self,
        acts::{line, revocation},
        installation::{Installation, slug},
        invariants::count,
        on_each_engine,
    },
};
use broker::{fault::Fault, grants, ledger::LedgerError, store::Engine};
use protocol::{GrantId, revoke::Subject};
use sqlx::{Connection, PgConnection, SqliteConnection};
use std::time::Duration;
use tokio::time::timeout;

on_each_engine!(
    what_fails_in_itself_is_not_held,
    what_turns_out_to_fail_in_itself_is_given_up,
    one_that_is_given_up_leaves_the_others,
);

/// Has the database refuse every revocation of one agent: it takes all others.
async fn refuse_to_revoke_crawler(it: &Installation) -> Hand {
    refuse_with(it, "P0001").await
}

/// The same with an error of this kind, where it is PostgreSQL.
async fn refuse_with(it: &Installation, code: &str) -> Hand {
    if it.app.store.engine() == Engine::Sqlite {
        let mut hand = Hand::Sqlite(SqliteConnection::connect(&it.url).await.unwrap());
        hand.run(
            "CREATE TRIGGER bad BEFORE INSERT ON watermarks WHEN NEW.subject LIKE '%crawler%' \
             BEGIN SELECT RAISE(ABORT, 'a bad byte'); END",
        )
        .await;
        return hand;
    }
    let mut hand = Hand::Postgres(PgConnection::connect(&it.url).await.unwrap());
    hand.run(&format!(
        "CREATE OR REPLACE FUNCTION bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF NEW.subject LIKE '%crawler%' THEN RAISE EXCEPTION 'a bad byte' USING ERRCODE = '{code}'; END IF; \
         RETURN NEW; END $$"
    ))
    .await;
    hand.run("CREATE TRIGGER bad BEFORE INSERT ON watermarks FOR EACH ROW EXECUTE FUNCTION bad()").await;
    hand
}

fn crawler() -> Subject {
    Subject::Agent { agent: slug("crawler") }
}

/// Calls until one is authorised; says how many waited for a revocation.
async fn call_until_one_passes(it: &Installation, grant: &GrantId) -> u32 {
    let calling = async {
        let mut waited = 0;
        loop {
            match it.use_tracker(grant).await {
                Ok(_) => return waited,
                Err(LedgerError::AwaitsRevocation) => waited += 1,
                Err(LedgerError::Unavailable) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    timeout(Duration::from_mins(1), calling).await.expect("calls are refused for ever")
}

async fn what_fails_in_itself_is_not_held(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let _hand = refuse_to_revoke_crawler(it).await;
    let answer = grants::revoke_as(&it.app, revocation(crawler())).await;
    assert!(matches!(answer, Err(Fault::Ledger(LedgerError::Data(_)))), "{answer:?}");
    assert_eq!(it.app.ledger.unrecorded(), 0);
    it.use_tracker(&grant).await.unwrap();
    grants::revoke_as(&it.app, revocation(Subject::Agent { agent: slug("bot") })).await.unwrap();
    it.use_tracker(&grant).await.unwrap_err();
}

/// It is held while the database takes nothing; that it is at fault itself shows when the database takes others.
async fn what_turns_out_to_fail_in_itself_is_given_up(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let mut hand = refuse_to_revoke_crawler(it).await;
    let lock = Held::take(&it.url).await;
    let answer = grants::revoke_as(&it.app, revocation(crawler())).await;
    assert!(matches!(answer, Err(Fault::Ledger(LedgerError::NotRecordedYet))), "{answer:?}");
    assert_eq!(it.app.ledger.unrecorded(), 1);
    assert!(it.use_tracker(&grant).await.is_err());
    lock.give_back().await;
    call_until_one_passes(it, &grant).await;
    assert_eq!(it.app.ledger.unrecorded(), 0);
    // What was given up can be asked for again.
    let on = if it.app.store.engine() == Engine::Sqlite { "" } else { " ON watermarks" };
    hand.run(&format!("DROP TRIGGER bad{on}")).await;
    grants::revoke_as(&it.app, revocation(crawler())).await.unwrap();
}

async fn one_that_is_given_up_leaves_the_others(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let ending = it.session("bot", &[line("tracker", None)]).await;
    let _hand = refuse_to_revoke_crawler(it).await;
    let lock = Held::take(&it.url).await;
    let other = Subject::Session { grant: ending.clone() };
    let answers = futures::join!(
        grants::revoke_as(&it.app, revocation(crawler())),
        grants::revoke_as(&it.app, revocation(other)),
    );
    assert!(answers.0.is_err() && answers.1.is_err(), "{answers:?}");
    assert_eq!(it.app.ledger.unrecorded(), 2);
    lock.give_back().await;
    call_until_one_passes(it, &grant).await;
    assert_eq!(it.app.ledger.unrecorded(), 0);
    let ended = it.use_tracker(&ending).await;
    assert!(matches!(ended, Err(LedgerError::Refused(_))), "{ended:?}");
}

/// A standby, a privilege that is missing, a page that is damaged: nothing is wrong with the revocation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_the_databases_fault_is_held() {
    support::run(Engine::Postgres, async |it| {
        let grant = it.session("bot", &[line("tracker", None)]).await;
        for code in ["25006", "42501", "XX001"] {
            let mut hand = refuse_with(it, code).await;
            let answer = grants::revoke_as(&it.app, revocation(crawler())).await;
            assert!(matches!(answer, Err(Fault::Ledger(LedgerError::NotRecordedYet))), "{code}: {answer:?}");
            assert!(matches!(it.use_tracker(&grant).await, Err(LedgerError::AwaitsRevocation)), "{code}");
            hand.run("DROP TRIGGER bad ON watermarks").await;
            call_until_one_passes(it, &grant).await;
            assert_eq!(it.app.ledger.unrecorded(), 0);
        }
        let recorded = "SELECT COUNT(*) FROM audit WHERE kind = 'revoked'";
        assert_eq!(count(&it.app.store, recorded).await, 3);
    })
    .await;
}
