//! Somebody who lost every passkey comes back with a link and a code, to make a new one and nothing else.

use super::support::{HERE, codes_on, cookie_of, enrol, is_in, make};
use crate::{
    front::{
        cast::{Heard, Member, anonymous},
        forms::form_token,
        support::{Front, on_each_front},
    },
    support::{installation::slug, invariants::count, soft_passkey::SoftPasskey},
};
use broker::host::{self, Command, Reply};

on_each_front!(
    a_link_alone_is_not_enough_once_there_is_a_passkey,
    who_recovers_can_make_a_passkey_and_nothing_else,
    a_code_works_once_however_often_it_is_tried_at_once,
    the_last_code_brings_new_ones,
    the_host_removes_what_is_lost,
);

/// Uses a link with a code.
pub async fn recover(front: &Front, link: &str, code: &str) -> Heard {
    let own = anonymous(front).header("sec-fetch-site", "same-origin");
    own.form("/sign-in/link", &[("token", link), ("code", code)]).await
}

async fn a_link_alone_is_not_enough_once_there_is_a_passkey(front: &Front) {
    // A link of before ends with the first passkey.
    let early = front.link("ana").await;
    let holder = enrol(front, &front.approver, "").await;
    assert_eq!(recover(front, &early, "").await.status, 410);
    let link = front.link("ana").await;
    let own = || anonymous(front).header("sec-fetch-site", "same-origin");
    let page = own().get(&format!("/sign-in/link?t={link}")).await.text();
    assert!(page.contains("name=\"code\""), "{page}");
    let heard = own().form("/sign-in/link", &[("token", &link)]).await;
    assert_eq!(heard.status, 403, "{}", heard.text());
    for wrong in ["", "x", "0000-0000-0000-0000", &holder.codes[0][..18], &format!("{}0", holder.codes[0])] {
        let heard = recover(front, &link, wrong).await;
        assert_eq!(heard.status, 403, "{wrong}");
        assert!(heard.header("set-cookie").is_empty());
    }
    // None of it has used the link or a code up; and people type codes in their own way.
    let typed = holder.codes[0].to_lowercase().replace('-', " ");
    let heard = recover(front, &link, &typed).await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/me/recover"), "{}", heard.text());
    cookie_of(front, &heard);
    // Another person's code is none.
    enrol(front, &front.admin, "").await;
    let link = front.link("adm").await;
    assert_eq!(recover(front, &link, &holder.codes[1]).await.status, 403);
}

async fn who_recovers_can_make_a_passkey_and_nothing_else(front: &Front) {
    let holder = enrol(front, &front.admin, "Lost").await;
    let link = front.link("adm").await;
    let heard = recover(front, &link, &holder.codes[0]).await;
    let member = Member { cookie: cookie_of(front, &heard), ..holder.member.clone() };
    for page in ["/", "/sessions", "/me", "/me/passkeys/add", "/me/codes", "/stop-all", "/services"] {
        let heard = member.in_browser(front).get(page).await;
        assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/me/recover"), "{page}");
    }
    assert_eq!(member.in_browser(front).get("/events").await.status, 403);
    let page = member.in_browser(front).get("/me/recover").await;
    let token = super::support::Asked::on(&page, "/me/passkeys");
    let token = token.fields.iter().find(|it| it.0 == "form_token").unwrap().1.clone();
    let lost = format!("/me/passkeys/{}/remove", holder.soft.credential());
    for path in ["/stop-all", "/me/codes", "/me/prove", "/me/sessions/end-others", &lost] {
        let heard = member.in_browser(front).form(path, &[("form_token", &token)]).await;
        assert_eq!(heard.status, 403, "{path}");
    }
    // The person's other sessions go on until the new passkey is there.
    assert!(is_in(front, &holder.member).await);
    let mut soft = SoftPasskey::at(HERE);
    let heard = make(front, &member, &page, &mut soft, "New").await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/me"), "{}", heard.text());
    let now = Member { cookie: cookie_of(front, &heard), ..member.clone() };
    assert!(is_in(front, &now).await && !is_in(front, &holder.member).await);
    assert_eq!(member.in_browser(front).get("/me/recover").await.header("location"), "/sign-in");
    let form = [("form_token", form_token(front, &now).await)];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(now.in_browser(front).form(&lost, &form).await.status, 303, "the lost one is removed");
    let used = "SELECT COUNT(*) FROM audit WHERE kind = 'recovery_code.used' AND facts LIKE '%\"left\":9%'";
    assert_eq!(count(&front.app.store, used).await, 1);
}

async fn a_code_works_once_however_often_it_is_tried_at_once(front: &Front) {
    let holder = enrol(front, &front.approver, "").await;
    let mut links = Vec::new();
    for _ in 0..16 {
        links.push(front.link("ana").await);
    }
    let all = links.iter().map(|link| recover(front, link, &holder.codes[3]));
    let all = futures::future::join_all(all).await;
    let won: Vec<_> = all.iter().filter(|heard| heard.status == 303).collect();
    assert_eq!(won.len(), 1);
    cookie_of(front, won[0]);
    // A machine that hashes sixteen times at once may be too slow to record one of them: that is refused, too.
    let statuses: Vec<_> = all.iter().map(|heard| heard.status.as_u16()).collect();
    assert!(statuses.iter().all(|it| [303, 403, 410, 503].contains(it)), "{statuses:?}");
    let link = front.link("ana").await;
    assert_eq!(recover(front, &link, &holder.codes[3]).await.status, 403);
}

async fn the_last_code_brings_new_ones(front: &Front) {
    let holder = enrol(front, &front.approver, "").await;
    for (at, code) in holder.codes.iter().enumerate() {
        let link = front.link("ana").await;
        let heard = recover(front, &link, code).await;
        let member = Member { cookie: cookie_of(front, &heard), ..holder.member.clone() };
        if at == 9 {
            let page = member.in_browser(front).get("/me/recover").await;
            let heard = make(front, &member, &page, &mut SoftPasskey::at(HERE), "").await;
            assert_eq!(heard.status, 200, "{}", heard.text());
            assert_eq!(codes_on(front, &heard).len(), 10);
            cookie_of(front, &heard);
        }
    }
}

async fn the_host_removes_what_is_lost(front: &Front) {
    let holder = enrol(front, &front.approver, "Laptop").await;
    let list = Command::Passkeys { person: slug("ana") };
    let Reply::Passkeys { passkeys, codes_left } = host::handle(&front.app, list).await.unwrap() else {
        panic!("something else");
    };
    assert_eq!((passkeys.len(), codes_left), (1, 10));
    assert_eq!((passkeys[0].name.as_str(), passkeys[0].counts), ("Laptop", Some(true)));
    let nobody = Command::Passkeys { person: slug("nobody") };
    assert!(host::handle(&front.app, nobody).await.is_err());
    host::handle(&front.app, Command::RemovePasskeys { person: slug("ana") }).await.unwrap();
    assert!(!is_in(front, &holder.member).await);
    let link = front.link("ana").await;
    assert_eq!(
        recover(front, &link, &holder.codes[0]).await.header("location"),
        "/",
        "a link is enough again"
    );
    let removed = "SELECT COUNT(*) FROM audit WHERE kind = 'passkey.removed' AND actor LIKE '%host%'";
    assert_eq!(count(&front.app.store, removed).await, 1);
}
