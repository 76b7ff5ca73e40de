//! What stands on a card that takes a passkey, a second person, or a look at what happened before.

use super::{card, get, on_card};
use crate::fake::Fake;

#[tokio::test]
async fn who_has_approved_and_what_is_missing_stand_on_the_card() {
    let html = card(7, "").await;
    let card = on_card(&html);
    assert!(card.contains("Takes 2 people."), "{card}");
    assert!(card.contains("ana") && card.contains("approved exactly this") && card.contains("Looks right"));
    assert!(card.contains("Your approval completes it."));
    assert!(!on_card(&self::card(1, "").await).contains("Takes "), "one person is nothing to speak of");
}

#[tokio::test]
async fn the_consequences_stand_on_the_card_and_on_the_review() {
    for query in ["", "?line=1&action.1=issues.read&review=1"] {
        let html = card(7, query).await;
        let card = on_card(&html);
        assert!(card.contains("Covers 41 of 43 calls of 3 earlier sessions; 2 would be refused:"), "{card}");
        assert!(card.contains("close issues in acme/site") && card.contains("not granted there"));
        assert!(card.contains("Asks for the first time for") && card.contains("acme/docs"));
        assert!(card.contains("Was granted last time and never used"));
    }
    assert!(!on_card(&card(1, "").await).contains("class=\"earlier\""), "nothing is said where nothing was");
}

#[tokio::test]
async fn rs4_a_step_up_shows_what_is_held_and_what_is_added() {
    for query in ["", "?line=1&action.1=issues.read&review=1"] {
        let html = card(7, query).await;
        let card = on_card(&html);
        let (has, adds) = (card.find("Has already").unwrap(), card.find("Asks in addition for").unwrap());
        let (held, added) =
            (card.find("read issues in acme/site").unwrap(), card.find("read issues in acme/docs").unwrap());
        assert!(has < held && held < adds && adds < added, "{card}");
        assert!(card.contains("a session of its own, with its own end"), "{card}");
    }
    assert!(!on_card(&card(1, "").await).contains("step-up"), "nothing is said where nothing runs");
}

#[tokio::test]
async fn without_javascript_a_passkey_cannot_be_asked_and_deny_still_works() {
    let html = card(7, "?line=1&action.1=issues.read&review=1").await;
    assert!(html.contains("takes your passkey"), "{html}");
    assert!(!html.contains("id=\"approve\""), "a form that can only be refused");
    assert!(html.contains("/deny\""));
}

#[tokio::test]
async fn a_session_says_what_it_was_granted_and_never_used() {
    let (status, html) = get(Fake::default(), "/sessions/ses_0000000000000000000000000000000b").await;
    assert_eq!(status, 200);
    assert!(html.contains("data-used=\"2\"") && html.contains("never used: close issues"), "{html}");
}
