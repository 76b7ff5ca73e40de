//! What is refused at the authorization endpoint, and who is told: the client, unless it is unclear who that is.

use super::{
    super::{
        cast::anonymous,
        support::{Front, on_each_front},
    },
    Answered, Params, REDIRECT, Tab, address, asking, reading, redirects_to, with,
};
use serde_json::{Value, json};

on_each_front!(
    as6_a_redirect_uri_that_is_nearly_right_leads_nowhere,
    as6_loopback_takes_any_port,
    who_asks_must_be_clear,
    as7_every_other_fault_is_told_to_the_client,
    authorization_details_are_judged_whole,
    only_the_owner_of_an_agent_sends_it_off,
    nobody_is_sent_on_to_a_client_that_they_have_not_met,
    whoever_asks_too_often_is_told_to_wait,
);

/// It led nowhere, nobody was asked, and the page says so.
async fn leads_nowhere(front: &Front, address: &str) {
    let heard = Tab::of(&front.owner).open(front, address).await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (422, ""), "{address}");
    assert!(heard.text().contains("nothing was granted"), "{}", heard.text());
    assert!(!heard.headers.contains_key("refresh"));
}

async fn asked_nobody(front: &Front) {
    let waiting: Value = front.owner.at(front).get("/v1/inbox").await.good();
    assert_eq!(waiting["waiting"], json!([]));
}

async fn as6_a_redirect_uri_that_is_nearly_right_leads_nowhere(front: &Front) {
    redirects_to(
        front,
        &[
            REDIRECT,
            "https://app.example/other?tenant=a",
            "http://127.0.0.1:3334/cb",
            "http://[::1]/cb",
            "http://localhost:8123/cb?x=1",
        ],
    )
    .await;
    let near: Vec<String> = serde_json::from_str(include_str!("../../../data/near_misses.json")).unwrap();
    assert!(near.len() >= 40);
    for uri in &near {
        leads_nowhere(front, &address(&with(asking(&reading()), "redirect_uri", Some(uri)))).await;
    }
    // Of several none is meant by saying none.
    leads_nowhere(front, &address(&with(asking(&reading()), "redirect_uri", None))).await;
    asked_nobody(front).await;
}

async fn as6_loopback_takes_any_port(front: &Front) {
    redirects_to(front, &["http://127.0.0.1:3334/cb"]).await;
    let mut tab = Tab::of(&front.owner);
    let uri = "http://127.0.0.1:50123/cb";
    let request = tab.land(front, &with(asking(&reading()), "redirect_uri", Some(uri))).await;
    front.approve(&front.approver, &request).await;
    let answered = tab.go_back(front, &request).await;
    assert_eq!(answered.to, uri);
    assert!(!answered.of("code").is_empty());
}

async fn who_asks_must_be_clear(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let twice = |name: &'static str| {
        let mut params = asking(&reading());
        let value = params.iter().find(|(given, _)| *given == name).unwrap().1.clone();
        params.push((name, value));
        address(&params)
    };
    let client = |id: Option<&str>| address(&with(asking(&reading()), "client_id", id));
    for address in [
        "/oauth/authorize".to_owned(),
        twice("client_id"),
        twice("redirect_uri"),
        client(None),
        client(Some("")),
        client(Some("nobody")),
        client(Some("direct")),
        client(Some("helper ")),
        client(Some("HELPER")),
        client(Some("csn_c_x")),
        client(Some(&"x".repeat(3_000))),
        client(Some("javascript:alert(1)")),
    ] {
        leads_nowhere(front, &address).await;
    }
    asked_nobody(front).await;
}

/// What the client is told; nobody was asked.
async fn told(front: &Front, params: &Params) -> Answered {
    let answered = Answered::read(&Tab::of(&front.owner).open(front, &address(params)).await);
    assert_eq!(answered.to, REDIRECT);
    assert!(!answered.of("error_description").is_empty() && answered.of("code").is_empty(), "{answered:?}");
    answered
}

async fn as7_every_other_fault_is_told_to_the_client(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let long = "x".repeat(2_001);
    let faults: [(&'static str, Option<&str>, &str); 21] = [
        ("max_age", Some("old"), "invalid_request"),
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", Some("code token"), "unsupported_response_type"),
        ("response_mode", Some("fragment"), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge", Some("+++++++++++++++++++++++++++++++++++++++++++"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", Some("s256"), "invalid_request"),
        ("prompt", Some("none"), "interaction_required"),
        ("request", Some("e30.e30."), "request_not_supported"),
        ("registration", Some("{}"), "registration_not_supported"),
        ("nonce", Some(&long), "invalid_request"),
        ("duration", Some("soon"), "invalid_request"),
        ("duration", Some("999999999"), "invalid_request"),
        ("resource", Some("https://elsewhere.example/"), "invalid_target"),
        ("resource", Some("http://localhost:8420/proxy/nothing"), "invalid_target"),
        ("scope", Some("items.fly"), "invalid_scope"),
        ("purpose", Some(&long), "invalid_request"),
    ];
    for (name, value, error) in faults {
        let answered = told(front, &with(asking(&reading()), name, value)).await;
        assert_eq!(
            (answered.of("error"), answered.of("state")),
            (error, "st&te"),
            "{name} {value:?} {answered:?}"
        );
    }
    for name in ["state", "scope", "code_challenge", "response_type", "authorization_details"] {
        let mut params = with(asking(&reading()), "scope", Some("openid"));
        let value = params.iter().find(|(given, _)| *given == name).unwrap().1.clone();
        params.push((name, value));
        let answered = told(front, &params).await;
        assert_eq!(answered.of("error"), "invalid_request", "{name} twice");
        assert_eq!(answered.of("state").is_empty(), name == "state", "which of two is nobody's guess");
    }
    let answered =
        told(front, &with(with(asking(&reading()), "state", Some(&long)), "scope", Some("x"))).await;
    assert_eq!(answered.of("state"), "", "too long to be kept");
    asked_nobody(front).await;
}

async fn authorization_details_are_judged_whole(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let good = super::line("issues", &["items.read"], None);
    let changed = |name: &str, value: Value| {
        let mut line = good.clone();
        line[name] = value;
        json!([line]).to_string()
    };
    let many: Vec<&Value> = std::iter::repeat_n(&good, 11).collect();
    for text in [
        "[]".to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        "[".to_owned(),
        "[1]".to_owned(),
        format!("{} x", reading()),
        changed("type", json!("payment")),
        changed("type", json!(1)),
        changed("unknown", json!("field")),
        changed("locations", json!(["https://elsewhere.example"])),
        changed("service", json!("nothing")),
        changed("actions", json!([])),
        changed("actions", json!(["items.fly"])),
        changed("actions", json!("items.read")),
        changed("resources", json!([""])),
        changed("resources", json!(["a\u{202e}b"])),
        changed("limits", json!({"max_calls": 0})),
        changed("limits", json!({"max_calls": -1})),
        changed("connection", json!("notes")),
        json!(many).to_string(),
        format!("[{}]", "[".repeat(20_000)),
        r#"[{"type":"service_access","service":"issues","service":"down","actions":["items.read"]}]"#
            .to_owned(),
    ] {
        let answered = told(front, &with(asking(&reading()), "authorization_details", Some(&text))).await;
        assert_eq!(answered.of("error"), "invalid_authorization_details", "{text:.80} {answered:?}");
    }
    asked_nobody(front).await;
}

async fn only_the_owner_of_an_agent_sends_it_off(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    for other in [&front.approver, &front.admin, &front.other_owner] {
        let answered = Answered::read(&Tab::of(other).open(front, &address(&asking(&reading()))).await);
        assert_eq!(answered.of("error"), "access_denied");
    }
    asked_nobody(front).await;
}

async fn nobody_is_sent_on_to_a_client_that_they_have_not_met(front: &Front) {
    let metadata = json!({
        "client_name": "Your bank",
        "redirect_uris": ["https://phish.example/"],
        "token_endpoint_auth_method": "none",
    });
    let said = anonymous(front).post("/oauth/register", &metadata).await.json();
    front.keep(said["registration_access_token"].as_str().unwrap());
    let id = said["client_id"].as_str().unwrap();
    let good = with(asking(&reading()), "client_id", Some(id));
    let good = with(good, "redirect_uri", Some("https://phish.example/"));
    let wrong = [
        with(good.clone(), "response_type", None),
        with(good.clone(), "prompt", Some("none")),
        with(good.clone(), "scope", Some("items.fly")),
    ];
    for params in &wrong {
        let heard = Tab::of(&front.owner).open(front, &address(params)).await;
        assert_eq!((heard.status.as_u16(), heard.header("location")), (400, ""), "{}", heard.text());
        let page = heard.text();
        assert!(page.contains("nothing was granted") && page.contains("Your bank"), "{page}");
        assert!(page.contains("href=\"https://phish.example/?error=") && page.contains("state="), "{page}");
        assert!(!heard.headers.contains_key("refresh"));
    }
    asked_nobody(front).await;
    // Who has let it ask has seen its card, and then errors go to it as to any other.
    Tab::of(&front.owner).land(front, &good).await;
    for params in &wrong {
        let heard = Tab::of(&front.owner).open(front, &address(params)).await;
        assert_eq!(Answered::read(&heard).to, "https://phish.example/");
        let other = Tab::of(&front.other_owner).open(front, &address(params)).await;
        assert_eq!((other.status.as_u16(), other.header("location")), (400, ""), "another has not");
    }
}

async fn whoever_asks_too_often_is_told_to_wait(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let different =
        |at: usize| json!([super::line("issues", &["items.read"], Some(u32::try_from(at).unwrap() + 1))]);
    for at in 0..5 {
        Tab::of(&front.owner).land(front, &asking(&different(at))).await;
    }
    let answered = told(front, &asking(&different(5))).await;
    assert_eq!(answered.of("error"), "temporarily_unavailable", "{answered:?}");
}
