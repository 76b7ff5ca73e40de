//! A passkey is made by whoever may, once, for one person and one session.

use super::support::{Asked, HERE, enrol, is_in, later, make};
use crate::{
    front::support::{Front, on_each_front},
    support::{invariants::count, soft_passkey::SoftPasskey},
};
use broker::keys;

on_each_front!(
    the_first_passkey_brings_codes_and_ends_every_other_way_in,
    what_a_browser_made_for_something_else_is_no_passkey,
    a_second_passkey_needs_the_first,
    a_sealed_vault_enrols_nobody,
    a_passkey_is_named_and_named_anew,
);

async fn the_first_passkey_brings_codes_and_ends_every_other_way_in(front: &Front) {
    let other = front.sign_in("ana").await;
    let holder = enrol(front, &front.approver, "Laptop").await;
    assert_eq!(holder.codes.len(), 10);
    assert!(is_in(front, &holder.member).await);
    for cookie in [&front.approver.cookie, &other] {
        let before = crate::front::cast::Member { cookie: cookie.clone(), ..front.approver.clone() };
        assert!(!is_in(front, &before).await, "a session of before goes on");
    }
    assert_eq!(front.approver.at(front).get("/v1/inbox").await.status, 401, "a token of before goes on");
    let page = holder.member.in_browser(front).get("/me").await.text();
    assert!(page.contains("Laptop") && page.contains("10"), "{page}");
    assert!(!page.contains(&holder.codes[0]));
    let added = "SELECT COUNT(*) FROM audit WHERE kind = 'passkey.added' AND facts LIKE '%\"rp_id\":\"localhost\"%' \
        AND facts LIKE '%http://localhost:8420%' AND facts LIKE '%\"cred\":%'";
    assert_eq!(count(&front.app.store, added).await, 1);
}

async fn what_a_browser_made_for_something_else_is_no_passkey(front: &Front) {
    let page = front.approver.in_browser(front).get("/me/passkeys/add").await;
    let asked = Asked::on(&page, "/me/passkeys");
    let post = async |member: &crate::front::cast::Member, asked: &Asked, answer: &str| {
        member.in_browser(front).form("/me/passkeys", &asked.with(answer)).await.status.as_u16()
    };
    let mut elsewhere = SoftPasskey::at("http://127.0.0.1:8420");
    assert_eq!(post(&front.approver, &asked, &elsewhere.enrol(&asked.options)).await, 403);
    let mut unverified = SoftPasskey::at(HERE);
    unverified.forged.unverified = true;
    assert_eq!(post(&front.approver, &asked, &unverified.enrol(&asked.options)).await, 403);
    for nothing in ["", "{}", "x"] {
        assert_eq!(post(&front.approver, &asked, nothing).await, 403);
    }
    // What was made for one person's session is worth nothing in another's.
    let theirs = Asked::on(&front.admin.in_browser(front).get("/me/passkeys/add").await, "/me/passkeys");
    let mut good = SoftPasskey::at(HERE);
    let answer = good.enrol(&asked.options);
    assert_eq!(post(&front.admin, &theirs, &answer).await, 403);
    later(front);
    assert_eq!(post(&front.approver, &asked, &answer).await, 410, "too late");
    assert_eq!(count(&front.app.store, "SELECT COUNT(*) FROM passkeys").await, 0);
}

async fn a_second_passkey_needs_the_first(front: &Front) {
    let mut holder = enrol(front, &front.approver, "Laptop").await;
    // Another form of the same session, from when it had proved it.
    let page = holder.member.in_browser(front).get("/me/passkeys/add").await;
    let early = Asked::on(&page, "/me/passkeys");
    later(front);
    let page = holder.member.in_browser(front).get("/me/passkeys/add").await;
    assert!(!page.text().contains("action=\"/me/passkeys\""), "it asks for the first passkey");
    let mut second = SoftPasskey::at(HERE);
    let answer = second.enrol(&early.options);
    let heard = holder.member.in_browser(front).form("/me/passkeys", &early.with(&answer)).await;
    assert_eq!(heard.status, 410);
    let asked = Asked::on(&page, "/me/prove");
    let answer = holder.soft.answer(&asked.options);
    let heard = holder.member.in_browser(front).form("/me/prove", &asked.with(&answer)).await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/me/passkeys/add"));
    holder.member.cookie = super::support::cookie_of(front, &heard);
    let page = holder.member.in_browser(front).get("/me/passkeys/add").await;
    let heard = make(front, &holder.member, &page, &mut second, "").await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/me"), "{}", heard.text());
    assert_eq!(count(&front.app.store, "SELECT COUNT(*) FROM passkeys").await, 2);
    assert_eq!(count(&front.app.store, "SELECT COUNT(*) FROM recovery_codes").await, 10, "they stay");
}

async fn a_sealed_vault_enrols_nobody(front: &Front) {
    let page = front.approver.in_browser(front).get("/me/passkeys/add").await;
    keys::seal(&front.app, None).await.unwrap();
    let heard = make(front, &front.approver, &page, &mut SoftPasskey::at(HERE), "").await;
    assert_eq!(heard.status, 503, "{}", heard.text());
    assert_eq!(count(&front.app.store, "SELECT COUNT(*) FROM passkeys").await, 0);
    keys::unseal(&front.app, None).await.unwrap();
}

async fn a_passkey_is_named_and_named_anew(front: &Front) {
    let holder = enrol(front, &front.approver, "  ").await;
    let page = holder.member.in_browser(front).get("/me").await.text();
    assert!(page.contains("Passkey 1"), "{page}");
    let token = crate::front::forms::form_token(front, &holder.member).await;
    let path = format!("/me/passkeys/{}/rename", holder.soft.credential());
    let rename = async |name: &str| {
        let form = [("form_token", token.as_str()), ("name", name)];
        holder.member.in_browser(front).form(&path, &form).await.status.as_u16()
    };
    assert_eq!(rename("Ana\u{202e}").await, 422);
    assert_eq!(rename("Work phone").await, 303);
    let page = holder.member.in_browser(front).get("/me").await.text();
    assert!(page.contains("Work phone") && !page.contains("Passkey 1"), "{page}");
    let token = crate::front::forms::form_token(front, &front.admin).await;
    let form = [("form_token", token.as_str()), ("name", "Mine")];
    assert_eq!(front.admin.in_browser(front).form(&path, &form).await.status, 404, "another's");
}
