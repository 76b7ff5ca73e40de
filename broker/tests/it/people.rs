//! A person who is revoked loses what they own, what they approved, and every way in.

use crate::support::{
    acts::{line, person, redemption, revocation},
    installation::{Installation, slug},
    on_each_engine,
};
use broker::{
    ledger::{
        LedgerError, Revocation, Why,
        acts::{Act, Declaration, Entering},
    },
    store::web,
};
use chrono::TimeDelta;
use protocol::{GrantId, Slug};

on_each_engine!(
    what_a_person_approved_ends_with_them,
    what_a_person_owns_ends_with_them,
    every_way_in_ends_with_the_person,
    the_blocked_do_not_enter,
);

async fn approved_by(it: &Installation, by: &str) -> GrantId {
    let stored = it.ask("bot", &[line("tracker", None)]).await;
    it.approve(&stored, by).await.unwrap();
    it.app.ledger.advance(redemption(&stored)).await.unwrap();
    stored.grant.grant_id()
}

async fn is_revoked(it: &Installation, grant: &GrantId) -> bool {
    match it.use_tracker(grant).await {
        Ok(_) => false,
        Err(LedgerError::Refused(Why::Revoked(_))) => true,
        other => panic!("{other:?}"),
    }
}

async fn what_a_person_approved_ends_with_them(it: &Installation) {
    let (by_ana, by_paul) = (approved_by(it, "ana").await, approved_by(it, "paul").await);
    let stopped = it.revoke(person("ana")).await.unwrap();
    assert_eq!(stopped.sessions, 1);
    assert!(is_revoked(it, &by_ana).await);
    assert!(!is_revoked(it, &by_paul).await);
    // It ends what exists: who is not blocked may approve again.
    let again = approved_by(it, "ana").await;
    assert!(!is_revoked(it, &again).await);
}

async fn what_a_person_owns_ends_with_them(it: &Installation) {
    let grant = approved_by(it, "ana").await;
    it.ask("bot", &[line("tracker", None)]).await;
    let stopped = it.revoke(person("paul")).await.unwrap();
    assert_eq!((stopped.sessions, stopped.requests), (1, 1));
    assert!(is_revoked(it, &grant).await);
}

async fn enter(it: &Installation, entering: Entering) -> Result<(), LedgerError> {
    it.app.ledger.act(Act::Enter(Box::new(entering))).await.map(drop)
}

async fn every_way_in(it: &Installation, who: &Slug) {
    let expires_at = it.clock.now() + TimeDelta::seconds(600);
    for name in ["link", "used"] {
        let mac = format!("{who} {name}");
        enter(it, Entering::Link { mac, person: who.clone(), expires_at }).await.unwrap();
    }
    let (mac, session) = (format!("{who} used"), format!("{who} session"));
    enter(it, Entering::UseLink { mac, session: session.into() }).await.unwrap();
    let mac = format!("{who} token");
    enter(it, Entering::Token { mac, person: who.clone(), expires_at }).await.unwrap();
}

/// Link, token and session: whether each is good.
async fn ways_in(it: &Installation, who: &Slug) -> [bool; 3] {
    let mut conn = it.app.store.read().await.unwrap();
    let now = it.clock.now();
    let long_ago = now - TimeDelta::days(1);
    let session = web::session(&mut conn, &format!("{who} session"), long_ago, long_ago).await.unwrap();
    [
        web::link(&mut conn, &format!("{who} link"), now).await.unwrap().is_some(),
        web::token(&mut conn, &format!("{who} token"), now).await.unwrap().is_some(),
        session.is_some_and(|session| session.person == *who),
    ]
}

async fn every_way_in_ends_with_the_person(it: &Installation) {
    let (ana, paul) = (slug("ana"), slug("paul"));
    every_way_in(it, &ana).await;
    every_way_in(it, &paul).await;
    assert_eq!(ways_in(it, &ana).await, [true; 3]);
    it.revoke(person("ana")).await.unwrap();
    assert_eq!(ways_in(it, &ana).await, [false; 3]);
    assert_eq!(ways_in(it, &paul).await, [true; 3]);
    let dead = Entering::UseLink { mac: "ana link".to_owned(), session: "another".to_owned().into() };
    assert!(matches!(enter(it, dead).await, Err(LedgerError::Refused(Why::Spent))));
}

async fn the_blocked_do_not_enter(it: &Installation) {
    let ana = slug("ana");
    it.app.ledger.revoke(Revocation { block: true, ..revocation(person("ana")) }).await.unwrap();
    let expires_at = it.clock.now() + TimeDelta::seconds(600);
    for entering in [
        Entering::Link { mac: "1".to_owned(), person: ana.clone(), expires_at },
        Entering::Token { mac: "2".to_owned(), person: ana.clone(), expires_at },
    ] {
        assert!(enter(it, entering).await.is_err());
    }
    it.declare(Declaration::Unblock(person("ana"))).await;
    every_way_in(it, &ana).await;
    assert_eq!(ways_in(it, &ana).await, [true; 3]);
}
