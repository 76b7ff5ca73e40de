//! The pages, as a browser gets them.

use super::{
    cast::anonymous,
    support::{Front, line, on_each_front, wide},
};
use broker::sweeper::sweep;

on_each_front!(
    pages_are_whole_and_hold_nothing_inline,
    who_is_not_signed_in_is_sent_there,
    a_link_signs_in_by_its_button_only,
    a_web_session_grows_old,
);

async fn pages_are_whole_and_hold_nothing_inline(front: &Front) {
    let session = front.usual().await;
    front.read(&session, "").await;
    let asked = front.ask(&front.agent, &[wide("issues"), line("down", &["items.read"], None)]).await;
    let card = format!("/requests/{}", asked.id);
    let pages = [
        "/".to_owned(),
        card.clone(),
        format!("{card}?line=1&action.1=items.read&resource.1=acme&review=1"),
        "/sessions".to_owned(),
        "/sessions?ended=1".to_owned(),
        format!("/sessions/{}", session.grant),
        "/services".to_owned(),
        "/services/issues/revoke".to_owned(),
        "/stop-all".to_owned(),
    ];
    for page in pages {
        let heard = front.approver.in_browser(front).get(&page).await;
        assert_eq!(
            (heard.status.as_u16(), heard.header("content-type")),
            (200, "text/html; charset=utf-8"),
            "{page}"
        );
        let html = heard.text();
        assert!(html.starts_with("<!DOCTYPE html>") && html.contains("</body></html>"), "{page}: {html}");
        assert!(
            !html.contains(" style=") && !html.contains("<style") && !html.contains(" onclick"),
            "{page}"
        );
        let policy = heard.header("content-security-policy");
        for script in html.split("<script").skip(1) {
            let nonce = script.split("nonce=\"").nth(1).and_then(|it| it.split('"').next()).unwrap_or("none");
            assert!(policy.contains(&format!("'nonce-{nonce}'")), "{page}: {script}");
        }
        assert!(policy.contains("form-action 'self'") && !policy.contains("unsafe"), "{policy}");
    }
    let html = front.approver.in_browser(front).get(&card).await.text();
    for answer in ["who", "ignore", "what", "worst", "long", "normal", "why"] {
        assert!(html.contains(&format!("data-q=\"{answer}\"")), "{answer} is not answered");
    }
    let missing = front.approver.in_browser(front).get("/requests/req_x").await;
    assert_eq!(missing.status, 404);
    assert_eq!(front.approver.in_browser(front).get("/nowhere").await.status, 404);
}

async fn who_is_not_signed_in_is_sent_there(front: &Front) {
    for page in ["/", "/sessions", "/services", "/stop-all", "/events"] {
        for cookie in ["", "__Host-countersign=", "__Host-countersign=csn_w_x", "countersign=x"] {
            let heard = anonymous(front).header("cookie", cookie).get(page).await;
            assert_eq!(
                (heard.status.as_u16(), heard.header("location")),
                (303, "/sign-in"),
                "{page} {cookie}"
            );
        }
        // The name of the cookie counts, not only its value.
        let renamed = format!("countersign={}", front.owner.cookie);
        assert_eq!(anonymous(front).header("cookie", &renamed).get(page).await.status, 303);
    }
    let page = anonymous(front).get("/sign-in").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("sign-in-link"));
}

async fn a_link_signs_in_by_its_button_only(front: &Front) {
    let link = front.link("otto").await;
    for _ in 0..3 {
        let opened = anonymous(front).get(&format!("/sign-in/link?t={link}")).await;
        assert_eq!(opened.status, 200);
        assert!(!opened.headers.contains_key("set-cookie"), "opening a link signed somebody in");
    }
    let press = |site: &'static str| anonymous(front).header("sec-fetch-site", site);
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(press(site).form("/sign-in/link", &[("token", &link)]).await.status, 403);
    }
    let heard = press("same-origin").form("/sign-in/link", &[("token", &link)]).await;
    assert!(heard.status == 303 && heard.headers.contains_key("set-cookie"));
    let again = press("same-origin").form("/sign-in/link", &[("token", &link)]).await;
    assert!(again.status == 410 && !again.headers.contains_key("set-cookie"));
    let late = front.link("otto").await;
    front.wait(600_000);
    assert_eq!(press("same-origin").form("/sign-in/link", &[("token", &late)]).await.status, 410);
}

async fn a_web_session_grows_old(front: &Front) {
    let knows = async || front.owner.in_browser(front).get("/").await.status == 200;
    // In use it lives on; idle for half an hour it is over.
    for _ in 0..3 {
        front.wait(29 * 60_000);
        assert!(knows().await);
        sweep(&front.app).await.unwrap();
    }
    front.wait(30 * 60_000);
    assert!(!knows().await);
    // Signed out is out, at once.
    let member = member(front, "aud").await;
    let token = super::forms::form_token(front, &member).await;
    let out = member.in_browser(front).form("/sign-out", &[("form_token", &token)]).await;
    assert!(out.status == 303 && out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(member.in_browser(front).get("/").await.status, 303);
}

async fn member(front: &Front, id: &str) -> super::cast::Member {
    super::cast::Member { id: id.to_owned(), token: String::new(), cookie: front.sign_in(id).await }
}
