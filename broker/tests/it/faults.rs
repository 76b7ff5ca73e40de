//! What cannot be recorded did not happen; what is not known is called unknown; one bad datum fails alone.

mod given_up;
mod proxy;

use crate::support::{
    acts::{line, redemption},
    database::Database,
    installation::{Installation, slug},
    invariants::{self, count},
    on_each_engine,
};
use broker::{
    events::Event,
    fault::Fault,
    grants, health,
    ledger::{
        Intent, LedgerError, Revocation, Why,
        acts::{Act, Declaration},
    },
    store::{Engine, Store, agents::Agent},
};
use domain::watermark::Bearings;
use futures::future::join_all;
use protocol::{GrantId, access::EndReason, record::Actor, revoke::Subject};
use proxy::{Cut, Proxy};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::time::{Duration, Instant};
use tokio::time::timeout;

on_each_engine!(
    a_bad_datum_fails_alone,
    what_waits_too_long_is_refused,
    agents_crowd_no_person_out,
    a_revocation_that_cannot_be_recorded,
);

const AUTHORISED: &str = "SELECT COUNT(*) FROM audit WHERE kind = 'call.authorised'";

async fn a_bad_datum_fails_alone(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let agent = Agent {
        id: slug("stray"),
        title: "An agent of nobody".to_owned(),
        owner: slug("nobody"),
        direct: false,
        blocked: false,
        key: 0,
        created_at: it.clock.now(),
        client: None,
        redirect_uris: Vec::new(),
        via: None,
    };
    let declaration = Declaration::Agent { agent, secret_mac: None, credentials: None };
    let mut intents = vec![Intent::Act(Box::new(Act::Declare(Box::new(declaration))))];
    for n in 0..40 {
        let mut call = it.call(&grant, "tracker", 1);
        // In a fact a NUL is written out, as JSON does; in a text PostgreSQL takes none.
        call.facts.resource = Some("a\0b".to_owned());
        call.idempotency = (n == 20).then(|| ("key\0".to_owned(), "digest".to_owned()));
        intents.push(Intent::Authorise(Box::new(call)));
    }
    let all = join_all(intents.into_iter().map(|intent| it.app.ledger.submit(intent))).await;
    let failed: Vec<usize> =
        all.iter().enumerate().filter(|(_, done)| done.is_err()).map(|(at, _)| at).collect();
    let expected = if it.app.store.engine() == Engine::Postgres { vec![0, 21] } else { vec![0] };
    assert_eq!(failed, expected);
    assert!(failed.iter().all(|at| matches!(all[*at], Err(LedgerError::Data(_)))), "{all:?}");
    assert_eq!(count(&it.app.store, AUTHORISED).await, 41 - i64::try_from(failed.len()).unwrap());
}

/// The lock that every group needs, held by somebody else.
enum Held {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Held {
    async fn take(url: &str) -> Self {
        if url.starts_with("sqlite") {
            let mut conn = SqliteConnection::connect(url).await.unwrap();
            conn.execute("BEGIN IMMEDIATE").await.unwrap();
            return Self::Sqlite(conn);
        }
        let mut conn = PgConnection::connect(url).await.unwrap();
        conn.execute("BEGIN").await.unwrap();
        conn.execute("SELECT pg_advisory_xact_lock(4882101)").await.unwrap();
        Self::Postgres(conn)
    }

    async fn give_back(self) {
        match self {
            Self::Sqlite(conn) => conn.close().await.unwrap(),
            Self::Postgres(conn) => conn.close().await.unwrap(),
        }
    }
}

/// It is answered as not recorded, and nobody's call passes until it is; then it is recorded before any of them.
async fn a_revocation_that_cannot_be_recorded(it: &Installation) {
    let ending = it.session("bot", &[line("tracker", None)]).await;
    let staying = it.session("bot", &[line("tracker", None)]).await;
    let own = it.session("bot", &[line("tracker", None)]).await;
    let of = |grant: &GrantId, actor: Actor| {
        let subject = Subject::Session { grant: grant.clone() };
        Revocation { subject, actor, reason: None, block: false, end: EndReason::Revoked }
    };
    let bearings = Bearings::new(&ending, &slug("bot"), &slug("paul"), None, [&slug("tracker")]);
    let place = it.app.inflight.enter(it.call_id(), ending.request(), bearings, slug("tracker"), 0);
    let mut events = it.app.events.listen();
    let held = Held::take(&it.url).await;
    let answers = futures::join!(
        grants::revoke_as(&it.app, of(&ending, Actor::Host)),
        // An agent that closes its own session holds nobody up.
        grants::revoke_as(&it.app, of(&own, Actor::Agent { agent: slug("bot") })),
    );
    assert!(matches!(answers.0, Err(Fault::Ledger(LedgerError::NotRecordedYet))), "{answers:?}");
    assert!(matches!(answers.1, Err(Fault::Ledger(LedgerError::Unavailable))), "{answers:?}");
    assert!(place.cut.is_cancelled() && it.app.ledger.unrecorded() == 1);
    assert!(!health::look(&it.app).await.is_ready());
    // The database takes everything again. The writer still owes the revocation: no call is asked before.
    let calls = async {
        let mut refused = 0;
        loop {
            match it.use_tracker(&staying).await {
                Ok(_) => return refused,
                Err(LedgerError::AwaitsRevocation | LedgerError::Unavailable) => refused += 1,
                other => panic!("{other:?}"),
            }
        }
    };
    let free = async {
        assert!(it.use_tracker(&staying).await.is_err());
        held.give_back().await;
        while !matches!(events.next().await, Some(Event::Revoked { .. })) {}
    };
    let (refused, ()) = timeout(Duration::from_mins(1), async { futures::join!(calls, free) }).await.unwrap();
    assert!(refused > 0 && it.app.ledger.unrecorded() == 0);
    let ended = it.use_tracker(&ending).await;
    assert!(matches!(ended, Err(LedgerError::Refused(Why::Revoked(_) | Why::NotActive(_)))), "{ended:?}");
    it.use_tracker(&own).await.unwrap();
    let order = "SELECT COUNT(*) FROM audit r JOIN audit c ON r.kind = 'revoked' AND c.kind = 'call.authorised' AND c.id < r.id";
    assert_eq!(count(&it.app.store, order).await, 0, "the revocation is recorded before every call");
}

async fn what_waits_too_long_is_refused(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let held = Held::take(&it.url).await;
    let (first, second) = (it.call(&grant, "tracker", 1), it.call(&grant, "tracker", 1));
    let (ledger, begun) = (it.app.ledger.clone(), Instant::now());
    let mut first = tokio::spawn(async move { ledger.submit(Intent::Authorise(Box::new(first))).await });
    // What only waits in the queue is refused after two seconds: this one has been begun. PostgreSQL is not waited for
    // any longer than that either.
    let early = timeout(Duration::from_millis(2_200), &mut first).await.ok();
    assert!(early.is_none() || it.app.store.engine() == Engine::Postgres, "{early:?}");
    let queued = Instant::now();
    let refused = it.authorise(second).await;
    assert!(matches!(refused, Err(LedgerError::Unavailable)), "{refused:?}");
    assert!((1_900..3_500).contains(&queued.elapsed().as_millis()), "{:?}", queued.elapsed());
    held.give_back().await;
    let first = match early {
        Some(answer) => answer.unwrap(),
        None => first.await.unwrap(),
    };
    // On a slow machine the database gave up waiting for the lock before it was given back.
    let done = i64::from(first.is_ok());
    assert!(done == 1 || matches!(first, Err(LedgerError::Unavailable)), "{first:?} {:?}", begun.elapsed());
    assert_eq!(count(&it.app.store, AUTHORISED).await, done);
    it.use_tracker(&grant).await.unwrap();
}

/// The agents' queue is full while the writer stands still: what comes more of theirs is refused at once, a person's
/// decision and a revocation are taken, and go before everything of theirs that only waits.
async fn agents_crowd_no_person_out(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    let asked = it.ask("crawler", &[line("mail", None)]).await;
    let approve = crate::support::acts::approval(it, &asked, "ana");
    let held = Held::take(&it.url).await;
    let mut crowd = Vec::new();
    let refused = loop {
        let (ledger, call) = (it.app.ledger.clone(), it.call(&grant, "tracker", 1));
        let mut waiting = Box::pin(async move { ledger.submit(Intent::Authorise(Box::new(call))).await });
        // The first poll puts it into the queue, or finds that full.
        match futures::poll!(&mut waiting) {
            std::task::Poll::Pending => crowd.push(waiting),
            std::task::Poll::Ready(answer) => break answer,
        }
        assert!(crowd.len() < 20_000, "the queue has no end");
    };
    assert!(matches!(refused, Err(LedgerError::Unavailable)), "{refused:?}");
    let mut person = Box::pin(it.app.ledger.act(approve));
    let mut revocation = Box::pin(it.revoke(Subject::Agent { agent: slug("bot") }));
    assert!(futures::poll!(&mut person).is_pending() && futures::poll!(&mut revocation).is_pending());
    held.give_back().await;
    revocation.await.unwrap();
    person.await.unwrap();
    // The first of the crowd had been begun; of what only waited none was authorised after the revocation.
    let done = join_all(crowd).await.iter().filter(|answer| answer.is_ok()).count();
    assert!(done <= 256, "{done} of the crowd went first");
    let session = it.app.ledger.advance(crate::support::acts::redemption(&asked)).await.unwrap();
    assert_eq!(session.grant.status(), protocol::access::RequestStatus::Active);
}

/// A broker whose way to PostgreSQL leads through the proxy, and a session in it.
async fn behind_a_proxy(test: impl AsyncFn(&Installation, &Proxy, &GrantId, &Store)) {
    let Some(database) = Database::create(Engine::Postgres).await else { return };
    let direct = Installation::start(&database).await;
    let grant = direct.session("bot", &[line("tracker", Some(5))]).await;
    let proxy = Proxy::start(&database.url).await;
    let root = database.folder.path().join("root.key");
    let behind = Installation::open(&proxy.url, direct.clock.clone(), root).await;
    test(&behind, &proxy, &grant, &direct.app.store).await;
    invariants::check(&direct.app.store).await;
    behind.stop().await;
    direct.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_looked_up() {
    behind_a_proxy(async |it, proxy, grant, store| {
        for n in 1..=3 {
            proxy.arm(Cut::Answer);
            it.use_tracker(grant).await.unwrap();
            assert!(proxy.has_cut());
            assert_eq!(count(store, AUTHORISED).await, n);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_lost_did_not_happen() {
    behind_a_proxy(async |it, proxy, grant, store| {
        for n in 1..=3 {
            proxy.arm(Cut::Commit);
            let lost = it.use_tracker(grant).await;
            assert!(proxy.has_cut());
            assert!(matches!(lost, Err(LedgerError::Unavailable)), "{lost:?}");
            it.use_tracker(grant).await.unwrap();
            assert_eq!(count(store, AUTHORISED).await, n);
        }
    })
    .await;
}

/// A group redeems a grant and calls under it, and its commit is lost: what it had read of itself is forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_committed_is_not_remembered() {
    behind_a_proxy(async |it, proxy, _, store| {
        let mut together = 0;
        for _ in 0..20 {
            let stored = it.ask("bot", &[line("tracker", None)]).await;
            it.approve(&stored, "ana").await.unwrap();
            let grant = stored.grant.grant_id();
            proxy.arm(Cut::Commit);
            let (redeemed, called) =
                tokio::join!(it.app.ledger.advance(redemption(&stored)), it.use_tracker(&grant));
            assert!(matches!(redeemed, Err(LedgerError::Unavailable)), "{redeemed:?}");
            together += u32::from(matches!(called, Err(LedgerError::Unavailable)));
            let refused = it.use_tracker(&grant).await;
            assert!(matches!(refused, Err(LedgerError::Refused(Why::NotActive(_)))), "{refused:?}");
            it.revoke(Subject::All).await.unwrap();
        }
        assert!(together > 0, "the call was never in the group of the redemption");
        assert_eq!(count(store, AUTHORISED).await, 0);
    })
    .await;
}

/// A server that takes what it is sent and answers nothing: it is not waited for, and used again when it answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_is_not_waited_for() {
    behind_a_proxy(async |it, proxy, grant, store| {
        it.use_tracker(grant).await.unwrap();
        proxy.freeze(true);
        for _ in 0..2 {
            let begun = Instant::now();
            let (refused, read) = tokio::join!(it.use_tracker(grant), it.app.store.read());
            assert!(matches!(refused, Err(LedgerError::Unavailable)), "{refused:?}");
            if let Ok(mut conn) = read {
                broker::store::people::list(&mut conn).await.unwrap_err();
            }
            assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        }
        proxy.freeze(false);
        let begun = Instant::now();
        while it.use_tracker(grant).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(5));
        }
        broker::store::people::list(&mut it.app.store.read().await.unwrap()).await.unwrap();
        assert_eq!(count(store, AUTHORISED).await, 2);
    })
    .await;
}

/// As long as the database cannot be asked, nobody is told that nothing happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_looked_up_is_unknown() {
    behind_a_proxy(async |it, proxy, grant, store| {
        proxy.arm(Cut::AnswerAndStay);
        let unknown = it.use_tracker(grant).await;
        assert!(matches!(unknown, Err(LedgerError::OutcomeUnknown)), "{unknown:?}");
        assert_eq!(count(store, AUTHORISED).await, 1);
        proxy.mend();
        // The writer finds out by itself, and goes on behind what was committed.
        let next = loop {
            match it.use_tracker(grant).await {
                Err(LedgerError::Unavailable) => {}
                next => break next,
            }
        };
        next.unwrap();
        assert_eq!(count(store, AUTHORISED).await, 2);
    })
    .await;
}
