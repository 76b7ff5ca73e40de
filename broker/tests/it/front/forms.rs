//! Deciding by plain HTML forms, and everything that must not pass for one.

use super::{
    cast::Member,
    support::{Front, line, on_each_front, wide},
};
use protocol::{RequestView, access::RequestStatus};

on_each_front!(
    a_person_narrows_reviews_and_approves_without_javascript,
    a_person_denies_with_a_word,
    a_form_from_elsewhere_does_nothing,
    a_form_token_belongs_to_one_session,
    a_click_faster_than_reading_does_nothing,
    what_is_stopped_by_a_form_says_what_it_stopped,
);

/// As long as a person looks at a page before posting its form, in milliseconds; what comes sooner is refused.
pub const READING: i64 = 1_000;

/// The fields of the form that posts to an address.
pub fn fields(html: &str, action: &str) -> Vec<(String, String)> {
    let marker = format!("action=\"{action}\"");
    let start = html.find(&marker).unwrap_or_else(|| panic!("no form for {action} in {html}"));
    let form = &html[start..][..html[start..].find("</form>").unwrap()];
    let inputs = form.split("<input").skip(1).map(|input| &input[..input.find('>').unwrap()]);
    let value = |input: &str, name: &str| {
        let from = input.split(&format!(" {name}=\"")).nth(1)?;
        Some(unescape(&from[..from.find('"')?]))
    };
    let unticked = |input: &str| input.contains("type=\"checkbox\"") && !input.contains(" checked");
    inputs
        .filter(|input| !unticked(input))
        .filter_map(|input| Some((value(input, "name")?, value(input, "value").unwrap_or_default())))
        .collect()
}

/// Text as it stood before it was put into HTML.
pub fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// What this person's forms carry now.
pub async fn form_token(front: &Front, person: &Member) -> String {
    let page = person.in_browser(front).get("/stop-all").await.text();
    let from = page
        .split("name=\"form_token\" value=\"")
        .nth(1)
        .unwrap_or_else(|| panic!("no form token in {page}"));
    from[..from.find('"').unwrap()].to_owned()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The review of a narrowed card, and the fields of its Approve.
async fn review(front: &Front, id: &str) -> Vec<(String, String)> {
    let query = "line=1&action.1=items.read&resource.1=acme&max_calls.1=3&duration=900&review=1";
    let page = front.approver.in_browser(front).get(&format!("/requests/{id}?{query}")).await;
    assert_eq!(page.status, 200);
    fields(&page.text(), &format!("/requests/{id}/approve"))
}

async fn status(front: &Front, id: &str) -> RequestView {
    front.agent.at(front).get(&format!("/v1/requests/{id}")).await.good()
}

async fn a_person_narrows_reviews_and_approves_without_javascript(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let id = asked.id.as_str();
    let page = front.approver.in_browser(front).get(&format!("/requests/{id}")).await.text();
    assert!(page.contains(&asked.matching_code) && page.contains("needs a passkey"), "{page}");
    let approve = review(front, id).await;
    front.wait(800);
    let path = format!("/requests/{id}/approve");
    let heard = front.approver.in_browser(front).form(&path, &borrowed(&approve)).await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, format!("/requests/{id}").as_str()));
    let view = status(front, id).await;
    assert_eq!(view.status, RequestStatus::Approved);
    let granted = view.granted.unwrap();
    let line = &granted.authorization_details[0];
    assert_eq!(
        (line.actions.as_slice(), line.limits.max_calls),
        (["items.read".to_owned()].as_slice(), Some(3))
    );
    assert_eq!((granted.ends_at - front.clock.now()).num_seconds(), 900);
    // Once more, by the back button: it was decided already.
    let again = front.approver.in_browser(front).form(&path, &borrowed(&approve)).await;
    assert_eq!(again.status, 409);
    assert!(again.text().contains("Already done"), "{}", again.text());
}

async fn a_person_denies_with_a_word(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let path = format!("/requests/{}/deny", asked.id);
    let page = front.approver.in_browser(front).get(&format!("/requests/{}", asked.id)).await.text();
    let mut deny = fields(&page, &path);
    deny.push(("reason".to_owned(), "Ask for one\u{202e} project".to_owned()));
    front.wait(800);
    assert_eq!(front.approver.in_browser(front).form(&path, &borrowed(&deny)).await.status, 303);
    let view = status(front, asked.id.as_str()).await;
    assert_eq!((view.status, view.reason.as_deref()), (RequestStatus::Denied, Some("Ask for one project")));
}

async fn a_form_from_elsewhere_does_nothing(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let id = asked.id.as_str();
    let path = format!("/requests/{id}/approve");
    let approve = review(front, id).await;
    front.wait(800);
    let good = "http://localhost:8420";
    let table = [
        (Some("cross-site"), None),
        (Some("same-site"), None),
        (Some("none"), None),
        (Some("Same-Origin"), None),
        (Some(""), Some(good)),
        (Some("cross-site"), Some(good)),
        (None, None),
        (None, Some("null")),
        (None, Some("http://localhost:3000")),
        (None, Some("http://localhost:84200")),
        (None, Some("http://localhost:8420.evil.example")),
        (None, Some("https://localhost:8420")),
    ];
    for (site, origin) in table {
        let mut asking = front.approver.with_cookie(front);
        asking = site.into_iter().fold(asking, |asking, site| asking.header("sec-fetch-site", site));
        asking = origin.into_iter().fold(asking, |asking, origin| asking.header("origin", origin));
        let heard = asking.form(&path, &borrowed(&approve)).await;
        assert_eq!(heard.status, 403, "{site:?} {origin:?}");
        assert_eq!(status(front, id).await.status, RequestStatus::Pending, "{site:?} {origin:?}");
    }
    // A browser too old for the one says the other.
    let heard =
        front.approver.with_cookie(front).header("origin", good).form(&path, &borrowed(&approve)).await;
    assert_eq!(heard.status, 303);
    assert_eq!(status(front, id).await.status, RequestStatus::Approved);
}

async fn a_form_token_belongs_to_one_session(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let id = asked.id.as_str();
    let path = format!("/requests/{id}/approve");
    let good = review(front, id).await;
    let others = form_token(front, &front.admin).await;
    front.wait(800);
    let own = good.iter().find(|(name, _)| name == "form_token").unwrap().1.clone();
    let (millis, tag) = own.split_once('.').unwrap();
    let earlier = format!("{}.{tag}", millis.parse::<i64>().unwrap() - 1);
    for token in ["", "1", ".", &others, &earlier, &format!("{own}0"), &own.to_uppercase()] {
        let bad: Vec<_> = good
            .iter()
            .map(|(name, value)| {
                if name == "form_token" {
                    (name.clone(), token.to_owned())
                } else {
                    (name.clone(), value.clone())
                }
            })
            .collect();
        let heard = front.approver.in_browser(front).form(&path, &borrowed(&bad)).await;
        assert_eq!(heard.status, 403, "{token}");
    }
    let without: Vec<_> = good.iter().filter(|(name, _)| name != "form_token").cloned().collect();
    assert_eq!(front.approver.in_browser(front).form(&path, &borrowed(&without)).await.status, 403);
    let mut twice = good.clone();
    twice.push(("form_token".to_owned(), own));
    assert_eq!(front.approver.in_browser(front).form(&path, &borrowed(&twice)).await.status, 422);
    assert_eq!(status(front, id).await.status, RequestStatus::Pending);
    // Two cookies of one name: one of them is somebody else's doing.
    let two = front.approver.in_browser(front).header("cookie", "__Host-countersign=csn_w_x");
    assert_eq!(two.form(&path, &borrowed(&good)).await.status, 401);
    assert_eq!(front.approver.in_browser(front).form(&path, &borrowed(&good)).await.status, 303);
}

async fn a_click_faster_than_reading_does_nothing(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let id = asked.id.as_str();
    let path = format!("/requests/{id}/approve");
    let approve = review(front, id).await;
    front.wait(799);
    let heard = front.approver.in_browser(front).form(&path, &borrowed(&approve)).await;
    assert_eq!(heard.status, 409);
    assert!(heard.text().contains("Too fast"), "{}", heard.text());
    assert_eq!(status(front, id).await.status, RequestStatus::Pending);
    front.wait(1);
    assert_eq!(front.approver.in_browser(front).form(&path, &borrowed(&approve)).await.status, 303);
}

async fn what_is_stopped_by_a_form_says_what_it_stopped(front: &Front) {
    let session =
        front.session(&[line("issues", &["items.read"], None), line("down", &["items.read"], None)]).await;
    let token = form_token(front, &front.owner).await;
    let page = format!("/sessions/{}", session.grant);
    let heard = front
        .owner
        .in_browser(front)
        .form(&format!("{page}/services/down/take-away"), &[("form_token", &token)])
        .await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, page.as_str()));
    let shown = front.owner.in_browser(front).get(&page).await.text();
    assert!(shown.contains("Stopped: 0 sessions, 1 session narrowed"), "{shown}");
    let heard = front.owner.in_browser(front).form(&format!("{page}/stop"), &[("form_token", &token)]).await;
    assert_eq!(heard.status, 303);
    let shown = front.owner.in_browser(front).get(&page).await.text();
    assert!(shown.contains("Stopped: 1 session,"), "{shown}");
    // It is said once.
    assert!(!front.owner.in_browser(front).get(&page).await.text().contains("Stopped: 1 session,"));
}
