//! What stands on a card, and on an agent's page, of a client that a person brought along.

use super::{card, get, on_card};
use crate::fake::{Fake, keep::filled};
use web_ui::Language;

#[tokio::test]
async fn as4_a_known_client_is_shown_with_its_host_and_where_it_sends_people_back() {
    let html = card(12, "").await;
    let card = on_card(&html);
    assert!(
        card.contains("Known by") && card.contains("claude.ai") && card.contains("first seen today"),
        "{card}"
    );
    assert!(card.contains("You will be sent back to") && card.contains("localhost"));
    assert!(card.contains("It uses its token itself"));
    assert!(!card.contains("unverified") && !card.contains("any program here"), "its host vouches for it");
    assert!(
        !on_card(&self::card(1, "").await).contains("class=\"client"),
        "an agent of here is no such client"
    );
}

#[tokio::test]
async fn as4_a_client_that_nothing_vouches_for_is_shown_as_that() {
    for query in ["", "?line=1&action.1=issues.read&review=1"] {
        let html = card(13, query).await;
        let card = on_card(&html);
        assert!(card.contains("It registered itself:") && card.contains("its name is unverified"), "{card}");
        assert!(card.contains("3 minutes"), "{card}");
        assert!(card.contains("any program here can claim to be it"), "a warning where all is localhost");
        for twin in ["that of your agent", "and it is another", "a well-known product"] {
            assert!(card.contains(twin), "{twin}: {card}");
        }
    }
}

#[tokio::test]
async fn a_client_that_writes_html_is_text() {
    for path in ["/agents/brought-hostile", "/requests/req_0000000000000000000000000000000e"] {
        let (status, html) = get(Fake::default(), path).await;
        assert_eq!(status, 200);
        assert!(!html.contains("<script>alert(1)") && !html.contains("<a href=//evil"), "{path}");
        assert!(html.contains("&lt;script&gt;alert(1)"), "{path}");
    }
}

#[tokio::test]
async fn an_agent_that_was_brought_along_is_not_changed_here() {
    let (status, html) = get(Fake::default(), "/agents/brought").await;
    assert_eq!(status, 200);
    assert!(html.contains("It registered itself:") && html.contains("By the OAuth client"), "{html}");
    assert!(!html.contains("/agents/brought/secret") && !html.contains("/agents/brought/edit"));
    assert!(html.contains("/agents/brought/pause"), "it can be stopped");
    let (_, usual) = get(Fake::default(), "/agents/build-agent").await;
    assert!(
        usual.contains("name=\"redirect_uris\"") && usual.contains("https://build.example/callback"),
        "{usual}"
    );
    let (_, list) = get(Fake::default(), "/agents").await;
    assert!(list.contains("its name is unverified"));
}

#[tokio::test]
async fn it_is_said_in_german_too() {
    let german = Fake { language: Language::German, ..Fake::default() };
    let (_, html) = get(german, "/requests/req_0000000000000000000000000000000d").await;
    assert!(html.contains("Er hat sich selbst registriert:") && html.contains("localhost"), "{html}");
}

#[tokio::test]
async fn a_client_that_asks_wrongly_is_told_by_a_link_and_not_by_itself() {
    let asked = |word: &str| Fake { filled: filled(word), ..Fake::default() };
    let (status, html) = get(asked("asked-wrong"), "/oauth/refused").await;
    assert_eq!(status, 200);
    assert!(html.contains("nothing was granted") && html.contains("code_challenge is missing"), "{html}");
    assert!(html.contains("href=\"https://phish.example/?error=invalid_request\""), "{html}");
    assert!(html.contains("<bdi>Your bank</bdi>") && html.contains("<bdi>phish.example</bdi>"), "{html}");
    let (_, html) = get(asked("asked-hostile"), "/oauth/refused").await;
    assert!(!html.contains("<script>alert(1)") && html.contains("&lt;script&gt;alert(1)"), "{html}");
    assert_eq!(get(Fake::default(), "/oauth/refused").await.0, 404, "it is only ever an answer");
}
