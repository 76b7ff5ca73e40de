//! What needs a passkey's answer of the last five minutes, given in this very session.

use super::support::{Asked, cookie_of, enrol, is_in, later, sign_in};
use crate::front::{
    cast::Member,
    forms::form_token,
    support::{Front, on_each_front},
};

on_each_front!(
    stopping_everything_asks_for_the_passkey,
    a_proof_belongs_to_one_person_and_one_session,
    a_proof_makes_the_session_another,
    a_passkey_is_removed_with_a_passkey,
    new_codes_need_a_passkey_and_replace_the_old,
);

async fn post(front: &Front, member: &Member, path: &str) -> u16 {
    let token = form_token(front, member).await;
    member.in_browser(front).form(path, &[("form_token", &token)]).await.status.as_u16()
}

async fn stopping_everything_asks_for_the_passkey(front: &Front) {
    let mut holder = enrol(front, &front.admin, "").await;
    let session = front.usual().await;
    later(front);
    let live = async || front.token_for(&front.agent, &session, "issues", "items.read").await.status == 200;
    assert_eq!(post(front, &holder.member, "/stop-all").await, 403);
    assert!(live().await, "something was stopped");
    let page = holder.member.in_browser(front).get("/stop-all").await;
    let asked = Asked::on(&page, "/stop-all");
    let answer = holder.soft.answer(&asked.options);
    let heard = holder.member.in_browser(front).form("/stop-all", &asked.with(&answer)).await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/sessions"), "{}", heard.text());
    cookie_of(front, &heard);
    assert!(!live().await);
}

async fn a_proof_belongs_to_one_person_and_one_session(front: &Front) {
    let mut holder = enrol(front, &front.admin, "").await;
    let mut stranger = enrol(front, &front.approver, "").await;
    let second = sign_in(front, &mut holder).await;
    later(front);
    let page = holder.member.in_browser(front).get("/stop-all").await;
    let asked = Asked::on(&page, "/stop-all");
    let theirs = Asked::on(&second.in_browser(front).get("/stop-all").await, "/stop-all");
    let refused = async |member: &Member, asked: &Asked, answer: &str| {
        let heard = member.in_browser(front).form("/stop-all", &asked.with(answer)).await;
        assert!(heard.header("set-cookie").is_empty());
        heard.status.as_u16()
    };
    let answer = stranger.soft.answer(&asked.options);
    assert_eq!(refused(&holder.member, &asked, &answer).await, 403, "another person's passkey");
    let answer = holder.soft.answer(&theirs.options);
    assert_eq!(refused(&holder.member, &asked, &answer).await, 403, "the other session's question");
    let mut mixed = Asked::on(&second.in_browser(front).get("/stop-all").await, "/stop-all");
    let nonce = |asked: &Asked| asked.fields.iter().find(|it| it.0 == "nonce").unwrap().1.clone();
    for field in &mut mixed.fields {
        if field.0 == "nonce" {
            field.1 = nonce(&asked);
        }
    }
    let answer = holder.soft.answer(&asked.options);
    assert_eq!(refused(&second, &mixed, &answer).await, 403, "an answer of this session in the other");
    let sign_in = super::support::sign_in_page(front).await;
    let answer = holder.soft.answer(&sign_in.options);
    assert_eq!(refused(&holder.member, &asked, &answer).await, 403, "an answer to a sign-in page");
}

async fn a_proof_makes_the_session_another(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    later(front);
    let page = holder.member.in_browser(front).get("/me/passkeys/add").await;
    let asked = Asked::on(&page, "/me/prove");
    let answer = holder.soft.answer(&asked.options);
    let heard = holder.member.in_browser(front).form("/me/prove", &asked.with(&answer)).await;
    let now = Member { cookie: cookie_of(front, &heard), ..holder.member.clone() };
    assert!(is_in(front, &now).await);
    assert!(!is_in(front, &holder.member).await, "the session of before goes on");
    // Its forms are not the new one's, and its answer is used up.
    assert_eq!(now.in_browser(front).form("/me/prove", &asked.with(&answer)).await.status, 403);
    let elsewhere = [("form_token", "x"), ("next", "//evil.example")];
    assert_eq!(now.in_browser(front).form("/me/prove", &elsewhere).await.header("location"), "");
}

async fn a_passkey_is_removed_with_a_passkey(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    let other = sign_in(front, &mut holder).await;
    later(front);
    let path = format!("/me/passkeys/{}/remove", holder.soft.credential());
    assert_eq!(post(front, &holder.member, &path).await, 403);
    let asked = Asked::on(&holder.member.in_browser(front).get(&path).await, &path);
    let answer = holder.soft.answer(&asked.options);
    let heard = holder.member.in_browser(front).form(&path, &asked.with(&answer)).await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/me"), "{}", heard.text());
    let now = Member { cookie: cookie_of(front, &heard), ..holder.member.clone() };
    assert!(is_in(front, &now).await && !is_in(front, &other).await);
    let page = now.in_browser(front).get("/me").await.text();
    assert!(page.contains("You have none yet"), "{page}");
    // Without one, a link is enough again.
    front.sign_in("ana").await;
}

async fn new_codes_need_a_passkey_and_replace_the_old(front: &Front) {
    let mut holder = enrol(front, &front.approver, "").await;
    later(front);
    assert_eq!(post(front, &holder.member, "/me/codes").await, 403);
    let asked = Asked::on(&holder.member.in_browser(front).get("/me/codes").await, "/me/codes");
    let answer = holder.soft.answer(&asked.options);
    let heard = holder.member.in_browser(front).form("/me/codes", &asked.with(&answer)).await;
    cookie_of(front, &heard);
    let fresh = super::support::codes_on(front, &heard);
    assert_eq!(fresh.len(), 10);
    let link = front.link("ana").await;
    let refused = super::recovering::recover(front, &link, &holder.codes[0]).await;
    assert_eq!(refused.status, 403, "an old code");
    let heard = super::recovering::recover(front, &link, &fresh[0]).await;
    assert_eq!(heard.header("location"), "/me/recover");
    cookie_of(front, &heard);
    // Somebody without a passkey has nothing to prove with, and no codes.
    assert_eq!(post(front, &front.auditor, "/me/codes").await, 403);
}
