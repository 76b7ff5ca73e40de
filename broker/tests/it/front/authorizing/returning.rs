//! Which browser goes back, when, and with what, and where signing in on the way leads.

use super::{
    super::{
        cast::anonymous,
        clients::{of_sdk, register, text},
        support::{Front, on_each_front},
    },
    REDIRECT, Tab, address, asking, code, reading, redeem, redirects_to,
};
use serde_json::json;

on_each_front!(
    as7_a_denial_is_told_to_the_client,
    as10_only_the_browser_that_asked_goes_back,
    the_page_waits_and_goes_by_itself,
    a_request_that_lapses_goes_back_too,
    an_equal_ask_after_a_decision_is_a_request_of_its_own,
    signing_in_on_the_way_leads_there,
    a_client_may_ask_for_a_fresh_sign_in,
    as4_nobody_is_sent_where_the_client_no_longer_takes_answers,
    as4_a_client_that_changed_has_a_card_of_its_own,
);

async fn as7_a_denial_is_told_to_the_client(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, &asking(&reading())).await;
    let card = front.card(&front.approver, &request).await;
    let denial = json!({"request_digest": card.request_digest, "reason": "Not today"});
    let path = format!("/v1/inbox/{request}/deny");
    assert_eq!(front.approver.at(front).post(&path, &denial).await.status, 200);
    let answered = tab.go_back(front, &request).await;
    assert_eq!((answered.of("error"), answered.of("state")), ("access_denied", "st&te"));
    assert_eq!(answered.to, REDIRECT);
}

async fn as10_only_the_browser_that_asked_goes_back(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, &asking(&reading())).await;
    let back = format!("/requests/{request}/return");
    let pending = tab.open(front, &back).await;
    assert_eq!(pending.header("location"), format!("/requests/{request}"), "nobody decided yet");
    front.approve(&front.approver, &request).await;
    // Another browser of the same person, other people, and whoever took the cookie of the browser alone.
    let mut another = Tab::of(&front.owner);
    another.land(front, &asking(&json!([super::line("down", &["items.read"], None)]))).await;
    let mut of_others =
        [Tab::of(&front.owner), another, Tab::of(&front.approver), Tab::of(&front.other_owner)];
    for other in &mut of_others {
        assert_eq!(other.open(front, &back).await.status, 404);
    }
    let mut stolen = tab.clone();
    stolen.cookies.insert(super::COOKIE.to_owned(), front.approver.cookie.clone());
    assert_eq!(stolen.open(front, &back).await.status, 404);
    // The session may have been renewed meanwhile: it is the same browser with the same person.
    tab.cookies.insert(super::COOKIE.to_owned(), front.sign_in("otto").await);
    let code = tab.go_back(front, &request).await.code(front);
    assert_eq!(redeem(front, &front.agent, &code, &[]).await.status, 200);
    assert!(
        tab.open(front, &back).await.header("location").starts_with("/sessions/"),
        "it went back already"
    );
}

async fn the_page_waits_and_goes_by_itself(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, &asking(&reading())).await;
    let page = format!("/requests/{request}");
    let waits = tab.open(front, &page).await;
    assert_eq!(waits.header("refresh"), "5", "its person can only wait");
    assert!(waits.text().contains("app.example"), "as4: where it goes back to");
    let elsewhere = Tab::of(&front.approver).open(front, &page).await;
    assert_eq!(elsewhere.header("refresh"), "", "whoever decides came from nowhere");
    front.approve(&front.approver, &request).await;
    let goes = tab.open(front, &page).await;
    assert_eq!(goes.header("refresh"), format!("1; url={page}/return"));
    assert!(goes.text().contains(&format!("data-go=\"{page}/return\"")), "{}", goes.text());
}

async fn a_request_that_lapses_goes_back_too(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, &asking(&reading())).await;
    front.wait(600_001);
    broker::sweeper::sweep(&front.app).await.unwrap();
    let answered = tab.go_back(front, &request).await;
    assert_eq!(answered.of("error"), "access_denied");
    assert!(answered.of("error_description").contains("in time"), "{answered:?}");
}

async fn an_equal_ask_after_a_decision_is_a_request_of_its_own(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let (first, used) = code(front, &asking(&reading())).await;
    assert_eq!(redeem(front, &front.agent, &used, &[]).await.status, 200);
    let mut tab = Tab::of(&front.owner);
    let second = tab.land(front, &asking(&reading())).await;
    assert_ne!(first, second, "what was approved once is not given twice");
    // What waits still is one request, however often its address is opened.
    assert_eq!(tab.land(front, &asking(&reading())).await, second);
    front.approve(&front.approver, &second).await;
    let code = tab.go_back(front, &second).await.code(front);
    assert_eq!(redeem(front, &front.agent, &code, &[]).await.status, 200);
}

async fn signing_in_on_the_way_leads_there(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let mut nobody = Tab { cookies: std::collections::BTreeMap::new() };
    let wanted = address(&asking(&reading()));
    let first = nobody.open(front, &wanted).await;
    assert_eq!((first.status.as_u16(), first.header("location")), (303, "/sign-in"));
    let cookie = format!("__Host-countersign-next={}", nobody.cookies["__Host-countersign-next"]);
    let link = front.link("otto").await;
    let own = anonymous(front).header("sec-fetch-site", "same-origin").header("cookie", &cookie);
    let signed_in = own.form("/sign-in/link", &[("token", &link)]).await;
    assert_eq!((signed_in.status.as_u16(), signed_in.header("location")), (303, wanted.as_str()));
    let cookies: Vec<_> = signed_in.headers.get_all("set-cookie").iter().collect();
    assert!(
        cookies.iter().any(|it| it.to_str().unwrap().starts_with("__Host-countersign-next=; ")),
        "{cookies:?}"
    );
}

async fn a_client_may_ask_for_a_fresh_sign_in(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    front.wait(600_000);
    let mut tab = Tab::of(&front.owner);
    for (name, value) in [("prompt", "login"), ("max_age", "0"), ("max_age", "300")] {
        let params = super::with(asking(&reading()), name, Some(value));
        let wanted = address(&params);
        let first = tab.open(front, &wanted).await;
        assert_eq!((first.status.as_u16(), first.header("location")), (303, "/sign-in"), "{name}={value}");
        let mut fresh = tab.clone();
        fresh.cookies.insert(super::COOKIE.to_owned(), front.sign_in("otto").await);
        fresh.land(front, &params).await;
    }
    let young_enough = super::with(asking(&reading()), "max_age", Some("3600"));
    tab.land(front, &young_enough).await;
}

/// A public client that registered itself, what it asks, and how it says anew where its answers go.
async fn registered(front: &Front) -> (serde_json::Value, super::Params) {
    let mut metadata = of_sdk("A tool");
    metadata["redirect_uris"] = json!([REDIRECT]);
    let said = register(front, &metadata).await;
    let params = super::with(asking(&reading()), "client_id", Some(text(&said, "client_id")));
    (said, params)
}

async fn moves(front: &Front, said: &serde_json::Value, to: &str) {
    let mut metadata = of_sdk("A tool");
    metadata["redirect_uris"] = json!([to]);
    metadata["client_id"] = said["client_id"].clone();
    let path = format!("/oauth/register/{}", text(said, "client_id"));
    let asking = front.with(text(said, "registration_access_token"));
    let heard =
        asking.header("content-type", "application/json").send("PUT", &path, metadata.to_string()).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
}

async fn as4_nobody_is_sent_where_the_client_no_longer_takes_answers(front: &Front) {
    let (said, params) = registered(front).await;
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, &params).await;
    front.approve(&front.approver, &request).await;
    moves(front, &said, "https://elsewhere.example/callback").await;
    let heard = tab.open(front, &format!("/requests/{request}/return")).await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (422, ""), "{}", heard.text());
}

async fn as4_a_client_that_changed_has_a_card_of_its_own(front: &Front) {
    let (said, params) = registered(front).await;
    let first = Tab::of(&front.owner).land(front, &params).await;
    let elsewhere = "https://elsewhere.example/callback";
    moves(front, &said, elsewhere).await;
    let params = super::with(params, "redirect_uri", Some(elsewhere));
    let second = Tab::of(&front.owner).land(front, &params).await;
    assert_ne!(first, second, "its card shows where its answers go now");
    let page = Tab::of(&front.owner).open(front, &format!("/requests/{second}")).await.text();
    assert!(page.contains("elsewhere.example") && !page.contains("app.example"), "{page}");
}
