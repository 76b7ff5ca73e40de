//! Asking: the same ask is one request, five at most wait, and the blocked do not ask.

use crate::support::{
    acts::{approval, denial, line, revocation},
    installation::{Installation, slug},
    invariants::count,
    on_each_engine,
};
use broker::{
    ledger::{Answer, LedgerError, Revocation, Why, acts::Act, acts::Declaration},
    store::grants::Stored,
};
use domain::policy::Policy;
use futures::future::join_all;
use protocol::revoke::Subject;

on_each_engine!(
    the_same_ask_is_one_request,
    agents_never_share_a_request,
    a_key_finds_its_request_whatever_became_of_it,
    five_wait_at_most,
    the_blocked_do_not_ask,
    a_cool_down_holds_on_every_broker,
);

const REQUESTS: &str = "SELECT COUNT(*) FROM grants";

fn opened(answer: Result<Answer, LedgerError>) -> (Stored, bool) {
    match answer {
        Ok(Answer::Grant(stored)) => (*stored, true),
        Ok(Answer::Same(stored)) => (*stored, false),
        other => panic!("{other:?}"),
    }
}

async fn the_same_ask_is_one_request(it: &Installation) {
    let mut acts = Vec::new();
    for _ in 0..16 {
        acts.push(it.asking("bot", &[line("tracker", None)], "same", None).await);
    }
    let all = join_all(acts.into_iter().map(|act| it.app.ledger.act(act))).await;
    let all: Vec<_> = all.into_iter().map(opened).collect();
    assert_eq!(all.iter().filter(|(_, new)| *new).count(), 1);
    assert!(all.iter().all(|(stored, _)| stored.grant == all[0].0.grant));
    assert_eq!(count(&it.app.store, REQUESTS).await, 1);
    let (other, new) =
        opened(it.app.ledger.act(it.asking("bot", &[line("tracker", Some(1))], "same", None).await).await);
    assert!(new, "a limit makes another ask");
    // What was decided is not asked any more.
    it.approve(&other, "ana").await.unwrap();
    let again = it.asking("bot", &[line("tracker", Some(1))], "same", None).await;
    assert!(opened(it.app.ledger.act(again).await).1);
}

async fn agents_never_share_a_request(it: &Installation) {
    let mine = it.asking("bot", &[line("tracker", None)], "same", Some("key")).await;
    let theirs = it.asking("crawler", &[line("tracker", None)], "same", Some("key")).await;
    let (mine, _) = opened(it.app.ledger.act(mine).await);
    let (theirs, new) = opened(it.app.ledger.act(theirs).await);
    assert!(new && mine.grant.id != theirs.grant.id);
    let foreign = Act::Withdraw { request: mine.grant.id.clone(), agent: slug("crawler") };
    let refused = it.app.ledger.act(foreign).await;
    assert!(matches!(refused, Err(LedgerError::Refused(Why::Missing("request")))), "{refused:?}");
}

async fn a_key_finds_its_request_whatever_became_of_it(it: &Installation) {
    let first = it.asking("bot", &[line("tracker", None)], "one", Some("key")).await;
    let (first, _) = opened(it.app.ledger.act(first).await);
    it.app.ledger.advance(approval(it, &first, "ana")).await.unwrap();
    it.wait(700);
    let again = it.asking("bot", &[line("tracker", None)], "one", Some("key")).await;
    let (again, new) = opened(it.app.ledger.act(again).await);
    assert!(!new && again.grant.id == first.grant.id);
    assert_eq!(count(&it.app.store, REQUESTS).await, 1);
}

async fn five_wait_at_most(it: &Installation) {
    let mut acts = Vec::new();
    for n in 0..32 {
        acts.push(it.asking("bot", &[line("tracker", None)], &format!("ask {n}"), None).await);
    }
    let tasks = acts.into_iter().map(|act| {
        let ledger = it.app.ledger.clone();
        tokio::spawn(async move { ledger.act(act).await })
    });
    let all: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(all.iter().filter(|it| it.is_ok()).count(), 5);
    let full = |it: &&Result<_, _>| matches!(it, Err(LedgerError::Refused(Why::TooManyPending(5))));
    assert_eq!(all.iter().filter(full).count(), 27);
    it.ask("crawler", &[line("tracker", None)]).await;
    // A revoked request waits no more; a lapsed one neither, swept or not.
    it.revoke(Subject::Agent { agent: slug("bot") }).await.unwrap();
    for _ in 0..5 {
        it.ask("bot", &[line("tracker", None)]).await;
    }
    it.wait(600);
    it.ask("bot", &[line("tracker", None)]).await;
}

async fn the_blocked_do_not_ask(it: &Installation) {
    let subjects = [
        (Subject::Agent { agent: slug("bot") }, "agent"),
        (Subject::Person { person: slug("paul") }, "owner"),
        (Subject::Service { service: slug("tracker") }, "service"),
    ];
    for (subject, what) in subjects {
        it.ask("bot", &[line("tracker", None)]).await;
        let act = it.asking("bot", &[line("tracker", None)], "blocked", None).await;
        it.app.ledger.revoke(Revocation { block: true, ..revocation(subject.clone()) }).await.unwrap();
        let refused = it.app.ledger.act(act).await.unwrap_err();
        assert!(matches!(&refused, LedgerError::Refused(Why::Blocked(it)) if *it == what), "{refused:?}");
        it.declare(Declaration::Unblock(subject)).await;
        it.ask("bot", &[line("tracker", None)]).await;
    }
}

/// It follows from the denials, so another broker, or this one after a restart, knows it.
async fn a_cool_down_holds_on_every_broker(it: &Installation) {
    for _ in 0..2 {
        let asked = it.ask("bot", &[line("tracker", None)]).await;
        it.app.ledger.act(denial(it, &asked, "ana")).await.unwrap();
    }
    let asking = async |agent: &str| match it.asking(agent, &[line("tracker", None)], "again", None).await {
        Act::Open { grant, same, .. } => Act::Open { grant, same, policy: Policy::DEFAULT },
        other => other,
    };
    it.wait(60);
    let other = it.another().await;
    for broker in [it, &other] {
        let refused = broker.app.ledger.act(asking("bot").await).await;
        let expected = Why::CoolingDown { denials: 2, after: 540 };
        assert!(matches!(&refused, Err(LedgerError::Refused(why)) if *why == expected), "{refused:?}");
    }
    other.app.ledger.act(asking("crawler").await).await.unwrap();
    it.declare(Declaration::LiftCoolDown(slug("bot"))).await;
    other.app.ledger.act(asking("bot").await).await.unwrap();
    other.stop().await;
}
