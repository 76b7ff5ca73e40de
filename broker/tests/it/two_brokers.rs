//! Two brokers on one PostgreSQL: what one revokes, the other does not authorise.

use crate::{
    revoking::{Callers, authorised, endings},
    support::{
        self,
        acts::{line, redemption},
        installation::{Installation, slug},
        invariants::count,
    },
};
use broker::{
    ledger::{
        LedgerError, Why,
        acts::{Act, Entering},
    },
    store::{Engine, Store, lines, watermarks},
};
use futures::future::join_all;
use protocol::{access::EndReason, revoke::Subject};
use sqlx::{Executor, postgres::PgListener};
use std::time::{Duration, Instant};

/// Runs a test with two brokers on PostgreSQL.
async fn with_two(test: impl AsyncFn(&Installation, &Installation)) {
    support::run(Engine::Postgres, async |one| {
        let other = one.another().await;
        test(one, &other).await;
        other.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_commits_after_a_revocation_was_acknowledged() {
    with_two(async |one, other| {
        for round in 0..21 {
            let grant = one.session("bot", &[line("tracker", None)]).await;
            let callers = Callers::start(&[one, other], &grant, 8);
            callers.have_made(20).await;
            let from = if round % 2 == 0 { one } else { other };
            let stopped = from.revoke(endings(&grant)[round % 7].clone()).await.unwrap();
            let acknowledged = authorised(one, &grant).await;
            let why = callers.end().await;
            assert_eq!(why.len(), 16);
            let refused = |why: &Why| match why {
                Why::Revoked(number) | Why::TakenAway(number) => *number == stopped.number,
                why => matches!(why, Why::NotActive(_)),
            };
            assert!(why.iter().all(refused), "{why:?}");
            assert_eq!(authorised(one, &grant).await, acknowledged, "round {round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_shared() {
    with_two(async |one, other| {
        let asked = [line("tracker", Some(20)), line("mail", Some(33))];
        let grant = one.session("bot", &asked).await;
        let calls = (0..64).flat_map(|_| {
            [one, other].map(|it| {
                let (tracker, mail) = (it.call(&grant, "tracker", 1), it.call(&grant, "mail", 2));
                async move { (it.authorise(tracker).await.is_ok(), it.authorise(mail).await.is_ok()) }
            })
        });
        let all = join_all(calls).await;
        assert_eq!(all.iter().filter(|(tracker, _)| *tracker).count(), 20);
        assert_eq!(all.iter().filter(|(_, mail)| *mail).count(), 33);
        let used = lines::of_grant(&mut one.app.store.read().await.unwrap(), &grant).await.unwrap();
        assert!(used.iter().all(|line| line.used == line.max_calls));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_and_a_key_are_used_once() {
    with_two(async |one, other| {
        let grant = one.session("bot", &[line("tracker", None)]).await;
        for round in 0..12 {
            let token = one.mint(&grant, "tracker", 1).await.unwrap();
            let uses = [one, other].into_iter().cycle().take(16).map(|it| {
                let mut call = it.call(&grant, "tracker", 1);
                (call.call, call.token) = (token.clone(), true);
                it.authorise(call)
            });
            assert_eq!(join_all(uses).await.iter().filter(|done| done.is_ok()).count(), 1);
            let keyed = [one, other].into_iter().cycle().take(16).map(|it| {
                let mut call = it.call(&grant, "tracker", 1);
                call.idempotency = Some((format!("key {round}"), "digest".to_owned()));
                it.authorise(call)
            });
            assert_eq!(join_all(keyed).await.iter().filter(|done| done.is_ok()).count(), 1);
        }
        let calls = "SELECT COUNT(*) FROM audit WHERE kind = 'call.authorised'";
        assert_eq!(count(&one.app.store, calls).await, 24);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_redeemed_once() {
    with_two(async |one, other| {
        for _ in 0..8 {
            let stored = one.ask("bot", &[line("tracker", None)]).await;
            other.approve(&stored, "ana").await.unwrap();
            let redeemers = [one, other].into_iter().cycle().take(32);
            let all = join_all(redeemers.map(|it| it.app.ledger.advance(redemption(&stored)))).await;
            assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1);
        }
    })
    .await;
}

/// What one broker remembers of a session is its content, never that it is alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_ends_the_other_does_not_go_on_with() {
    with_two(async |one, other| {
        let grant = one.session("bot", &[line("tracker", None)]).await;
        one.use_tracker(&grant).await.unwrap();
        other.use_tracker(&grant).await.unwrap();
        let mut closing = crate::support::acts::revocation(Subject::Session { grant: grant.clone() });
        closing.end = EndReason::Closed;
        other.app.ledger.revoke(closing).await.unwrap();
        for it in [one, other] {
            assert!(matches!(it.use_tracker(&grant).await, Err(LedgerError::Refused(_))));
        }
        let late = one.app.ledger.act(Act::Withdraw { request: grant.request(), agent: slug("bot") }).await;
        assert!(late.is_err());
    })
    .await;
}

/// A broker that stands still in the middle of a batch, holding the lock that batches share.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_broker_holds_no_revocation_up() {
    support::run(Engine::Postgres, async |it| {
        let grant = it.session("bot", &[line("tracker", None)]).await;
        let stalled = Store::open(&it.url).await.unwrap();
        let mut conn = stalled.writer().await.unwrap();
        if let broker::store::Conn::Postgres(raw) = &mut conn {
            raw.execute("BEGIN").await.unwrap();
        }
        watermarks::lock_shared(&mut conn).await.unwrap();
        let begun = Instant::now();
        it.revoke(Subject::Session { grant: grant.clone() }).await.unwrap();
        let took = begun.elapsed();
        assert!(took > Duration::from_millis(300), "nothing held the lock: {took:?}");
        assert!(took < Duration::from_millis(2_500), "{took:?}");
        it.use_tracker(&grant).await.unwrap_err();
        // What the stalled one was about to commit is gone with its transaction.
        assert!(watermarks::lock_shared(&mut conn).await.is_err());
        conn.discard();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_brokers_are_told() {
    support::run(Engine::Postgres, async |it| {
        let mut listener = PgListener::connect(&it.url).await.unwrap();
        listener.listen("countersign").await.unwrap();
        let grant = it.session("bot", &[line("tracker", None)]).await;
        it.use_tracker(&grant).await.unwrap();
        it.revoke(Subject::All).await.unwrap();
        let mut told = Vec::new();
        for _ in 0..4 {
            let told_now = listener.recv().await.unwrap();
            let (chain, event): (String, broker::events::Event) =
                serde_json::from_str(told_now.payload()).unwrap();
            assert_eq!(chain, it.app.ledger.chain());
            told.push(event);
        }
        let request = |version| broker::events::Event::Request {
            request: grant.request(),
            version,
            agent: slug("bot"),
        };
        let revoked = broker::events::Event::Revoked { number: 1, agent: None };
        assert_eq!(told, [request(1), request(2), request(3), revoked]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_assertion_is_used_once_by_either() {
    with_two(async |one, other| {
        let expires_at = one.clock.now() + chrono::TimeDelta::seconds(60);
        for round in 0..8 {
            let uses = [one, other].into_iter().cycle().take(64).map(|it| {
                let digest = format!("assertion {round}");
                it.app.ledger.act(Act::Enter(Box::new(Entering::Assertion { digest, expires_at })))
            });
            let all = join_all(uses).await;
            assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1);
            let spent = |done: &&Result<_, _>| matches!(done, Err(LedgerError::Refused(Why::Spent)));
            assert_eq!(all.iter().filter(spent).count(), 63);
        }
    })
    .await;
}
