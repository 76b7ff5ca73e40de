//! Ending early: exact counts, nothing behind the acknowledgement, and only what was meant.

use crate::support::{
    acts::{line, person, service},
    installation::{Installation, slug},
    invariants::count,
    on_each_engine,
};
use broker::{
    events::Event,
    ledger::{LedgerError, Why},
    store::audit,
};
use protocol::{GrantId, revoke::Subject};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{sync::Notify, task::JoinSet};

on_each_engine!(
    the_counts_are_exact,
    no_call_follows_the_acknowledgement,
    a_service_goes_alone,
    what_is_not_there_cannot_be_revoked,
    listeners_are_told,
);

async fn the_counts_are_exact(it: &Installation) {
    let (tracker, mail) = (line("tracker", None), line("mail", None));
    let both = it.session("bot", &[tracker.clone(), mail.clone()]).await;
    let only = it.session("bot", std::slice::from_ref(&tracker)).await;
    it.session("crawler", std::slice::from_ref(&tracker)).await;
    let unredeemed = it.ask("bot", std::slice::from_ref(&mail)).await;
    it.approve(&unredeemed, "ana").await.unwrap();
    it.ask("bot", std::slice::from_ref(&tracker)).await;
    it.ask("crawler", std::slice::from_ref(&mail)).await;
    for (grant, name, number) in [(&both, "tracker", 1), (&both, "mail", 2), (&only, "tracker", 1)] {
        it.mint(grant, name, number).await.unwrap();
    }
    it.wait(1);
    let last = it.clock.now() + chrono::TimeDelta::seconds(60);
    let used = it.mint(&both, "tracker", 1).await.unwrap();
    it.mint(&both, "tracker", 1).await.unwrap();
    let mut call = it.call(&both, "tracker", 1);
    (call.call, call.token) = (used, true);
    it.authorise(call).await.unwrap();

    let expected = [
        (service("tracker"), (2, 1, 1, 3), Some(last)),
        (service("tracker"), (0, 0, 0, 0), None),
        (Subject::Agent { agent: slug("bot") }, (2, 0, 0, 1), Some(last - chrono::TimeDelta::seconds(1))),
        (Subject::All, (0, 0, 1, 0), None),
    ];
    for (at, (subject, counts, until)) in expected.into_iter().enumerate() {
        let stopped = it.revoke(subject.clone()).await.unwrap();
        let found = (stopped.sessions, stopped.narrowed, stopped.requests, stopped.tokens);
        assert_eq!((found, stopped.tokens_until), (counts, until), "{at}: {subject:?}");
        assert_eq!(stopped.number, i64::try_from(at).unwrap() + 1);
    }
}

/// Callers that go on until they are refused, and how many calls they made.
pub struct Callers {
    tasks: JoinSet<Why>,
    made: Arc<(AtomicUsize, Notify)>,
}

impl Callers {
    /// So many callers of each broker on a grant for the tracker.
    pub fn start(brokers: &[&Installation], grant: &GrantId, each: usize) -> Self {
        let made = Arc::<(AtomicUsize, Notify)>::default();
        let mut tasks = JoinSet::new();
        for it in brokers {
            for _ in 0..each {
                let (made, app, call) = (made.clone(), it.app.clone(), it.call(grant, "tracker", 1));
                let clock = it.clock.clone();
                tasks.spawn(async move {
                    loop {
                        let mut call = call.clone();
                        call.call = protocol::CallId::from_u128(app.rng.id(clock.now()).unwrap());
                        match app.ledger.submit(broker::ledger::Intent::Authorise(Box::new(call))).await {
                            Ok(_) => {
                                made.0.fetch_add(1, Ordering::SeqCst);
                                made.1.notify_waiters();
                            }
                            Err(LedgerError::Refused(why)) => return why,
                            // The database was too slow for this one; the next will do.
                            Err(_) => {}
                        }
                    }
                });
            }
        }
        Self { tasks, made }
    }

    /// Waits until they have made so many calls.
    pub async fn have_made(&self, calls: usize) {
        loop {
            let more = self.made.1.notified();
            if self.made.0.load(Ordering::SeqCst) >= calls {
                return;
            }
            more.await;
        }
    }

    /// Waits until all were refused.
    pub async fn end(mut self) -> Vec<Why> {
        let mut all = Vec::new();
        while let Some(why) = self.tasks.join_next().await {
            all.push(why.unwrap());
        }
        all
    }
}

/// The subjects that end a session of the bot with the tracker, approved by Ana.
pub fn endings(grant: &GrantId) -> Vec<Subject> {
    vec![
        Subject::Session { grant: grant.clone() },
        Subject::SessionService { grant: grant.clone(), service: slug("tracker") },
        service("tracker"),
        Subject::Agent { agent: slug("bot") },
        person("paul"),
        person("ana"),
        Subject::All,
    ]
}

/// The calls that were authorised under a grant, by chain and number.
pub async fn authorised(it: &Installation, grant: &GrantId) -> Vec<(String, i64)> {
    let mut conn = it.app.store.read().await.unwrap();
    let rows = audit::of_grant(&mut conn, grant, 1_000_000).await.unwrap();
    let calls = rows.into_iter().filter(|row| row.kind == "call.authorised");
    let mut calls: Vec<_> = calls.map(|row| (row.chain, row.seq)).collect();
    calls.sort();
    calls
}

async fn no_call_follows_the_acknowledgement(it: &Installation) {
    for at in 0..7 {
        let grant = it.session("bot", &[line("tracker", None)]).await;
        let callers = Callers::start(&[it], &grant, 32);
        callers.have_made(50).await;
        let stopped = it.revoke(endings(&grant)[at].clone()).await.unwrap();
        let acknowledged = authorised(it, &grant).await;
        assert!(acknowledged.len() >= 50);
        let mut why = callers.end().await;
        assert_eq!(why.len(), 32);
        why.retain(|why| !matches!(why, Why::Revoked(n) | Why::TakenAway(n) if *n == stopped.number));
        // A session that is named is ended in its row too.
        why.retain(|why| !matches!(why, Why::NotActive(_)) || at > 0);
        assert_eq!(why, []);
        assert_eq!(authorised(it, &grant).await, acknowledged);
    }
    let late = "SELECT COUNT(*) FROM audit c JOIN audit r ON r.id >> 40 = c.id >> 40 AND r.id < c.id \
        WHERE c.kind = 'call.authorised' AND r.kind = 'revoked' \
        AND EXISTS (SELECT 1 FROM audit b WHERE b.grant_id = c.grant_id AND b.id < r.id)";
    assert_eq!(count(&it.app.store, late).await, 0);
}

async fn a_service_goes_alone(it: &Installation) {
    let lines = [line("tracker", None), line("mail", None)];
    let (mine, other) = (it.session("bot", &lines).await, it.session("bot", &lines).await);
    let take = Subject::SessionService { grant: mine.clone(), service: slug("tracker") };
    let stopped = it.revoke(take).await.unwrap();
    assert_eq!((stopped.sessions, stopped.narrowed), (0, 1));
    let refused = it.use_tracker(&mine).await;
    assert!(matches!(refused, Err(LedgerError::Refused(Why::TakenAway(1)))), "{refused:?}");
    assert!(it.mint(&mine, "tracker", 1).await.is_err());
    it.authorise(it.call(&mine, "mail", 2)).await.unwrap();
    it.use_tracker(&other).await.unwrap();
    // A line is not used for another service than its own, nor by another agent.
    assert!(it.authorise(it.call(&other, "mail", 1)).await.is_err());
    let mut foreign = it.call(&other, "tracker", 1);
    foreign.agent = slug("crawler");
    let refused = it.authorise(foreign).await;
    assert!(matches!(refused, Err(LedgerError::Refused(Why::Foreign))), "{refused:?}");
    let last = Subject::SessionService { grant: mine.clone(), service: slug("mail") };
    assert_eq!(it.revoke(last).await.unwrap().sessions, 1);
    let refused = it.authorise(it.call(&mine, "mail", 2)).await;
    assert!(matches!(refused, Err(LedgerError::Refused(Why::Revoked(2)))), "{refused:?}");
}

async fn what_is_not_there_cannot_be_revoked(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    for subject in [
        service("ghost"),
        person("ghost"),
        Subject::Agent { agent: slug("ghost") },
        Subject::Session { grant: protocol::RequestId::from_u128(1).grant() },
        Subject::SessionService { grant: grant.clone(), service: slug("mail") },
    ] {
        let refused = it.revoke(subject).await;
        assert!(matches!(refused, Err(LedgerError::Refused(Why::Missing(_)))), "{refused:?}");
    }
    it.use_tracker(&grant).await.unwrap();
}

async fn listeners_are_told(it: &Installation) {
    let mut listener = it.app.events.listen();
    let grant = it.session("bot", &[line("tracker", None)]).await;
    it.use_tracker(&grant).await.unwrap();
    it.revoke(Subject::Session { grant: grant.clone() }).await.unwrap();
    let request = |version| Event::Request { request: grant.request(), version, agent: slug("bot") };
    let expected = [
        request(1),
        request(2),
        request(3),
        Event::Call { grant: grant.clone() },
        Event::Revoked { number: 1, agent: Some(slug("bot")) },
        request(4),
    ];
    for event in expected {
        assert_eq!(listener.next().await, Some(event));
    }
}
