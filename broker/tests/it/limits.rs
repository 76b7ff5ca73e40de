//! A limit is exact, whoever comes at once.

use crate::support::{acts::line, installation::Installation, invariants::count, on_each_engine};
use broker::{
    ledger::{LedgerError, Why},
    store::lines,
};
use futures::future::join_all;

on_each_engine!(
    callers_get_exactly_the_limit,
    calls_and_tokens_share_one_limit,
    a_line_without_a_limit_has_no_row
);

/// 64 callers at each of three lines in two sessions, in groups and one by one.
async fn callers_get_exactly_the_limit(it: &Installation) {
    let limits = [("tracker", 20), ("mail", 7), ("tracker", 1)];
    let mut asked: Vec<_> = limits.iter().map(|(service, max)| line(service, Some(*max))).collect();
    asked[2].actions.pop();
    let sessions = [it.session("bot", &asked).await, it.session("bot", &asked).await];
    let mut calls = Vec::new();
    for _ in 0..64 {
        for grant in &sessions {
            for (number, (service, _)) in (1..).zip(limits) {
                calls.push(it.call(grant, service, number));
            }
        }
    }
    let tasks = calls.into_iter().map(|call| {
        let (ledger, key) = (it.app.ledger.clone(), (call.grant.clone(), call.line));
        let intent = broker::ledger::Intent::Authorise(Box::new(call));
        tokio::spawn(async move { (key, ledger.submit(intent).await) })
    });
    let all: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    for grant in &sessions {
        for (number, (_, max)) in (1..).zip(limits) {
            let mine = || all.iter().filter(|(key, _)| *key == (grant.clone(), number));
            assert_eq!(mine().count(), 64);
            assert_eq!(mine().filter(|(_, outcome)| outcome.is_ok()).count(), max as usize);
            for (_, outcome) in mine().filter(|(_, outcome)| outcome.is_err()) {
                let limit = |why: &Why| *why == Why::Limit(number);
                assert!(matches!(outcome, Err(LedgerError::Refused(why)) if limit(why)), "{outcome:?}");
            }
        }
        let used = lines::of_grant(&mut it.app.store.read().await.unwrap(), grant).await.unwrap();
        assert!(used.iter().all(|line| line.used == line.max_calls), "{used:?}");
    }
    let recorded = "SELECT COUNT(*) FROM audit WHERE kind = 'call.authorised'";
    assert_eq!(count(&it.app.store, recorded).await, 2 * (20 + 7 + 1));
    let refused = "SELECT COUNT(*) FROM audit WHERE kind = 'call.refused'";
    assert_eq!(count(&it.app.store, refused).await, 2 * (3 * 64 - 28));
}

async fn calls_and_tokens_share_one_limit(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", Some(5))]).await;
    let mut calls = Vec::new();
    for n in 0..12 {
        let mut call = it.call(&grant, "tracker", 1);
        if n % 2 == 0 {
            (call.call, call.token) = (it.mint(&grant, "tracker", 1).await.unwrap(), true);
        }
        calls.push(call);
    }
    let tokens: Vec<_> = calls.iter().filter(|call| call.token).cloned().collect();
    let all = join_all(calls.into_iter().map(|call| it.authorise(call))).await;
    assert_eq!(all.iter().filter(|it| it.is_ok()).count(), 5);
    // A token that met the limit is used up all the same.
    for token in tokens {
        let again = it.authorise(token).await;
        assert!(matches!(again, Err(LedgerError::Refused(Why::TokenUsed))), "{again:?}");
    }
}

async fn a_line_without_a_limit_has_no_row(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None), line("mail", Some(1))]).await;
    assert_eq!(count(&it.app.store, "SELECT COUNT(*) FROM grant_lines").await, 1);
    let all = join_all((0..64).map(|_| it.use_tracker(&grant))).await;
    assert!(all.iter().all(Result::is_ok));
}
