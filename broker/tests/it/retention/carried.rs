//! A seal of the vault and a suspension of the database hold on when their records are dropped.

use super::{DAY, whole};
use crate::{
    audit::{
        forged::{call, forge, undo},
        tampered::{Hand, fault},
    },
    support::{acts::line, installation::Installation, on_each_engine},
};
use broker::{keys, recovery, retention, store::Store, sweeper};
use protocol::record::{Actor, Record};

on_each_engine!(a_seal_is_carried, a_suspension_is_carried);

/// A call that a batch authorised although it had seen the first number.
async fn forged(it: &Installation) -> Option<String> {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    it.use_tracker(&grant).await.unwrap();
    let mut hand = Hand::reach_in(it).await;
    let store = Store::open(&it.url).await.unwrap();
    let mut conn = store.writer().await.unwrap();
    forge(&mut conn, &[Record { watermark: 1, ..call(it, &grant) }]).await;
    let found = fault(&it.app.store).await.map(|it| it.what);
    undo(&mut hand).await;
    whole(&it.app.store).await;
    drop(conn);
    store.close().await;
    found
}

/// Waits, and drops what is older than a week; gives the record of the drop.
async fn dropped(it: &Installation, days: i64) -> String {
    it.wait(days * DAY);
    sweeper::sweep(&it.app).await.unwrap();
    let before = it.clock.now() - retention::LEAST;
    while retention::drop_some(&it.app, before, None, Actor::Host).await.unwrap().is_some() {}
    whole(&it.app.store).await;
    super::exported(&it.app.store)
        .await
        .lines()
        .rfind(|it| it.contains("\"record.dropped\""))
        .unwrap()
        .to_owned()
}

async fn a_seal_is_carried(it: &Installation) {
    keys::seal(&it.app, None).await.unwrap();
    // What was sealed goes, what opens it stays.
    let record = dropped(it, 8).await;
    assert!(record.contains("\"marks\":[[1,\"vault:sealed\"]]"), "{record}");
    keys::unseal(&it.app, None).await.unwrap();
    let found = forged(it).await.expect("a call under a seal that was dropped");
    assert!(found.contains("the vault was sealed (1)"), "{found}");
    // Later its end goes, too, and nothing of it is left but that.
    let record = dropped(it, 8).await;
    assert!(record.contains("\"marks\":[[2,\"vault:unsealed\"]]"), "{record}");
    let grant = it.session("bot", &[line("tracker", None)]).await;
    it.use_tracker(&grant).await.unwrap();
    whole(&it.app.store).await;
}

async fn a_suspension_is_carried(it: &Installation) {
    recovery::suspend(&it.app, "a test".to_owned()).await.unwrap();
    it.wait(2 * DAY);
    recovery::accept(&it.app, None).await.unwrap();
    // What was suspended goes, what accepts it stays.
    let record = dropped(it, 6).await;
    assert!(record.contains("\"marks\":[[1,\"database:suspended\"]]"), "{record}");
    let found = forged(it).await.expect("a call under a suspension that was dropped");
    assert!(found.contains("the database was suspended (1)"), "{found}");
    let record = dropped(it, 8).await;
    assert!(record.contains("\"database:accepted\"") && !record.contains("suspended"), "{record}");
}
