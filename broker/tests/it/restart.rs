//! What a broker that died has left open is marked by one that starts, and by no other.

use crate::support::{
    acts::line,
    installation::{Installation, slug},
    on_each_engine,
};
use broker::{
    ledger::{LedgerError, Why, verify::verify},
    store::{Engine, audit, calls},
};
use protocol::{GrantId, revoke::Subject};

on_each_engine!(
    open_calls_of_the_dead_become_unknown,
    a_revocation_outlives_the_broker,
    limits_and_uses_outlive_the_broker,
);

async fn kinds(it: &Installation, grant: &GrantId) -> Vec<String> {
    let mut conn = it.app.store.read().await.unwrap();
    let rows = audit::of_grant(&mut conn, grant, 1000).await.unwrap();
    rows.into_iter().map(|row| row.kind).filter(|kind| kind.starts_with("call.")).collect()
}

async fn open_calls_of_the_dead_become_unknown(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let (left, ended) = (it.call(&grant, "tracker", 1), it.call(&grant, "tracker", 1));
    it.authorise(left.clone()).await.unwrap();
    it.authorise(ended.clone()).await.unwrap();
    it.finish(&grant, &ended.call, "call.finished").await;
    let known = kinds(it, &grant).await;
    it.finish(&grant, &ended.call, "call.outcome_unknown").await;
    assert_eq!(kinds(it, &grant).await, known, "what is known is not made unknown");
    if it.app.store.engine() == Engine::Postgres {
        // Several brokers may run: one that was heard of less than a minute ago is alive.
        it.wait(59);
        let beside = it.another().await;
        assert_eq!(calls::open(&mut it.app.store.read().await.unwrap()).await.unwrap(), 1);
        beside.stop().await;
        it.wait(2);
    }
    let next = it.another().await;
    assert_eq!(calls::open(&mut it.app.store.read().await.unwrap()).await.unwrap(), 0);
    let unknown = kinds(it, &grant).await;
    assert_eq!(unknown.iter().filter(|kind| *kind == "call.outcome_unknown").count(), 1, "{unknown:?}");
    let mut conn = it.app.store.read().await.unwrap();
    let records = audit::of_grant(&mut conn, &grant, 1000).await.unwrap();
    let record = records.into_iter().find(|it| it.kind == "call.outcome_unknown").unwrap();
    assert_eq!((record.call, record.chain.as_str()), (Some(left.call.clone()), next.app.ledger.chain()));
    // A broker that was taken for dead and is not says what became of its call; that is recorded too.
    it.finish(&grant, &left.call, "call.finished").await;
    assert_eq!(verify(&next.app.store, |_| {}).await.unwrap().first_fault, None);
    let again = it.another().await;
    assert_eq!(kinds(it, &grant).await.len(), unknown.len() + 1, "nothing is marked twice");
    again.stop().await;
    next.stop().await;
}

async fn a_revocation_outlives_the_broker(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    it.revoke(Subject::Agent { agent: slug("bot") }).await.unwrap();
    let next = it.another().await;
    let refused = next.use_tracker(&grant).await;
    assert!(matches!(refused, Err(LedgerError::Refused(Why::Revoked(1)))), "{refused:?}");
    assert_eq!(next.revoke(Subject::All).await.unwrap().number, 2);
    next.stop().await;
}

async fn limits_and_uses_outlive_the_broker(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", Some(3))]).await;
    it.use_tracker(&grant).await.unwrap();
    let token = it.mint(&grant, "tracker", 1).await.unwrap();
    let mut call = it.call(&grant, "tracker", 1);
    (call.call, call.token) = (token, true);
    it.authorise(call.clone()).await.unwrap();
    let next = it.another().await;
    let used = next.authorise(call).await;
    assert!(matches!(used, Err(LedgerError::Refused(Why::TokenUsed))), "{used:?}");
    next.use_tracker(&grant).await.unwrap();
    let full = next.use_tracker(&grant).await;
    assert!(matches!(full, Err(LedgerError::Refused(Why::Limit(1)))), "{full:?}");
    next.stop().await;
}
