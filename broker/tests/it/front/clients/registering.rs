//! Dynamic registration (RFC 7591).

use super::{of_sdk, refused, register, text};
use crate::front::{
    cast::anonymous,
    support::{Front, on_each_front, run_with},
};
use crate::support::installation::slug;
use broker::{
    ledger::{
        LedgerError, Why,
        acts::{Act, ClientAct},
    },
    store::{
        Engine,
        oauth_clients::{self, Stored},
    },
    sweeper,
};
use serde_json::{Value, json};

on_each_front!(
    as5_what_the_sdk_sends_is_registered,
    as5_a_confidential_client_gets_a_secret_once,
    as5_what_cannot_be_is_refused,
    as5_an_address_registers_so_many_and_no_more,
    what_nobody_brought_along_is_forgotten_after_a_day,
    where_there_is_no_room_what_nobody_used_goes_after_an_hour,
);
mod alone {
    crate::front::support::on_each_front!(alone: registration_can_be_switched_off);
    use super::registration_can_be_switched_off;
}

async fn as5_what_the_sdk_sends_is_registered(front: &Front) {
    let said = register(front, &of_sdk("MCP Inspector")).await;
    let id = text(&said, "client_id");
    assert!(id.starts_with("csn_c_") && id.len() == 55, "{id}");
    assert_eq!(said["client_id_issued_at"], front.clock.now().timestamp());
    assert_eq!(said["grant_types"], json!(["authorization_code"]), "never renewed");
    assert_eq!(said["redirect_uris"], json!(["http://localhost:3334/oauth/callback"]));
    assert_eq!(
        (&said["scope"], &said["application_type"]),
        (&json!("items.read items.comment"), &json!("native"))
    );
    assert_eq!(said["token_endpoint_auth_method"], "none");
    assert!(said.get("client_secret").is_none() && said.get("client_secret_expires_at").is_none());
    let at = format!("http://localhost:8420/oauth/register/{id}");
    assert_eq!(text(&said, "registration_client_uri"), at);
    assert!(text(&said, "registration_access_token").starts_with("csn_r_"));
    assert_ne!(text(&register(front, &of_sdk("MCP Inspector")).await, "client_id"), id);
}

async fn as5_a_confidential_client_gets_a_secret_once(front: &Front) {
    let mut metadata = of_sdk("Server");
    metadata["token_endpoint_auth_method"] = json!("client_secret_post");
    let said = register(front, &metadata).await;
    assert!(text(&said, "client_secret").starts_with("csn_s_"));
    assert_eq!(said["client_secret_expires_at"], 0);
    let token = text(&said, "registration_access_token");
    let path = format!("/oauth/register/{}", text(&said, "client_id"));
    let again: Value = front.with(token).get(&path).await.good();
    assert!(again.get("client_secret").is_none(), "it is shown once");
    assert_eq!(again["client_secret_expires_at"], 0);
    // Without a word about it, RFC 7591 section 2 says the default.
    metadata.as_object_mut().unwrap().remove("token_endpoint_auth_method");
    let said = register(front, &metadata).await;
    assert_eq!(said["token_endpoint_auth_method"], "client_secret_basic");
}

async fn as5_what_cannot_be_is_refused(front: &Front) {
    let with = |field: &str, value: Value| {
        let mut metadata = of_sdk("Client");
        metadata[field] = value;
        metadata
    };
    let cases = [
        (with("redirect_uris", json!([])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["javascript:alert(1)"])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["data:text/html,x"])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["http://app.example/cb"])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["https://app.example/cb#x"])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["https://u:p@app.example/cb"])), "invalid_redirect_uri"),
        (with("redirect_uris", json!("http://localhost/cb")), "invalid_redirect_uri"),
        (with("redirect_uris", json!([1])), "invalid_redirect_uri"),
        (with("client_name", json!(7)), "invalid_client_metadata"),
        (with("client_name", json!("\u{202e}")), "invalid_client_metadata"),
        (with("grant_types", json!(["client_credentials"])), "invalid_client_metadata"),
        (with("token_endpoint_auth_method", json!("tls_client_auth")), "invalid_client_metadata"),
        (with("jwks_uri", json!("http://169.254.169.254/keys")), "invalid_client_metadata"),
        (json!([]), "invalid_client_metadata"),
        (json!("x"), "invalid_client_metadata"),
    ];
    for (metadata, error) in cases {
        front.wait(4_000);
        let heard = anonymous(front).post("/oauth/register", &metadata).await;
        refused(&heard, 400, error);
        assert!(heard.text().contains("Nothing was registered"), "{}", heard.text());
    }
    let twice = r#"{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}"#;
    let json = anonymous(front).header("content-type", "application/json");
    refused(&json.send("POST", "/oauth/register", twice).await, 400, "invalid_client_metadata");
    let form = anonymous(front).form("/oauth/register", &[("redirect_uris", "https://a.example/")]).await;
    refused(&form, 400, "invalid_client_metadata");
    let large = with("scope", json!("x".repeat(70_000)));
    assert!(anonymous(front).post("/oauth/register", &large).await.status.is_client_error());
    let none = "SELECT COUNT(*) FROM oauth_clients";
    assert_eq!(crate::support::invariants::count(&front.app.store, none).await, 0);
}

async fn as5_an_address_registers_so_many_and_no_more(front: &Front) {
    for _ in 0..20 {
        register(front, &of_sdk("Client")).await;
    }
    let heard = anonymous(front).post("/oauth/register", &of_sdk("Client")).await;
    refused(&heard, 429, "temporarily_unavailable");
    assert!(!heard.header("retry-after").is_empty());
    front.wait(60_000);
    register(front, &of_sdk("Client")).await;
}

async fn what_nobody_brought_along_is_forgotten_after_a_day(front: &Front) {
    let [used, unused] = [register(front, &of_sdk("Used")).await, register(front, &of_sdk("Unused")).await];
    let client = super::known(front, text(&used, "client_id")).await;
    super::brought(front, &client, &front.owner).await;
    let there = async |said: &Value| {
        broker::clients::find(&front.app, text(said, "client_id"), &slug("otto")).await.unwrap().is_some()
    };
    front.wait(23 * 3_600_000);
    sweeper::sweep(&front.app).await.unwrap();
    assert!(there(&used).await && there(&unused).await);
    front.wait(2 * 3_600_000);
    sweeper::sweep(&front.app).await.unwrap();
    assert!(there(&used).await && !there(&unused).await);
}

async fn registration_can_be_switched_off(engine: Engine) {
    let change = |parts: &mut broker::app::Parts| parts.clients.registration = false;
    run_with(engine, &change, async |front: &Front| {
        refused(&anonymous(front).post("/oauth/register", &of_sdk("Client")).await, 403, "access_denied");
        let known = anonymous(front).get("/.well-known/oauth-authorization-server").await.json();
        assert!(known.get("registration_endpoint").is_none(), "{known}");
    })
    .await;
}

async fn where_there_is_no_room_what_nobody_used_goes_after_an_hour(front: &Front) {
    let mut ids = Vec::new();
    for name in ["First", "Second"] {
        ids.push(text(&register(front, &of_sdk(name)).await, "client_id").to_owned());
    }
    let stored = async |id: &str| {
        let mut conn = front.app.store.read().await.unwrap();
        oauth_clients::find(&mut conn, id).await.unwrap()
    };
    let like = stored(&ids[0]).await.unwrap();
    let register = async |id: &str| {
        let now = front.clock.now();
        let client = Stored { id: id.to_owned(), first_seen_at: now, registration_mac: None, ..like.clone() };
        front
            .app
            .ledger
            .act(Act::Client(Box::new(ClientAct::Register { client: Box::new(client), most: 2 })))
            .await
    };
    let full = register("csn_c_third").await;
    assert!(matches!(full, Err(LedgerError::Refused(Why::NotPermitted(_)))), "{full:?}");
    let used = super::known(front, &ids[1]).await;
    super::brought(front, &used, &front.owner).await;
    front.wait(3_601_000);
    register("csn_c_third").await.unwrap();
    assert!(stored(&ids[0]).await.is_none() && stored(&ids[1]).await.is_some());
}
