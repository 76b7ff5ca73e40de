//! The pages of services, agents and connecting, in every state.

use super::{
    fake::{Fake, Standing, keep::filled},
    get,
};
use web_ui::Language;

fn posted(word: &str) -> Fake {
    Fake { filled: filled(word), ..Fake::default() }
}

async fn page(fake: Fake, address: &str) -> String {
    let (status, html) = get(fake, address).await;
    assert_eq!(status, 200, "{address}: {html}");
    assert!(!html.contains('⟦'), "{address} lacks a text");
    // What separates two pieces of text is no part of it.
    html.replace("<!>", "")
}

#[tokio::test]
async fn services_say_how_each_account_stands() {
    let html = page(Fake::default(), "/services").await;
    assert!(html.contains("/services/issue-tracker\"") && html.contains("last used 2 h ago"), "{html}");
    assert!(html.contains("works") && html.contains("needs its secret") && html.contains("no account"));
    assert!(html.contains("href=\"/services/new\""));
    let html = page(Fake { plain: true, ..Fake::default() }, "/services").await;
    assert!(!html.contains("/services/new"), "only who keeps services adds one");
    for (plain, how) in [(false, "countersign-broker apply"), (true, "An admin of this installation")] {
        let html = page(Fake { empty: true, plain, ..Fake::default() }, "/services").await;
        assert!(html.contains("No service is connected.") && html.contains(how), "{html}");
    }
}

#[tokio::test]
async fn a_service_shows_granted_against_used() {
    let html = page(Fake::default(), "/services/issue-tracker").await;
    for words in ["https://issue-tracker.example", "Personal to", "Shared: ", "Secret version 3", "GET /user"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    let unused = html.matches("not used in 30 days").count();
    let rows = html.matches("<tr>").count() - 1;
    assert_eq!(unused, rows - 1, "all but one are not used");
    assert!(
        html.contains("/services/issue-tracker/revoke") && html.contains("/connections/tracker-paul/test")
    );
    let html = page(Fake { plain: true, ..Fake::default() }, "/services/issue-tracker").await;
    assert!(!html.contains("/services/issue-tracker/edit"), "{html}");
    let html = page(Fake::default(), "/services/wiki").await;
    assert!(
        html.contains("It is blocked")
            && html.contains("/services/wiki/unblock")
            && html.contains("private addresses")
    );
    assert!(html.contains("No account yet"));
    assert_eq!(get(Fake::default(), "/services/none").await.0, 404);
}

#[tokio::test]
async fn a_form_comes_back_as_it_was_typed_with_what_is_wrong_beside_it() {
    let html = page(posted("wrong"), "/services/issue-tracker/edit").await;
    assert!(html.contains("Nothing was saved."));
    let origin = html.split("id=\"f-origin\"").nth(1).expect("the field");
    let origin = &origin[..origin.find("</div>").unwrap()];
    assert!(
        origin.contains("aria-invalid=\"true\"") && origin.contains("must start with https://"),
        "{origin}"
    );
    assert!(html.contains("value=\"https://issue-tracker.example\""));
    assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert"), "{html}");
    // Enter looks at what it does, and takes nothing away.
    let form = &html[html.find("action=\"/services/issue-tracker/edit\"").unwrap()..];
    let first = form.find("<button").unwrap();
    assert!(
        form[first..].starts_with("<button name=\"do\" value=\"review\" tabindex=\"-1\""),
        "{}",
        &form[first..first + 90]
    );
}

#[tokio::test]
async fn a_review_says_exactly_what_it_does_and_asks_for_the_secrets() {
    let html = page(posted("review"), "/services/issue-tracker/edit").await;
    assert!(html.contains("3 live sessions lose it"), "{html}");
    assert!(
        html.contains("origin: https://a.example → https://b.example") && html.contains(&"ab".repeat(32))
    );
    let secret = html.split("id=\"f-secret-tracker-paul\"").nth(1).expect("its field");
    let secret = &secret[..secret.find('>').unwrap()];
    assert!(html.contains("type=\"password\"") && secret.contains("autocomplete=\"off\""), "{secret}");
    assert!(!secret.contains("value="), "{secret}");
    assert!(html.contains("name=\"do\" value=\"save\"") && !html.contains("<script>alert"));
}

#[tokio::test]
async fn who_was_overtaken_is_told_what_differs() {
    let html = page(posted("overtaken"), "/services/issue-tracker/edit").await;
    assert!(html.contains("Somebody else saved it while you worked."));
    assert!(html.contains("title: Tracker → Issue tracker"));
}

#[tokio::test]
async fn a_new_service_begins_with_the_catalogue_or_empty() {
    let html = page(Fake::default(), "/services/new").await;
    assert!(html.contains("/services/new?from=github") && html.contains("12 actions"));
    assert!(html.contains("name=\"id\"") && html.contains("name=\"path.0\""));
    let html = page(Fake::default(), "/services/issue-tracker/edit").await;
    assert!(!html.contains("name=\"id\"") && html.contains("name=\"version\" value=\"4\""));
}

#[tokio::test]
async fn connecting_never_chooses_who_approves() {
    let html = page(proved(), "/services/issue-tracker/connect").await;
    assert_eq!(html.matches("name=\"whose\"").count(), 2);
    let whose = html.split("name=\"whose\"").skip(1).map(|it| &it[..it.find('>').unwrap()]);
    assert!(whose.clone().all(|it| !it.contains("checked")), "{:?}", whose.collect::<Vec<_>>());
    assert!(
        html.contains("name=\"approver\" value=\"ana\"")
            && !html.contains("name=\"approver\" value=\"paul\"")
    );
    let html = page(proved(), "/connections/tracker-paul/reconnect").await;
    assert!(html.contains("type=\"password\"") && html.contains("name=\"version\" value=\"3\""), "{html}");
    assert_eq!(get(Fake::default(), "/connections/none/reconnect").await.0, 404);
}

fn proved() -> Fake {
    Fake { standing: Standing::Proved, ..Fake::default() }
}

#[tokio::test]
async fn a_passkey_is_asked_before_a_secret_is_typed() {
    for address in ["/services/issue-tracker/connect", "/connections/tracker-paul/reconnect"] {
        let html = page(Fake::default(), address).await;
        assert!(html.contains("action=\"/me/prove\"") && html.contains("data-passkey=\"ask\""), "{html}");
        assert!(html.contains(&format!("name=\"next\" value=\"{address}\"")), "{html}");
        assert!(!html.contains("name=\"secret\""), "{html}");
    }
}

#[tokio::test]
async fn a_form_that_waits_for_a_passkey_keeps_what_was_typed() {
    let html = page(posted("prove"), "/me/prove").await;
    assert!(
        html.contains("action=\"/services/github/connect\"") && html.contains("About the service github")
    );
    assert!(html.contains("type=\"hidden\" name=\"account\"") && !html.contains("<script>alert"), "{html}");
    assert!(html.contains("you enter it again") && html.contains("this passkey is not known here"));
    assert_eq!(get(Fake::default(), "/me/prove").await.0, 404, "nothing waits");
}

#[tokio::test]
async fn a_review_says_who_is_left_to_decide() {
    for address in ["/connections/tracker-paul/edit", "/people/ana/decides"] {
        let html = page(posted("effects"), address).await;
        assert!(html.contains("Nobody could decide about"), "{html}");
        assert!(html.contains("could then decide as an approver about the agent"), "{html}");
        assert!(html.contains("name=\"approver\" value=\"ana\"") && html.contains("value=\"save\""));
        assert!(!html.contains("<script>alert") && !html.contains("sessions lose it"), "{html}");
    }
}

#[tokio::test]
async fn an_account_is_removed_after_saying_what_ends() {
    let html = page(Fake::default(), "/connections/tracker-paul/remove").await;
    assert!(html.contains("2 live sessions lose its service.") && html.contains("1 request"), "{html}");
    assert!(html.contains("name=\"seen\"") && html.contains("cannot be used again"), "{html}");
    assert_eq!(get(Fake::default(), "/connections/none/remove").await.0, 404);
    let html = page(Fake::default(), "/connections/tracker-paul/edit").await;
    assert!(html.contains("belongs to") && !html.contains("name=\"approver\""), "a personal one has one");
}

#[tokio::test]
async fn agents_show_their_trust_and_who_may_lift_what() {
    let html = page(Fake::default(), "/agents").await;
    for words in ["known", "new", "paused", "cooling down until", "not seen yet", "last seen 3 min ago"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let html = page(Fake::default(), "/agents/paused").await;
    assert!(html.contains("/agents/paused/resume") && !html.contains("/agents/paused/pause"), "{html}");
    let html = page(Fake { plain: true, ..Fake::default() }, "/agents/paused").await;
    assert!(!html.contains("/agents/paused/resume") && html.contains("Only an admin can let it ask again."));
    let html = page(Fake::default(), "/agents/build-agent").await;
    assert!(html.contains("Asked for 9 actions, granted 5,") && html.contains("Secret number 2"), "{html}");
    let html = page(Fake { empty: true, ..Fake::default() }, "/agents").await;
    assert!(html.contains("There is no agent yet.") && html.contains("/agents/new"));
    assert_eq!(get(Fake::default(), "/agents/none").await.0, 404);
}

#[tokio::test]
async fn a_secret_is_shown_on_the_page_that_answers_and_on_no_other() {
    let secret = "csn_a_0000000000000000000000000000000000000000000";
    let html = page(posted("once"), "/agents/build-agent").await;
    assert_eq!(html.matches(secret).count(), 1);
    assert!(!page(Fake::default(), "/agents/build-agent").await.contains(secret));
}

#[tokio::test]
async fn connecting_has_this_brokers_address_and_waits() {
    let html = page(Fake::default(), "/connect?agent=nightly").await;
    assert!(html.contains("export COUNTERSIGN_URL=https://countersign.example"), "{html}");
    assert!(html.contains("COUNTERSIGN_AGENT_KEY_FILE=nightly.pem"), "it has no secret");
    assert!(html.contains("Waiting for the first request of") && html.contains("http-equiv=\"refresh\""));
    let html = page(Fake::default(), "/connect?agent=build-agent&client=coding").await;
    assert!(html.contains("is connected:") && !html.contains("http-equiv=\"refresh\""), "{html}");
    assert!(html.contains("see “MCP client”"));
    let html = page(Fake::default(), "/connect?agent=cooling").await;
    assert!(
        html.contains("has come:") && html.contains("http-equiv=\"refresh\""),
        "asked, but called nothing: {html}"
    );
    for client in ["command", "http", "rust", "nonsense"] {
        let html = page(Fake::default(), &format!("/connect?agent=build-agent&client={client}")).await;
        assert!(html.contains("countersign.example") && html.contains("class=\"copy\""), "{client}");
    }
    let html = page(Fake { empty: true, ..Fake::default() }, "/connect").await;
    assert!(html.contains("There is no agent to connect."));
}

#[tokio::test]
async fn hostile_names_stay_names_everywhere() {
    for address in [
        "/services",
        "/services/hostile",
        "/services/hostile/edit",
        "/agents",
        "/agents/hostile",
        "/connect?agent=hostile",
    ] {
        let html = page(Fake::default(), address).await;
        assert!(!html.contains("<script>alert") && !html.contains("<a href=//evil"), "{address}");
        assert!(html.contains("&lt;script&gt;alert(1)"), "{address}: {html}");
    }
}

#[tokio::test]
async fn every_page_speaks_german() {
    for address in [
        "/services",
        "/services/wiki",
        "/services/new",
        "/services/issue-tracker/edit",
        "/services/issue-tracker/connect",
        "/connections/tracker-paul/reconnect",
        "/connections/tracker-paul/edit",
        "/connections/tracker-paul/remove",
        "/people/ana/decides",
        "/people/ana",
        "/agents",
        "/agents/new",
        "/agents/build-agent",
        "/agents/cooling",
        "/connect?agent=nightly",
        "/connect?client=coding",
        "/docs",
    ] {
        let html = page(Fake { language: Language::German, ..Fake::default() }, address).await;
        assert!(html.contains("<html lang=\"de\"") && html.contains("Dienste"), "{address}");
    }
}

#[tokio::test]
async fn the_api_is_on_a_page_of_its_own() {
    let html = page(Fake::default(), "/docs").await;
    for words in
        ["/v1/requests", "What agents do", "What people do, by token", "AccessRequest", "/docs/agent"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("Everything else"), "a family without operations is left out");
}

#[tokio::test]
async fn the_search_finds_by_name_and_leads_to_ids() {
    let html = page(Fake::default(), "/search?q=ISSUE").await;
    assert!(html.contains("href=\"/services/issue-tracker\""), "{html}");
    let html = page(Fake::default(), "/search?q=build").await;
    assert!(html.contains("href=\"/agents/build-agent\""), "{html}");
    let id = format!("ses_{:032x}", 11);
    let html = page(Fake::default(), &format!("/search?q={id}")).await;
    assert!(html.contains(&format!("href=\"/sessions/{id}\"")), "{html}");
    let html = page(Fake::default(), "/search?q=%3Cb%3Enowhere").await;
    assert!(html.contains("Nothing has <bdi>&lt;b&gt;nowhere</bdi> in its name"), "{html}");
}
