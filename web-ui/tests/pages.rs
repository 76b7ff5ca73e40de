//! The pages as HTML: what must stand on them, and what must never.

#[path = "pages/before.rs"]
mod before;
#[path = "pages/clients.rs"]
mod clients;
#[path = "pages/decision.rs"]
mod decision;
mod fake;
#[path = "pages/keep.rs"]
mod keep;
mod languages;
#[path = "pages/me.rs"]
mod me;
#[path = "pages/tools.rs"]
mod tools;

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use fake::{Fake, sample::hostile};
use protocol::{digest::Digest, ids::RequestId};
use tower::ServiceExt;
use web_ui::{NoticeKind, PageNotice, Said};

const EVERY_PAGE: [&str; 48] = [
    "/activity",
    "/settings",
    "/system",
    "/system?checks=1",
    "/people",
    "/people/paul",
    "/people/eve",
    "/audit",
    "/audit?kind=call.refused&outcome=refused&since=2026-11-01",
    "/audit?who=NOBODY",
    "/audit/c0ffee00c0ffee00/3",
    "/",
    "/sessions",
    "/sessions?ended=1",
    "/services",
    "/stop-all",
    "/services/issue-tracker/revoke",
    "/me",
    "/me/passkeys/add",
    "/me/passkeys/one/remove",
    "/me/codes",
    "/me/recover",
    "/sign-in/link?t=recovers",
    "/services/new",
    "/services/new?kind=mcp",
    "/services/everything",
    "/services/everything/edit",
    "/services/everything-stdio/edit",
    "/services/everything/tool?name=write_file",
    "/services/everything/tool?name=gone",
    "/services/everything/results",
    "/connect?client=mcp",
    "/services/issue-tracker",
    "/services/issue-tracker/edit",
    "/services/issue-tracker/connect",
    "/connections/tracker-paul/reconnect",
    "/connections/tracker-paul/edit",
    "/connections/tracker-paul/remove",
    "/people/ana/decides",
    "/agents",
    "/agents/new",
    "/agents/build-agent",
    "/connect",
    "/search",
    "/search?q=issue",
    "/search?q=nowhere",
    "/docs",
    "/nowhere",
];

/// The other pages: of one thing, or for those who are not signed in.
fn more_pages() -> Vec<String> {
    let mut pages: Vec<String> =
        (1..=6).chain([15]).flat_map(|n| [request(n), format!("{}?review=1", request(n))]).collect();
    pages.extend([11, 12].map(|n: u32| format!("/sessions/ses_{n:032x}")));
    pages.extend(
        ["/sign-in", "/sign-in/link", "/sign-in/link?t=abc", "/set-up", "/problem"].map(str::to_owned),
    );
    pages
}

/// The status and the HTML of a page.
async fn get(fake: Fake, address: &str) -> (u16, String) {
    let request = Request::get(address).body(Body::empty()).expect("a request");
    let response = fake::pages(true, move || fake.clone()).oneshot(request).await.expect("an answer");
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a whole body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

fn request(number: u128) -> String {
    format!("/requests/{}", RequestId::from_u128(number))
}

/// The page of a request of the sample, and what the query adds.
async fn card(number: u128, query: &str) -> String {
    let (status, html) = get(Fake::default(), &format!("{}{query}", request(number))).await;
    assert_eq!(status, 200, "{html}");
    html
}

/// What stands on the card itself, without the island's own start data.
fn on_card(html: &str) -> &str {
    let start = html.find("<section class=\"card").expect("a card");
    let card = &html[start..];
    &card[..card.find("</section>").expect("its end")]
}

#[tokio::test]
async fn the_seven_answers_stand_on_the_card_in_order() {
    let html = card(1, "").await;
    let mut at = 0;
    for question in ["who", "ignore", "what", "worst", "long", "normal", "why"] {
        let found =
            html.find(&format!("data-q=\"{question}\"")).unwrap_or_else(|| panic!("{question} is missing"));
        assert!(found > at, "{question} is out of order");
        at = found;
    }
    assert!(at < html.find("id=\"narrow\"").unwrap(), "an answer stands below the lines");
}

#[tokio::test]
async fn no_page_has_an_inline_style_or_a_foreign_address() {
    let mut pages = EVERY_PAGE.map(str::to_owned).to_vec();
    pages.extend((1..=6).map(request));
    pages.push("/sessions/ses_0000000000000000000000000000000b".to_owned());
    for page in pages {
        let (_, html) = get(Fake::default(), &page).await;
        assert!(!html.contains(" style="), "{page}");
        for attribute in ["src=\"http", "href=\"http", "src=\"//", "href=\"//"] {
            assert!(!html.contains(attribute), "{page} has {attribute}");
        }
        assert!(html.contains("</html>"), "{page} is not whole");
    }
}

#[tokio::test]
async fn scripts_carry_the_nonce_of_the_policy() {
    let address = Request::get("/").body(Body::empty()).unwrap();
    let response = fake::pages(true, Fake::default).oneshot(address).await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let html = String::from_utf8(body.to_vec()).unwrap();
    let scripts: Vec<_> =
        html.split("<script").skip(1).map(|script| &script[..script.find('>').unwrap()]).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{script}");
    }
}

#[tokio::test]
async fn without_the_wasm_half_nothing_is_loaded_and_nothing_may_be() {
    let address = Request::get("/").body(Body::empty()).unwrap();
    let response = fake::pages(false, Fake::default).oneshot(address).await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(!policy.contains("connect-src") && !policy.contains("wasm"), "{policy}");
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let html = String::from_utf8(body.to_vec()).unwrap();
    assert!(!html.contains("<script src") && !html.contains("import(") && !html.contains("/pkg/"), "{html}");
    assert!(html.contains("__RESOLVED_RESOURCES=[];"), "a page carries data a second time: {html}");
}

#[tokio::test]
async fn hostile_words_stay_words() {
    let html = card(2, "").await;
    assert!(!html.contains("<script>alert"), "{html}");
    assert!(!html.contains("<a href=//evil.example"));
    assert!(!html.contains("<b>Approved by your admin"));
    let escaped = hostile().replace('<', "&lt;").replace('>', "&gt;");
    let card = on_card(&html);
    assert_eq!(card.matches(&format!("<bdi>{escaped}</bdi>")).count(), 2, "{card}");
    assert!(card.contains("3 invisible characters"));
    assert!(
        card.find("data-q=\"why\"") > card.find("data-q=\"worst\""),
        "the agent's words stand above the facts"
    );
}

#[tokio::test]
async fn a_name_in_the_title_of_the_tab_stays_a_name() {
    let (_, html) = get(Fake::default(), "/people/eve").await;
    let title = html.split("<title>").nth(1).and_then(|it| it.split("</title>").next()).expect("a title");
    assert!(title.starts_with("&lt;/bdi&gt;&lt;script&gt;") && !title.contains('<'), "{title}");
    assert!(!html.contains("<script>alert") && !html.contains("<b>Approved by"), "{html}");
}

#[tokio::test]
async fn before_a_review_there_is_no_approve_without_javascript() {
    let html = card(1, "").await;
    let card = on_card(&html);
    assert!(!card.contains("/approve\""), "{card}");
    assert!(card.contains("form=\"narrow\"") && card.contains("name=\"review\""));
    assert!(card.contains("method=\"get\""));
}

#[tokio::test]
async fn a_review_carries_the_digests_and_its_narrowing() {
    let query = "?line=1&action.1=issues.read&resource.1=acme/site&max_calls.1=5&duration=900&review=1";
    let html = card(1, query).await;
    let card = on_card(&html);
    let approve = &card[card.find("id=\"approve\"").expect("an approve form")..];
    for (name, value) in [
        ("form_token", "form-token".to_owned()),
        ("request_digest", Digest::from_bytes(&[1; 32]).to_string()),
        ("grant_digest", Digest::from_bytes(&[3; 32]).to_string()),
        ("line", "1".to_owned()),
        ("action.1", "issues.read".to_owned()),
        ("resource.1", "acme/site".to_owned()),
        ("max_calls.1", "5".to_owned()),
        ("duration", "900".to_owned()),
    ] {
        assert!(approve.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name} in {approve}");
    }
    assert!(!approve.contains("issues.comment") && !approve.contains("acme/docs"), "{approve}");
    let narrowed = &card[..card.find("id=\"deny\"").unwrap()];
    assert!(!narrowed.contains("type=\"checkbox\""), "a review has no ticks: {card}");
    assert!(card.contains(&format!("{}?line=1&amp;action.1=issues.read", request(1))), "no way back: {card}");
}

#[tokio::test]
async fn an_added_condition_stays_in_the_form_and_in_the_approval() {
    let condition = r#"{"at":"path.issue","test":{"at_most":9}}"#;
    let sent = condition.replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
    let field = format!("name=\"condition.1\" value=\"{}\"", condition.replace('"', "&quot;"));
    for rest in ["", "&review=1"] {
        let html = card(1, &format!("?line=1&action.1=issues.read&condition.1={sent}{rest}")).await;
        let form = if rest.is_empty() { "id=\"narrow\"" } else { "id=\"approve\"" };
        let form = &on_card(&html)[on_card(&html).find(form).expect("the form")..];
        assert!(form[..form.find("</form>").unwrap()].contains(&field), "{form}");
    }
}

#[tokio::test]
async fn a_review_of_nothing_cannot_be_approved() {
    let html = card(1, "?line=1&review=1").await;
    let approve = &html[html.find("id=\"approve\"").expect("an approve form")..];
    assert!(html.contains("Nothing is ticked."));
    let button = &approve[approve.find("<button").unwrap()..];
    assert!(button[..button.find('>').unwrap()].contains(" disabled"), "{button}");
}

#[tokio::test]
async fn a_delete_is_shown_disabled_with_its_reason() {
    let html = card(1, "").await;
    let line = html.split("<li").find(|li| li.contains("delete issues")).expect("the delete line");
    assert!(line.contains("disabled") && line.contains("needs a passkey"), "{line}");
    assert!(!line.contains("name=\"action"), "a disabled tick must not be posted: {line}");
}

#[tokio::test]
async fn deny_stands_left_of_approve_in_every_state() {
    for query in ["", "?line=1&action.1=issues.read&review=1"] {
        let html = card(1, query).await;
        let deny = html.find("Deny…").expect("deny");
        let go = html.find("class=\"b go").expect("a button to go on");
        assert!(deny < go, "{query}");
    }
}

#[tokio::test]
async fn settled_and_foreign_requests_have_no_buttons() {
    for (number, words) in
        [(3, "Denied. Build agent can do nothing new."), (4, "You can see this, but can’t approve it.")]
    {
        let html = card(number, "?review=1").await;
        let card = on_card(&html);
        assert!(card.contains(words), "{card}");
        assert!(number == 4 || !card.contains("granted:"), "a denied request shows verdicts: {card}");
        assert!(
            !card.contains("/approve\"") && !card.contains("/deny\"") && !card.contains("checkbox"),
            "{card}"
        );
    }
}

#[tokio::test]
async fn an_expired_request_says_that_nothing_was_granted() {
    let html = card(5, "?review=1").await;
    assert!(html.contains("Expired. Nothing was granted."));
    let approve = &html[html.find("id=\"approve\"").unwrap()..];
    assert!(approve[approve.find("<button").unwrap()..].contains(" disabled"));
}

#[tokio::test]
async fn an_account_is_never_chosen_by_default() {
    let html = card(6, "").await;
    let card = on_card(&html);
    let select = &card[card.find("<select").expect("a choice")..];
    let first = &select[select.find("<option").unwrap()..];
    assert!(
        first[..first.find('>').unwrap()].contains("value=\"\"") && first.starts_with("<option"),
        "{first}"
    );
    assert!(first[..first.find('>').unwrap()].contains("selected"));
    assert_eq!(select[..select.find("</select>").unwrap()].matches("selected").count(), 1);
}

#[tokio::test]
async fn every_post_carries_the_form_token() {
    let mut pages = EVERY_PAGE.map(str::to_owned).to_vec();
    pages.push(request(1));
    pages.push(format!("{}?review=1", request(1)));
    pages.push("/sessions/ses_0000000000000000000000000000000b".to_owned());
    pages.push("/sign-in/link?t=abc".to_owned());
    let mut posts = 0;
    for page in pages {
        let (_, html) = get(Fake::default(), &page).await;
        for form in html.split("<form").skip(1) {
            let form = &form[..form.find("</form>").unwrap()];
            if form.contains("method=\"post\"") {
                posts += 1;
                assert!(form.contains("name=\"form_token\" value=\"form-token\""), "{page}: {form}");
            }
        }
    }
    assert!(posts > 15, "{posts}");
}

#[tokio::test]
async fn missing_things_are_404_and_say_that_nothing_happened() {
    for page in ["/nowhere", "/requests/req_1", &request(99), "/services/none/revoke"] {
        let (status, html) = get(Fake::default(), page).await;
        assert_eq!(status, 404, "{page}");
        assert!(html.contains("Nothing was granted"), "{page}");
    }
}

#[tokio::test]
async fn an_unreadable_narrowing_is_said_and_not_reviewed() {
    let html = card(1, "?line=x&review=1").await;
    assert!(html.contains("could not be read"));
    assert!(!on_card(&html).contains("/approve\""));
}

#[tokio::test]
async fn the_inbox_counts_in_title_and_navigation_and_helps_when_empty() {
    let (_, html) = get(Fake::default(), "/").await;
    assert!(html.contains("<title>(2) Inbox · Countersign</title>"), "{html}");
    assert!(html.contains("data-waiting=\"2\""));
    assert!(html.contains("Waits for somebody else."));
    let (_, html) = get(Fake { empty: true, ..Fake::default() }, "/").await;
    assert!(html.contains("Nothing waits for you.") && !html.contains("data-waiting"));
}

#[tokio::test]
async fn notices_and_the_banner_are_on_the_page_as_text() {
    let notice = PageNotice {
        kind: NoticeKind::Problem,
        said: Said::English("Nothing was granted: <b>changed</b>".to_owned()),
        request_id: Some("0193a5".to_owned()),
    };
    let fake =
        Fake { notice: Some(notice), banner: Some("The vault is sealed.".to_owned()), ..Fake::default() };
    let (_, html) = get(fake, "/").await;
    assert!(html.contains("Nothing was granted: &lt;b&gt;changed&lt;/b&gt;") && html.contains("0193a5"));
    assert!(html.contains("The vault is sealed.") && html.contains("href=\"#banner\""));
}

#[tokio::test]
async fn revoking_says_the_exact_count() {
    let (_, html) = get(Fake::default(), "/services/issue-tracker/revoke").await;
    assert!(html.contains("2 live sessions lose it at once."), "{html}");
    let (_, html) = get(Fake::default(), "/stop-all").await;
    assert!(html.contains("Stop 1 live session") && html.contains("Data helper"));
}

#[tokio::test]
async fn what_a_timeline_leaves_out_is_said() {
    let page = |number: u32| format!("/sessions/ses_{number:032x}");
    let (_, html) = get(Fake::default(), &page(12)).await;
    let left_out = html.split("id=\"left-out\"").nth(1).unwrap();
    assert!(left_out.contains("These are the newest records."), "{html}");
    assert!(
        left_out.contains("Records up to <time datetime=\"20") && left_out.contains("moved out by retention")
    );
    let (_, whole) = get(Fake::default(), &page(11)).await;
    assert!(!whole.contains("retention") && !whole.contains("newest records"), "{whole}");
    let (_, list) = get(Fake::default(), "/sessions?ended=1").await;
    assert!(list.matches("14 calls · 1 refused · perhaps more: records up to ").count() == 1, "{list}");
    // What was never granted has no calls to count.
    assert_eq!(list.matches("retention").count(), 1);
    let (_, live) = get(Fake::default(), "/sessions").await;
    assert!(!live.contains("retention"), "{live}");
}
