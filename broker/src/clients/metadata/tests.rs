use super::*;
use serde_json::json;

fn registered(said: Value) -> Result<Metadata, Unfit> {
    serde_json::from_value::<Said>(said).unwrap().registered()
}

/// What the TypeScript SDK of MCP sends.
fn of_sdk() -> Value {
    json!({
        "client_name": "MCP CLI Proxy",
        "redirect_uris": ["http://localhost:3334/oauth/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "application_type": "native",
        "scope": "issues.read issues.write",
        "client_uri": "https://github.com/modelcontextprotocol",
        "software_id": "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d",
        "something_new": {"a": [1]},
    })
}

#[test]
fn as5_what_the_sdk_sends_is_taken_without_refresh_tokens() {
    let metadata = registered(of_sdk()).unwrap();
    assert_eq!(metadata.grant_types, ["authorization_code"]);
    assert_eq!(metadata.token_endpoint_auth_method, AuthMethod::None);
    let back = serde_json::to_value(&metadata).unwrap();
    assert_eq!(back["scope"], "issues.read issues.write");
    assert_eq!(back["client_uri"], "https://github.com/modelcontextprotocol");
    assert_eq!(back["token_endpoint_auth_method"], "none");
    assert!(back.get("something_new").is_none());
    assert_eq!(serde_json::from_value::<Metadata>(back).unwrap(), metadata);
}

#[test]
fn as5_what_cannot_be_is_refused_with_its_kind() {
    let with = |field: &str, value: Value| {
        let mut said = of_sdk();
        said[field] = value;
        registered(said)
    };
    for bad in [
        json!([]),
        json!(["javascript:alert(1)"]),
        json!(["https://a.example/#x"]),
        json!(vec!["https://a.example/"; 17]),
    ] {
        assert!(matches!(with("redirect_uris", bad.clone()), Err(Unfit::Redirect(_))), "{bad}");
    }
    for (field, bad) in [
        ("client_name", json!("")),
        ("client_name", json!("\u{200b}")),
        ("client_name", json!("x".repeat(61))),
        ("client_name", json!("\u{421}laude Code")),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_method", json!("as_agent")),
        ("grant_types", json!(["refresh_token"])),
        ("grant_types", json!(["implicit"])),
        ("response_types", json!(["token"])),
        ("application_type", json!("browser")),
        ("jwks_uri", json!("https://a.example/jwks")),
        ("scope", json!("a\nb")),
        ("software_id", json!("x".repeat(2_001))),
    ] {
        assert!(matches!(with(field, bad.clone()), Err(Unfit::Metadata(_))), "{field} {bad}");
    }
    for bad in ["javascript:alert(1)", "data:image/png,x", "http://a.example/", "https://u@a.example/"] {
        let taken = with("client_uri", json!(bad)).unwrap();
        assert_eq!(taken.pages.client, None, "{bad}");
    }
}

#[test]
fn a_confidential_client_may_exchange_and_its_keys_are_read() {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "a"});
    let mut said = of_sdk();
    said["token_endpoint_auth_method"] = json!("private_key_jwt");
    said["grant_types"] = json!([CODE_GRANT, EXCHANGE_GRANT]);
    said["jwks"] = json!({"keys": [key]});
    let metadata = registered(said.clone()).unwrap();
    assert_eq!(metadata.grant_types, [CODE_GRANT, EXCHANGE_GRANT]);
    assert_eq!(metadata.keys().unwrap().len(), 1);
    for bad in [
        json!({"keys": []}),
        json!({"keys": [key, key]}),
        json!({}),
        json!([key]),
        json!({"keys": [{"kty": "RSA"}]}),
    ] {
        said["jwks"] = bad.clone();
        assert!(matches!(registered(said.clone()), Err(Unfit::Metadata(_))), "{bad}");
    }
}

#[test]
fn as4_a_document_says_its_own_address_and_no_secret() {
    const URL: &str = "https://client.example/meta.json";
    let document = |change: &dyn Fn(&mut Value)| {
        let mut said = json!({
            "client_id": URL, "client_name": "Client", "redirect_uris": ["http://localhost/cb"],
        });
        change(&mut said);
        serde_json::from_value::<Said>(said).unwrap().documented(URL)
    };
    assert_eq!(document(&|_| {}).unwrap().token_endpoint_auth_method, AuthMethod::None);
    let bad: [&dyn Fn(&mut Value); 8] = [
        &|it| it["client_id"] = json!("https://client.example/other.json"),
        &|it| it["client_id"] = json!("https://client.example/meta.json/"),
        &|it| it["client_id"] = json!(null),
        &|it| it["client_name"] = json!(null),
        &|it| it["redirect_uris"] = json!(null),
        &|it| it["client_secret"] = json!("hidden"),
        &|it| it["token_endpoint_auth_method"] = json!("client_secret_post"),
        &|it| it["token_endpoint_auth_method"] = json!("client_secret_basic"),
    ];
    for (at, change) in bad.iter().enumerate() {
        assert!(document(change).is_err(), "case {at}");
    }
}
