//! Signing in without a name: the passkey says who it is, once for each question.

use super::support::{Asked, cookie_of, enrol, is_in, later, sign_in, sign_in_page, sign_in_with};
use crate::{
    front::{
        cast::Member,
        support::{Front, on_each_front},
    },
    support::{
        installation::slug,
        invariants::count,
        soft_passkey::{Forged, SoftPasskey},
    },
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use broker::keys;
use protocol::revoke::{RevokeRequest, Subject};

on_each_front!(
    whoever_holds_a_passkey_signs_in,
    an_answer_signs_in_once,
    what_is_forged_signs_nobody_in,
    an_answer_to_anything_else_signs_nobody_in,
    the_blocked_and_those_without_it_do_not_sign_in,
    people_sign_in_while_the_vault_is_sealed,
    a_counter_that_went_back_is_on_the_record,
);

async fn whoever_holds_a_passkey_signs_in(front: &Front) {
    let mut holder = enrol(front, &front.approver, "Laptop").await;
    let member = sign_in(front, &mut holder).await;
    assert_ne!(member.cookie, holder.member.cookie);
    assert!(is_in(front, &member).await && is_in(front, &holder.member).await);
    let page = member.in_browser(front).get("/me").await.text();
    assert!(page.contains("Firefox, Linux") && page.contains("by a passkey"), "{page}");
    let started = "SELECT COUNT(*) FROM audit WHERE kind = 'session.started' AND actor LIKE '%passkey%'";
    assert_eq!(count(&front.app.store, started).await, 1);
}

async fn an_answer_signs_in_once(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    let asked = sign_in_page(front).await;
    let answer = holder.soft.answer(&asked.options);
    let first = sign_in_with(front, &asked, &answer).await;
    assert_eq!(first.status, 303);
    cookie_of(front, &first);
    assert_eq!(sign_in_with(front, &asked, &answer).await.status, 410, "a replay");
    // At once, too.
    let asked = sign_in_page(front).await;
    let answer = holder.soft.answer(&asked.options);
    let all = futures::future::join_all((0..16).map(|_| sign_in_with(front, &asked, &answer))).await;
    let won: Vec<_> = all.iter().filter(|heard| heard.status == 303).collect();
    assert_eq!(won.len(), 1);
    cookie_of(front, won[0]);
    assert!(all.iter().all(|heard| heard.status == 303 || heard.status == 410));
    let asked = sign_in_page(front).await;
    let answer = holder.soft.answer(&asked.options);
    later(front);
    assert_eq!(sign_in_with(front, &asked, &answer).await.status, 410, "too late");
}

async fn what_is_forged_signs_nobody_in(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    let text = |it: &str| Some(it.to_owned());
    let random = BASE64_URL_SAFE_NO_PAD.encode([9; 32]);
    for forged in [
        Forged { origin: text("http://127.0.0.1:8420"), ..Forged::default() },
        Forged { origin: text("http://localhost:9999"), ..Forged::default() },
        Forged { rp_id: text("127.0.0.1"), ..Forged::default() },
        Forged { challenge: Some(random), ..Forged::default() },
        Forged { unverified: true, ..Forged::default() },
        Forged { cross_origin: true, ..Forged::default() },
        Forged { credential: text("AAAA"), ..Forged::default() },
    ] {
        holder.soft.forged = forged.clone();
        let asked = sign_in_page(front).await;
        let answer = holder.soft.answer(&asked.options);
        let heard = sign_in_with(front, &asked, &answer).await;
        assert_eq!(heard.status, 403, "{forged:?}");
        assert!(heard.header("set-cookie").is_empty());
        assert!(heard.text().contains("Nothing was done"), "{}", heard.text());
    }
    // Another's device that says it is this passkey.
    let mut other = SoftPasskey::at(super::support::HERE);
    other.forged.credential = Some(holder.soft.credential());
    let asked = sign_in_page(front).await;
    let answer = other.answer(&asked.options);
    assert_eq!(sign_in_with(front, &asked, &answer).await.status, 403);
    // A nonce that nobody gave.
    let mut asked = sign_in_page(front).await;
    holder.soft.forged = Forged::default();
    let answer = holder.soft.answer(&asked.options);
    for (_, value) in asked.fields.iter_mut().filter(|(name, _)| name == "nonce") {
        let (body, _) = value.rsplit_once('.').unwrap();
        *value = format!("{body}.{}", "0".repeat(64));
    }
    assert_eq!(sign_in_with(front, &asked, &answer).await.status, 403);
}

async fn an_answer_to_anything_else_signs_nobody_in(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    later(front);
    // A question asked within a session is another question.
    let page = holder.member.in_browser(front).get("/me/passkeys/add").await;
    let asked = Asked::on(&page, "/me/prove");
    let answer = holder.soft.answer(&asked.options);
    assert_eq!(sign_in_with(front, &asked, &answer).await.status, 403);
    // And the answer to one sign-in page is none to another.
    let (one, two) = (sign_in_page(front).await, sign_in_page(front).await);
    let answer = holder.soft.answer(&one.options);
    assert_eq!(sign_in_with(front, &two, &answer).await.status, 403);
}

async fn the_blocked_and_those_without_it_do_not_sign_in(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    let asked = sign_in_page(front).await;
    let answer = holder.soft.answer(&asked.options);
    let blocked = RevokeRequest { block: true, reason: None };
    let heard = front.admin.at(front).post("/v1/people/ana/revoke", &serde_json::json!(blocked)).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    assert_eq!(sign_in_with(front, &asked, &answer).await.status, 403);
    assert!(!is_in(front, &holder.member).await);
    let unblock = broker::ledger::acts::Declaration::Unblock(Subject::Person { person: slug("ana") });
    front.declare(unblock).await;
    let asked = sign_in_page(front).await;
    let member: Member = sign_in(front, &mut holder).await;
    remove_all(front).await;
    assert!(!is_in(front, &member).await);
    let answer = holder.soft.answer(&asked.options);
    assert_eq!(sign_in_with(front, &asked, &answer).await.status, 403, "it was removed");
}

async fn remove_all(front: &Front) {
    let command = broker::host::Command::RemovePasskeys { person: slug("ana") };
    broker::host::handle(&front.app, command).await.unwrap();
}

async fn people_sign_in_while_the_vault_is_sealed(front: &Front) {
    let mut holder = enrol(front, &front.admin, "").await;
    keys::seal(&front.app, None).await.unwrap();
    let member = sign_in(front, &mut holder).await;
    assert!(is_in(front, &member).await);
    let page = member.in_browser(front).get("/me").await;
    assert_eq!(page.status, 200);
    // Stopping needs no key either.
    let token = crate::front::forms::form_token(front, &member).await;
    let heard = member.in_browser(front).form("/stop-all", &[("form_token", &token)]).await;
    assert_eq!(heard.status, 303, "{}", heard.text());
    keys::unseal(&front.app, None).await.unwrap();
}

async fn a_counter_that_went_back_is_on_the_record(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    sign_in(front, &mut holder).await;
    let behind = "SELECT COUNT(*) FROM audit WHERE kind = 'passkey.counter_behind'";
    assert_eq!(count(&front.app.store, behind).await, 0);
    holder.soft.forged.counter = Some(1);
    sign_in(front, &mut holder).await;
    assert_eq!(count(&front.app.store, behind).await, 1);
}
