//! Where segments end, and that calls and revocations go on while what is dropped is removed, piece by piece.

use super::{DAY, whole};
use crate::support::{
    self,
    acts::line,
    installation::{Installation, slug},
    on_each_engine,
};
use broker::{
    ledger::{
        Answer, Entry, Facts, Intent,
        acts::{Act, Retention},
        plan,
    },
    retention,
    store::{Engine, audit, chains, segments},
    sweeper,
};
use chrono::TimeDelta;
use futures::future::join_all;
use protocol::{record::Actor, revoke::Subject};

on_each_engine!(
    a_segment_holds_so_many_records,
    a_segment_spans_a_day,
    removal_goes_in_pieces_among_calls_and_revocations,
);

/// What docs/audit.md promises.
const RECORDS: i64 = 65_536;
/// Records that are removed at once.
const PIECE: u64 = 1_000;
/// More do not fit into the queue of agents at once.
const AT_ONCE: i64 = 4_096;

async fn record_many(it: &Installation, many: i64) {
    let mut left = many;
    while left > 0 {
        let entry =
            || Entry { kind: "odd", actor: Actor::Broker, grant: None, call: None, facts: Facts::new() };
        let some = left.min(AT_ONCE);
        let all = (0..some).map(|_| it.app.ledger.submit(Intent::Refused(Box::new(entry()))));
        for done in join_all(all).await {
            done.unwrap();
        }
        left -= some;
    }
}

/// The first and last record of each segment of the broker's own chain, and where that chain ends.
async fn sealed(it: &Installation) -> (Vec<(i64, i64)>, i64) {
    let mut conn = it.app.store.read().await.unwrap();
    let chain = chains::find(&mut conn, it.app.ledger.chain()).await.unwrap().unwrap();
    let all = segments::list(&mut conn, chain.number, 0).await.unwrap();
    for segment in &all {
        let ends = [(segment.first, segment.first_at), (segment.last, segment.last_at)];
        for (seq, at) in ends {
            let row = audit::find(&mut conn, chain.number, seq).await.unwrap().unwrap();
            assert_eq!(row.at(), at);
            assert!(seq != segment.last || row.hash() == segment.hash);
        }
    }
    (all.iter().map(|it| (it.first, it.last)).collect(), chain.head_seq)
}

async fn a_segment_holds_so_many_records(it: &Installation) {
    let (_, head) = sealed(it).await;
    record_many(it, RECORDS - head - 1).await;
    retention::sweep(&it.app).await.unwrap();
    assert_eq!(sealed(it).await, (vec![], RECORDS - 1), "one less is no segment yet");
    record_many(it, 300).await;
    retention::sweep(&it.app).await.unwrap();
    let (segments, head) = sealed(it).await;
    assert_eq!((&segments[..], head), (&[(1, RECORDS)][..], RECORDS + 299));
    // The rest is sealed when it is a day old.
    it.wait(DAY);
    record_many(it, 1).await;
    retention::sweep(&it.app).await.unwrap();
    let (segments, _) = sealed(it).await;
    assert_eq!(segments, [(1, RECORDS), (RECORDS + 1, head)]);
}

async fn a_segment_spans_a_day(it: &Installation) {
    record_many(it, 20).await;
    it.wait(DAY - 1);
    record_many(it, 20).await;
    let (_, head) = sealed(it).await;
    it.wait(1);
    record_many(it, 1).await;
    retention::sweep(&it.app).await.unwrap();
    assert_eq!(sealed(it).await.0, [(1, head)], "what is recorded a day later begins the next");
    // Days on which nothing was recorded have no segments.
    it.wait(40 * DAY);
    record_many(it, 1).await;
    retention::sweep(&it.app).await.unwrap();
    assert_eq!(sealed(it).await.0, [(1, head), (head + 1, head + 1)]);
}

async fn removal_goes_in_pieces_among_calls_and_revocations(it: &Installation) {
    record_many(it, 2_600).await;
    it.wait(8 * DAY);
    sweeper::sweep(&it.app).await.unwrap();
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let before = it.clock.now() - TimeDelta::days(7);
    let plan = Box::new(plan(&it.app.store, before, None).await.unwrap().unwrap());
    it.app.ledger.act(Act::Retain(Box::new(Retention::Drop { plan, actor: Actor::Host }))).await.unwrap();
    let mut left = vec![whole(&it.app.store).await.to_remove];
    loop {
        let other = it.session("bot", &[line("mail", None)]).await;
        let ending = Subject::Session { grant: other.clone() };
        let calls = join_all((0..40).map(|_| it.use_tracker(&grant)));
        let remove = it.app.ledger.act(Act::Retain(Box::new(Retention::Remove)));
        let (calls, removed, stopped) = futures::join!(calls, remove, it.revoke(ending));
        assert!(calls.iter().all(Result::is_ok), "{calls:?}");
        assert_eq!(stopped.unwrap().sessions, 1);
        assert!(it.authorise(it.call(&other, "mail", 1)).await.is_err());
        if matches!(removed.unwrap(), Answer::Done) {
            break;
        }
        left.push(whole(&it.app.store).await.to_remove);
    }
    assert!(left[0] > 2 * PIECE && left.len() >= 4, "{left:?}");
    assert!(left.windows(2).all(|two| two[0] - two[1] == two[0].min(PIECE)), "{left:?}");
    assert_eq!(left.last(), Some(&0));
    let late = it.revoke(Subject::Agent { agent: slug("bot") }).await.unwrap();
    assert_eq!(late.sessions, 1);
    assert!(it.use_tracker(&grant).await.is_err());
    whole(&it.app.store).await;
}

/// Every broker seals, its own chain and what dead ones left: each segment once, and no gap between two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_brokers_seal_at_once() {
    support::run(Engine::Postgres, async |one| {
        let other = one.another().await;
        let gone = one.another().await;
        for _ in 0..6 {
            for it in [one, &other, &gone] {
                record_many(it, 30).await;
            }
            one.wait(DAY);
        }
        record_many(one, 5).await;
        record_many(&other, 5).await;
        let own = gone.app.ledger.chain().to_owned();
        gone.stop().await;
        let silent_since = one.clock.now() - TimeDelta::seconds(60);
        let seal = |it: &Installation| {
            let ledger = it.app.ledger.clone();
            async move { ledger.act(Act::Retain(Box::new(Retention::Seal { silent_since }))).await }
        };
        let all = join_all((0..12).flat_map(|_| [seal(one), seal(&other)])).await;
        assert!(all.iter().all(|it| matches!(it, Ok(Answer::Done))), "{all:?}");
        let mut conn = one.app.store.read().await.unwrap();
        for chain in chains::list(&mut conn).await.unwrap() {
            let all = segments::list(&mut conn, chain.number, 0).await.unwrap();
            assert!(all.len() >= 5, "{all:?}");
            let firsts: Vec<i64> = all.iter().map(|it| it.first).collect();
            let behind = [1].into_iter().chain(all.iter().map(|it| it.last + 1)).take(all.len());
            assert_eq!(firsts, behind.collect::<Vec<_>>());
            assert_eq!(all.last().unwrap().last == chain.head_seq, chain.id == own, "{chain:?}");
        }
        drop(conn);
        whole(&one.app.store).await;
        other.stop().await;
    })
    .await;
}
