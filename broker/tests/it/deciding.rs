//! An approval is refused when what it rests on is no longer so.

use crate::support::{
    acts::{approval, line, person, redemption, revocation, service},
    installation::{Installation, definition, slug},
    on_each_engine,
};
use broker::{
    ledger::{
        LedgerError, Revocation, Why,
        acts::{Act, Declaration},
    },
    store::grants::{self, Stored},
};
use protocol::{
    access::{EndReason, RequestStatus},
    revoke::Subject,
    sessions::Role,
};

on_each_engine!(
    a_revocation_refuses_the_approval,
    a_changed_definition_refuses_the_approval,
    the_same_definition_again_changes_nothing,
    who_lost_the_role_approves_no_more,
    a_changed_agent_or_connection_refuses_the_approval,
    a_personal_account_needs_its_owner,
    too_late_is_too_late,
    what_is_alive_is_ended_by_a_revocation_only,
);

async fn refused(it: &Installation, stored: &Stored, by: &str) -> Why {
    match it.approve(stored, by).await {
        Err(LedgerError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

async fn a_revocation_refuses_the_approval(it: &Installation) {
    let subjects = |stored: &Stored| {
        vec![
            Subject::All,
            Subject::Agent { agent: slug("bot") },
            person("paul"),
            service("tracker"),
            Subject::Session { grant: stored.grant.grant_id() },
            Subject::SessionService { grant: stored.grant.grant_id(), service: slug("tracker") },
        ]
    };
    for at in 0..6 {
        let stored = it.ask("bot", &[line("tracker", None), line("mail", None)]).await;
        let number = it.revoke(subjects(&stored)[at].clone()).await.unwrap().number;
        let why = refused(it, &stored, "ana").await;
        assert_eq!(why, Why::Overtaken(number));
    }
    // The same parties ask again, and nothing is in the way: a revocation ends only what exists.
    it.session("bot", &[line("tracker", None), line("mail", None)]).await;
}

async fn a_changed_definition_refuses_the_approval(it: &Installation) {
    let asked = it.ask("bot", &[line("tracker", None)]).await;
    let live = it.session("bot", &[line("tracker", None), line("mail", None)]).await;
    it.use_tracker(&live).await.unwrap();
    let mut changed = definition("tracker");
    "https://elsewhere.example".clone_into(&mut changed.origin);
    it.declare(Declaration::Service(changed)).await;
    assert!(matches!(refused(it, &asked, "ana").await, Why::Overtaken(_)));
    let call = it.use_tracker(&live).await;
    assert!(matches!(call, Err(LedgerError::Refused(Why::TakenAway(_)))), "{call:?}");
    it.authorise(it.call(&live, "mail", 2)).await.unwrap();
}

async fn the_same_definition_again_changes_nothing(it: &Installation) {
    let asked = it.ask("bot", &[line("tracker", None)]).await;
    it.declare(Declaration::Service(definition("tracker"))).await;
    it.approve(&asked, "ana").await.unwrap();
}

async fn who_lost_the_role_approves_no_more(it: &Installation) {
    let asked = it.ask("bot", &[line("tracker", None)]).await;
    for nobody in ["adm", "aud", "ghost"] {
        let why = refused(it, &asked, nobody).await;
        assert!(matches!(why, Why::NotPermitted(_) | Why::Missing("person")), "{why:?}");
    }
    it.person("ana", &[Role::Developer]).await;
    assert!(matches!(refused(it, &asked, "ana").await, Why::NotPermitted(_)));
    it.person("ana", &[Role::Approver]).await;
    it.app.ledger.revoke(Revocation { block: true, ..revocation(person("ana")) }).await.unwrap();
    assert!(matches!(refused(it, &asked, "ana").await, Why::NotPermitted(_)));
    it.declare(Declaration::Unblock(person("ana"))).await;
    it.approve(&asked, "ana").await.unwrap();
}

async fn a_changed_agent_or_connection_refuses_the_approval(it: &Installation) {
    let mut conn = it.app.store.read().await.unwrap();
    let asked = it.ask("bot", &[line("tracker", None)]).await;
    let mut account = broker::store::connections::find(&mut conn, &slug("tracker")).await.unwrap().unwrap();
    "@other".clone_into(&mut account.account);
    it.declare(Declaration::Connection(account)).await;
    assert!(matches!(refused(it, &asked, "ana").await, Why::Outdated(_)));
    let asked = it.ask("bot", &[line("tracker", None)]).await;
    let agent = broker::store::agents::find(&mut conn, &slug("bot")).await.unwrap().unwrap();
    let secret_mac = Some("another".to_owned());
    it.declare(Declaration::Agent { agent, secret_mac, credentials: None }).await;
    assert!(matches!(refused(it, &asked, "ana").await, Why::Outdated(_)));
}

async fn a_personal_account_needs_its_owner(it: &Installation) {
    let asked = it.ask("bot", &[line("diary", None)]).await;
    for other in ["ana", "adm"] {
        assert!(matches!(refused(it, &asked, other).await, Why::NotPermitted(_)));
    }
    it.approve(&asked, "paul").await.unwrap();
}

async fn too_late_is_too_late(it: &Installation) {
    let asked = it.ask("bot", &[line("tracker", None)]).await;
    it.wait(600);
    assert!(matches!(refused(it, &asked, "ana").await, Why::State(_)));
    let asked = it.ask("bot", &[line("tracker", None)]).await;
    it.approve(&asked, "ana").await.unwrap();
    it.wait(600);
    let late = it.app.ledger.advance(redemption(&asked)).await;
    assert!(matches!(late, Err(LedgerError::Refused(Why::State(_)))), "{late:?}");
    let grant = it.session("bot", &[line("tracker", None)]).await;
    it.wait(3_599);
    it.use_tracker(&grant).await.unwrap();
    it.wait(1);
    let call = it.use_tracker(&grant).await;
    assert!(matches!(call, Err(LedgerError::Refused(Why::Expired(_)))), "{call:?}");
    let mint = it.mint(&grant, "tracker", 1).await;
    assert!(matches!(mint, Err(LedgerError::Refused(Why::Expired(_)))), "{mint:?}");
}

async fn what_is_alive_is_ended_by_a_revocation_only(it: &Installation) {
    let grant = it.session("bot", &[line("tracker", None)]).await;
    for reason in
        [EndReason::Idle, EndReason::Closed, EndReason::Exhausted, EndReason::Revoked, EndReason::Expired]
    {
        let end = it.app.ledger.act(Act::End { request: grant.request(), reason }).await;
        assert!(matches!(end, Err(LedgerError::Refused(_))), "{reason:?}");
    }
    it.use_tracker(&grant).await.unwrap();
    it.revoke(Subject::All).await.unwrap();
    it.app.ledger.act(Act::End { request: grant.request(), reason: EndReason::Revoked }).await.unwrap();
    let mut conn = it.app.store.read().await.unwrap();
    let ended = grants::find(&mut conn, &grant.request()).await.unwrap().unwrap();
    assert_eq!(ended.grant.status(), RequestStatus::Ended);
    // The approval of what was never asked: the digests do not fit.
    let mut act = approval(it, &it.ask("bot", &[line("mail", None)]).await, "ana");
    if let Act::Approve(approval) = &mut act {
        approval.approving.terms.duration -= 1;
    }
    assert!(it.app.ledger.act(act).await.is_err());
}
