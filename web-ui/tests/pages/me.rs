//! The viewer's own page, signing in, and every form that asks for a passkey.

use super::{
    fake::{Fake, Standing},
    get,
};

/// A page as somebody sees it.
async fn seen(fake: Fake, address: &str) -> String {
    let (status, html) = get(fake, address).await;
    assert_eq!(status, 200, "{address}: {html}");
    html
}

#[tokio::test]
async fn a_form_for_a_passkey_carries_what_the_browser_is_asked() {
    for (address, action, kind) in [
        ("/me/passkeys/add", "/me/prove", "ask"),
        ("/me/passkeys/one/remove", "/me/passkeys/one/remove", "ask"),
        ("/me/codes", "/me/codes", "ask"),
        ("/stop-all", "/stop-all", "ask"),
        ("/me/recover", "/me/passkeys", "make"),
    ] {
        let html = seen(Fake::default(), address).await;
        let form = html.split("<form").find(|form| form.contains(&format!("action=\"{action}\""))).unwrap();
        assert!(form.contains(&format!("data-passkey=\"{kind}\"")), "{address}: {form}");
        for part in [
            "data-options=\"{&quot;challenge&quot;",
            "name=\"nonce\" value=\"nonce\"",
            "name=\"answer\"",
            "<noscript>",
        ] {
            assert!(form.contains(part), "{address} lacks {part}: {form}");
        }
    }
    // Who has proved it lately is not asked again.
    let html = seen(Fake { standing: Standing::Proved, ..Fake::default() }, "/stop-all").await;
    assert!(!html.contains("data-passkey"), "{html}");
    let html = seen(Fake { standing: Standing::Proved, ..Fake::default() }, "/me/passkeys/add").await;
    assert!(html.contains("data-passkey=\"make\""), "{html}");
}

#[tokio::test]
async fn a_person_sees_their_passkeys_codes_and_sessions() {
    let html = seen(Fake::default(), "/me").await;
    for part in [
        "Laptop",
        "synced to your other devices",
        "Not enrolled by this broker",
        "codes left.",
        "You have few",
        "Safari, iPhone",
        "Unknown device",
        "This one",
        "/me/sessions/b/end",
        "End all others",
        "decides on requests for shared accounts",
        "person-token paul",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("<script>alert"), "{html}");
    assert!(!html.contains("/me/sessions/a/end"), "the session that looks ends by signing out");
    let html = seen(Fake { empty: true, ..Fake::default() }, "/me").await;
    assert!(
        html.contains("You have none yet")
            && !html.contains("codes left")
            && !html.contains("End all others")
    );
}

#[tokio::test]
async fn new_codes_are_shown_and_nothing_else_holds_them() {
    let html = seen(Fake { standing: Standing::MadeCodes, ..Fake::default() }, "/me/codes").await;
    assert_eq!(html.matches("<li><code>AB").count(), 10);
    assert!(!seen(Fake::default(), "/me/codes").await.contains("AB1D-"));
}

#[tokio::test]
async fn signing_in_offers_a_passkey_first_and_a_link_says_what_it_does() {
    let out = || Fake { signed_out: true, ..Fake::default() };
    let (_, html) = get(out(), "/sign-in").await;
    assert!(html.find("/sign-in/passkey").unwrap() < html.find("sign-in-link NAME").unwrap());
    let (_, html) = get(Fake { empty: true, ..out() }, "/sign-in").await;
    assert!(!html.contains("/sign-in/passkey"), "there can be none here: {html}");
    let (_, html) = get(out(), "/sign-in/link?t=plain").await;
    assert!(html.contains("signs you in on this device") && !html.contains("name=\"code\""), "{html}");
    let (_, html) = get(out(), "/sign-in/link?t=recovers").await;
    assert!(html.contains("does not sign you in") && html.contains("name=\"code\""), "{html}");
}

#[tokio::test]
async fn who_recovers_sees_nothing_but_how() {
    let html = seen(Fake { standing: Standing::Recovers, ..Fake::default() }, "/me/recover").await;
    assert!(!html.contains("<nav") && !html.contains("/stop-all") && html.contains("/sign-out"), "{html}");
}
