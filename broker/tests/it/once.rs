//! What can be used once is used once, however many reach for it at the same moment.

use crate::support::{
    acts::{approval, denial, line, redemption},
    installation::{Installation, slug},
    invariants::count,
    on_each_engine,
};
use broker::ledger::{
    Answer, Intent, LedgerError, Why,
    acts::{Act, Entering},
};
use futures::future::join_all;
use protocol::access::RequestStatus;

on_each_engine!(
    one_of_64_redeems,
    one_of_64_uses_a_call_token,
    one_of_64_uses_a_link,
    a_request_is_decided_once,
    an_idempotency_key_stands_for_one_call,
    a_key_whose_call_was_refused_is_free,
);

const CALLERS: usize = 64;

async fn one_of_64_redeems(it: &Installation) {
    let stored = it.ask("bot", &[line("tracker", None)]).await;
    it.approve(&stored, "ana").await.unwrap();
    let all = join_all((0..CALLERS).map(|_| it.app.ledger.advance(redemption(&stored)))).await;
    let (won, lost): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for refused in lost {
        assert!(matches!(refused, Err(LedgerError::Refused(Why::State(_)))), "{refused:?}");
    }
}

async fn one_of_64_uses_a_call_token(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", Some(10))]).await;
    let token = it.mint(&grant, "tracker", 1).await.unwrap();
    let uses = (0..CALLERS).map(|_| {
        let mut call = it.call(&grant, "tracker", 1);
        (call.call, call.token) = (token.clone(), true);
        it.authorise(call)
    });
    let all = join_all(uses).await;
    assert_eq!(all.iter().filter(|it| it.is_ok()).count(), 1);
    let is_used = |it: &Result<_, _>| matches!(it, Err(LedgerError::Refused(Why::TokenUsed)));
    assert_eq!(all.iter().filter(|it| is_used(it)).count(), CALLERS - 1);
    let spent = count(&it.app.store, "SELECT used FROM grant_lines").await;
    assert_eq!(spent, 1, "the token and the unit are spent together");
    let unknown = it.call_id();
    let mut call = it.call(&grant, "tracker", 1);
    (call.call, call.token) = (unknown, true);
    assert!(is_used(&it.authorise(call).await), "a token that was never minted");
}

async fn one_of_64_uses_a_link(it: &Installation) {
    let expires_at = it.clock.now() + chrono::TimeDelta::seconds(600);
    let link = Entering::Link { mac: "link".to_owned(), person: slug("ana"), expires_at };
    it.app.ledger.act(Act::Enter(Box::new(link))).await.unwrap();
    let all = join_all((0..CALLERS).map(|n| {
        let entering = Entering::UseLink { mac: "link".to_owned(), session: format!("session {n}").into() };
        it.app.ledger.act(Act::Enter(Box::new(entering)))
    }))
    .await;
    let won: Vec<_> = all.iter().filter(|it| it.is_ok()).collect();
    assert!(matches!(won.as_slice(), [Ok(Answer::Person(person))] if *person == slug("ana")), "{won:?}");
    assert_eq!(count(&it.app.store, "SELECT COUNT(*) FROM web_sessions").await, 1);
}

/// Approve, deny, withdraw and lapse at once, in every order of arrival: exactly one happens, and it is what stands.
async fn a_request_is_decided_once(it: &Installation) {
    let mut seen = std::collections::BTreeMap::<_, usize>::new();
    for round in 0..24 {
        let stored = it.ask("bot", &[line("tracker", None)]).await;
        // At the very moment of its expiry a request can only lapse; before, anything but lapse.
        let late = round % 6 == 0;
        it.wait(if late { 600 } else { 1 });
        let (request, agent) = (stored.grant.id.clone(), slug("bot"));
        let mut acts = vec![
            ("approved", approval(it, &stored, "ana")),
            ("denied", denial(it, &stored, "paul")),
            ("withdrawn", Act::Withdraw { request: request.clone(), agent }),
            ("lapsed", Act::Lapse { request: request.clone() }),
        ];
        acts.rotate_left(round % 4);
        let names: Vec<&str> = acts.iter().map(|(name, _)| *name).collect();
        // Each as a task of its own, so that they come in different groups too.
        let tasks = acts.into_iter().map(|(_, act)| {
            let ledger = it.app.ledger.clone();
            tokio::spawn(async move { ledger.advance(act).await })
        });
        let results = join_all(tasks).await.into_iter().map(Result::unwrap);
        let won: Vec<_> =
            names.iter().zip(results).filter_map(|(name, done)| Some((name, done.ok()?))).collect();
        let [(name, done)] = won.as_slice() else { panic!("{won:?}") };
        assert_eq!(late, **name == "lapsed");
        assert_eq!(format!("{:?}", done.grant.status()).to_lowercase(), **name);
        let mut conn = it.app.store.read().await.unwrap();
        let now = broker::store::grants::find(&mut conn, &request).await.unwrap().unwrap();
        assert_eq!(now.grant, done.grant);
        assert_ne!(now.grant.status(), RequestStatus::Pending);
        *seen.entry((*name).to_owned()).or_default() += 1;
    }
    assert!(seen.len() >= 3, "the race had always the same winner: {seen:?}");
}

async fn an_idempotency_key_stands_for_one_call(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", Some(10))]).await;
    let call = |digest: &str| {
        let mut call = it.call(&grant, "tracker", 1);
        call.idempotency = Some(("key".to_owned(), digest.to_owned()));
        call
    };
    let calls: Vec<_> = (0..CALLERS).map(|_| call("same")).collect();
    let ids: Vec<_> = calls.iter().map(|call| call.call.to_string()).collect();
    let all = join_all(calls.into_iter().map(|call| it.authorise(call))).await;
    let first = all.iter().position(Result::is_ok).unwrap();
    for (at, outcome) in all.iter().enumerate().filter(|(at, _)| *at != first) {
        let Err(LedgerError::Refused(Why::Repeat { call, same: true })) = outcome else {
            panic!("{at}: {outcome:?}")
        };
        assert_eq!(*call, ids[first]);
    }
    let other = it.authorise(call("other")).await;
    assert!(matches!(other, Err(LedgerError::Refused(Why::Repeat { same: false, .. }))), "{other:?}");
    assert_eq!(count(&it.app.store, "SELECT used FROM grant_lines").await, 1);
}

async fn a_key_whose_call_was_refused_is_free(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", Some(1)), line("mail", None)]).await;
    it.use_tracker(&grant).await.unwrap();
    let keyed = |service: &str, line| {
        let mut call = it.call(&grant, service, line);
        call.idempotency = Some(("key".to_owned(), service.to_owned()));
        Intent::Authorise(Box::new(call))
    };
    let refused = it.app.ledger.submit(keyed("tracker", 1)).await;
    assert!(matches!(refused, Err(LedgerError::Refused(Why::Limit(1)))), "{refused:?}");
    it.app.ledger.submit(keyed("mail", 2)).await.unwrap();
}
