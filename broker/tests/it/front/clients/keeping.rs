//! Keeping a registration (RFC 7592).

use super::{brought, known, of_sdk, refused, register, session, text};
use crate::front::{
    cast::{Heard, anonymous},
    support::{Front, on_each_front},
};
use crate::support::installation::slug;
use serde_json::{Value, json};

on_each_front!(
    a_client_reads_changes_and_removes_what_it_registered,
    a_wrong_token_and_an_unknown_client_are_answered_alike,
    a_removed_client_ends_the_sessions_of_its_agents,
    only_the_client_itself_changes_it,
);

async fn put(front: &Front, token: &str, path: &str, body: &Value) -> Heard {
    front.with(token).header("content-type", "application/json").send("PUT", path, body.to_string()).await
}

async fn a_client_reads_changes_and_removes_what_it_registered(front: &Front) {
    let said = register(front, &of_sdk("First")).await;
    let (id, token) = (text(&said, "client_id"), text(&said, "registration_access_token"));
    let path = format!("/oauth/register/{id}");
    let mut expected = said.clone();
    assert_eq!(front.with(token).get(&path).await.good::<Value>(), expected, "a client without a secret");
    let mut wanted = of_sdk("Second");
    wanted["client_id"] = json!(id);
    wanted["redirect_uris"] = json!(["https://app.example/cb"]);
    wanted.as_object_mut().unwrap().remove("scope");
    let changed = put(front, token, &path, &wanted).await.good::<Value>();
    expected["client_name"] = json!("Second");
    expected["redirect_uris"] = json!(["https://app.example/cb"]);
    expected.as_object_mut().unwrap().remove("scope");
    assert_eq!(changed, expected, "all of it is replaced");
    assert_eq!(known(front, id).await.redirect_uris, ["https://app.example/cb"]);
    // With a secret, which it gets once; and without one again.
    wanted["token_endpoint_auth_method"] = json!("client_secret_basic");
    let secret = put(front, token, &path, &wanted).await.good::<Value>();
    front.keep(text(&secret, "client_secret"));
    let same = put(front, token, &path, &wanted).await.good::<Value>();
    assert!(same.get("client_secret").is_none() && same["client_secret_expires_at"] == 0, "it keeps it");
    wanted["client_secret"] = secret["client_secret"].clone();
    assert_eq!(put(front, token, &path, &wanted).await.status, 200);
    let removed = front.with(token).send("DELETE", &path, "").await;
    assert_eq!((removed.status.as_u16(), removed.body.len()), (204, 0));
    assert!(broker::clients::find(&front.app, id, &slug("otto")).await.unwrap().is_none());
    for method in ["GET", "DELETE"] {
        refused(&front.with(token).send(method, &path, "").await, 401, "invalid_token");
    }
}

async fn a_wrong_token_and_an_unknown_client_are_answered_alike(front: &Front) {
    let [one, other] = [register(front, &of_sdk("One")).await, register(front, &of_sdk("Other")).await];
    let own = text(&one, "registration_access_token");
    let unknown = text(&one, "client_id").replace("csn_c_", "csn_c_x");
    let [one, other] = [text(&one, "client_id"), text(&other, "client_id")];
    let cases = [
        (other, Some(own)),
        (unknown.as_str(), Some(own)),
        ("helper", Some(own)),
        (one, None),
        (one, Some(front.agent.token.as_str())),
        (one, Some(front.owner.token.as_str())),
        (one, Some(one)),
    ];
    let mut answers = Vec::new();
    for (client, token) in cases {
        for method in ["GET", "PUT", "DELETE"] {
            front.wait(10_000);
            let who = token.map_or_else(|| anonymous(front), |token| front.with(token));
            let body = if method == "PUT" { of_sdk("Taken").to_string() } else { String::new() };
            let who = who.header("content-type", "application/json");
            let heard = who.send(method, &format!("/oauth/register/{client}"), body).await;
            refused(&heard, 401, "invalid_token");
            assert!(heard.header("www-authenticate").starts_with("Bearer "));
            answers.push(heard.text());
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(known(front, one).await.name, "One");
}

async fn a_removed_client_ends_the_sessions_of_its_agents(front: &Front) {
    let said = register(front, &of_sdk("Leaving")).await;
    let client = known(front, text(&said, "client_id")).await;
    let agent = brought(front, &client, &front.owner).await;
    let (_, token) = session(front, &agent).await;
    let read = async || front.with(&token).get("/proxy/issues/projects/acme/items").await.status.as_u16();
    assert_eq!(read().await, 200);
    let path = format!("/oauth/register/{}", client.id);
    let own = text(&said, "registration_access_token");
    assert_eq!(front.with(own).send("DELETE", &path, "").await.status, 204);
    assert_eq!(read().await, 401, "it ended with its client");
    let id = "SELECT COUNT(*) FROM agents WHERE client IS NOT NULL AND blocked = 1";
    assert_eq!(crate::support::invariants::count(&front.app.store, id).await, 1);
}

async fn only_the_client_itself_changes_it(front: &Front) {
    let said = register(front, &of_sdk("Client")).await;
    let (id, token) = (text(&said, "client_id"), text(&said, "registration_access_token"));
    let path = format!("/oauth/register/{id}");
    let with = |field: &str, value: Value| {
        let mut wanted = of_sdk("Changed");
        wanted["client_id"] = json!(id);
        wanted[field] = value;
        wanted
    };
    for wrong in [
        of_sdk("Changed"),
        with("client_id", json!("helper")),
        with("client_secret", json!("guessed")),
        with("client_secret", json!(said["client_id"])),
    ] {
        refused(&put(front, token, &path, &wrong).await, 400, "invalid_client_metadata");
    }
    let bad = with("redirect_uris", json!(["javascript:alert(1)"]));
    refused(&put(front, token, &path, &bad).await, 400, "invalid_redirect_uri");
    assert_eq!(known(front, id).await.name, "Client");
}
