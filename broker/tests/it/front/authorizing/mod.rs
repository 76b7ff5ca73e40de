//! A client sends a person's browser, which lands on a card and goes back with a code: RFC 6749, OAuth 2.1, PKCE, PAR,
//! RAR and resource indicators, as a client sees them that knows nothing of Countersign.

mod clients;
mod codes;
mod elsewhere;
mod flow;
mod keyed;
mod parking;
mod refusing;
mod returning;

use super::{
    cast::{Asking, COOKIE, Heard, Member, anonymous},
    support::{Front, line},
};
use crate::support::installation::{definition, slug};
use aws_lc_rs::digest;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use broker::{ledger::acts::Declaration, store::agents::Agent, tokens::OpaqueKind};
use protocol::services::{AuthStyle, ServiceDefinition};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

pub const ISSUER: &str = "http://localhost:8420";
pub const REDIRECT: &str = "https://app.example/callback";
/// What the client keeps to itself until it redeems the code.
pub const VERIFIER: &str = "a-verifier-of-the-client-that-has-43-characters-or-more";
/// The name of the cookie that says which browser it is.
const BROWSER: &str = "__Host-countersign-browser";

/// Parameters, by name.
pub type Params = Vec<(&'static str, String)>;

pub fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// What a well-behaved client asks.
pub fn asking(details: &Value) -> Params {
    vec![
        ("response_type", "code".to_owned()),
        ("client_id", "helper".to_owned()),
        ("redirect_uri", REDIRECT.to_owned()),
        ("state", "st&te".to_owned()),
        ("code_challenge", challenge(VERIFIER)),
        ("code_challenge_method", "S256".to_owned()),
        ("authorization_details", details.to_string()),
    ]
}

/// What it usually wants.
pub fn reading() -> Value {
    json!([line("issues", &["items.read"], None)])
}

/// The same parameters with one of them another; without it for none.
pub fn with(mut params: Params, name: &'static str, value: Option<&str>) -> Params {
    params.retain(|(given, _)| *given != name);
    params.extend(value.map(|value| (name, value.to_owned())));
    params
}

pub fn address(params: &[(&'static str, String)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("/oauth/authorize?{query}")
}

/// A browser in which somebody is signed in.
#[derive(Clone)]
pub struct Tab {
    cookies: BTreeMap<String, String>,
}

impl Tab {
    pub fn of(person: &Member) -> Self {
        Self { cookies: BTreeMap::from([(COOKIE.to_owned(), person.cookie.clone())]) }
    }

    /// The cookie that says which browser it is.
    pub fn browser(&self) -> &str {
        &self.cookies[BROWSER]
    }

    /// Follows a link, from another site if it is one that a client gave.
    pub async fn open(&mut self, front: &Front, path: &str) -> Heard {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let asking: Asking<'_> = anonymous(front)
            .header("cookie", &pairs.join("; "))
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("accept", "text/html");
        let heard = asking.get(path).await;
        for cookie in heard.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age="), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        heard
    }

    /// Opens what a client asks, and lands on its card.
    pub async fn land(&mut self, front: &Front, params: &[(&'static str, String)]) -> String {
        let heard = self.open(front, &address(params)).await;
        assert_eq!(heard.status, 303, "{}", heard.text());
        let id = heard.header("location").strip_prefix("/requests/");
        assert!(self.cookies[BROWSER].starts_with("csn_b_"));
        id.unwrap_or_else(|| panic!("went to {}", heard.header("location"))).to_owned()
    }

    /// Goes back to the client: what that hears.
    pub async fn go_back(&mut self, front: &Front, request: &str) -> Answered {
        Answered::read(&self.open(front, &format!("/requests/{request}/return")).await)
    }
}

/// What a client hears at its redirect URI.
#[derive(Debug)]
pub struct Answered {
    pub to: String,
    pub query: BTreeMap<String, String>,
}

impl Answered {
    pub fn read(heard: &Heard) -> Self {
        assert_eq!(heard.status, 303, "RFC 9700 section 4.12: never 307. {}", heard.text());
        let url = Url::parse(heard.header("location")).unwrap();
        let mut names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(all, names.len(), "a parameter stands there twice: {url}");
        let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(query.get("iss").map(String::as_str), Some(ISSUER), "as7: {url}");
        assert_eq!(heard.header("cache-control"), "no-store");
        let to = url[..url::Position::AfterPath].to_owned();
        Self { to, query }
    }

    pub fn of(&self, name: &str) -> &str {
        self.query.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The code, if everything else is as it must be.
    pub fn code(&self, front: &Front) -> String {
        assert_eq!(
            (self.to.as_str(), self.of("state"), self.of("error")),
            (REDIRECT, "st&te", ""),
            "{self:?}"
        );
        front.keep(self.of("code"));
        self.of("code").to_owned()
    }
}

/// The usual agent can be sent to these addresses, and uses its access token itself.
pub async fn redirects_to(front: &Front, uris: &[&str]) {
    declare(front, uris, true).await;
}

/// The usual agent can be sent to the usual address.
pub async fn redirects(front: &Front, direct: bool) {
    declare(front, &[REDIRECT], direct).await;
}

/// The usual agent gets a new secret.
pub async fn new_secret(front: &Front) -> String {
    let secret = front.token(OpaqueKind::Agent);
    let mac = secret.mac(&front.app.mac_key);
    let agent = helper(front, &[REDIRECT], true);
    front.declare(Declaration::Agent { agent, secret_mac: Some(mac), credentials: None }).await;
    secret.expose().to_owned()
}

async fn declare(front: &Front, uris: &[&str], direct: bool) {
    let agent = helper(front, uris, direct);
    front.declare(Declaration::Agent { agent, secret_mac: None, credentials: None }).await;
}

fn helper(front: &Front, uris: &[&str], direct: bool) -> Agent {
    Agent {
        id: slug("helper"),
        title: "The helper".to_owned(),
        owner: slug("otto"),
        direct,
        blocked: false,
        key: 0,
        created_at: front.clock.now(),
        client: None,
        redirect_uris: uris.iter().map(|it| (*it).to_owned()).collect(),
        via: None,
    }
}

/// Offers reading to clients that name nothing.
pub async fn offers_reading(front: &Front, service: &str) {
    let auth = AuthStyle::Header { name: "x-api-key".to_owned(), prefix: String::new() };
    let declared = ServiceDefinition {
        origin: front.upstream.origin(),
        auth,
        allow_private: true,
        default_actions: vec!["items.read".to_owned()],
        ..definition(service)
    };
    front.declare(Declaration::Service(declared)).await;
}

/// What `/oauth/token` answers to a code.
pub async fn redeem(front: &Front, client: &Member, code: &str, more: &[(&str, &str)]) -> Heard {
    let mut fields = vec![("grant_type", "authorization_code"), ("code", code)];
    for (name, value) in [("code_verifier", VERIFIER), ("redirect_uri", REDIRECT)] {
        if more.iter().all(|(given, _)| *given != name) {
            fields.push((name, value));
        }
    }
    fields.extend(more.iter().filter(|(_, value)| *value != "-"));
    let heard = front.client(client).form("/oauth/token", &fields).await;
    assert_eq!(heard.header("cache-control"), "no-store");
    if let Some(token) = heard.json()["access_token"].as_str() {
        front.keep(token);
    }
    heard
}

/// A code that was got by asking for something, which the approver approved.
pub async fn code(front: &Front, params: &[(&'static str, String)]) -> (String, String) {
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, params).await;
    front.approve(&front.approver, &request).await;
    let code = tab.go_back(front, &request).await.code(front);
    (request, code)
}

/// What an OAuth error must be.
pub fn error<'a>(heard: &'a Heard, body: &'a Value) -> (u16, &'a str) {
    let description = body["error_description"].as_str().unwrap();
    assert!(!description.is_empty() && body.get("access_token").is_none(), "{body}");
    (heard.status.as_u16(), body["error"].as_str().unwrap())
}
