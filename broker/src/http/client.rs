//! How an agent proves who it is: by its secret, by an assertion that its key signed, or at the agents' API by a token
//! for asking that one of the two was turned into.

use super::{
    input::Form,
    oauth::{OAuthError, Refusal},
};
use crate::{
    app::App,
    fault::Fault,
    grants::{self, Client},
    ledger::{
        LedgerError, Why,
        acts::{Act, Entering},
    },
    store::{
        Conn, agent_keys,
        agents::{self, Agent},
        people,
    },
    tokens::{AgentKey, Assertion, AssertionError, OpaqueKind, OpaqueToken},
    vault::VaultError,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, header};
use protocol::Slug;
use std::{net::IpAddr, sync::Arc};

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The agent behind a bearer at the agents' API: its secret itself, or a token for asking.
pub(super) async fn by_bearer(app: &App, text: &str) -> Result<Agent, Fault> {
    if text.starts_with(OpaqueKind::Agent.prefix()) {
        let secret = OpaqueToken::parse(OpaqueKind::Agent, text).map_err(|_| Fault::Unauthenticated)?;
        return by_secret(app, &secret).await;
    }
    if text.starts_with("csn_") {
        return Err(Fault::Unauthenticated); // somebody else's credential
    }
    let claims = app.signer().ok_or(VaultError::Sealed)?.verify_ask(text, app.clock.now())?;
    let mut conn = app.store.read().await?;
    let agent = agents::find(&mut conn, &claims.sub).await?;
    let agent = may_act(&mut conn, agent).await?;
    // A token for asking dies with the credential that it was got with.
    if !grants::stands(&mut conn, &agent, &claims).await? {
        return Err(Fault::Unauthenticated);
    }
    Ok(Agent { via: claims.thumbprint.clone(), ..agent })
}

/// The agent that holds this secret, if it may still do anything.
async fn by_secret(app: &App, secret: &OpaqueToken) -> Result<Agent, Fault> {
    let mut conn = app.store.read().await?;
    let agent = agents::by_mac(&mut conn, &secret.mac(&app.mac_key)).await?;
    may_act(&mut conn, agent).await
}

async fn may_act(conn: &mut Conn, agent: Option<Agent>) -> Result<Agent, Fault> {
    let agent = agent.filter(|it| !it.blocked).ok_or(Fault::Unauthenticated)?;
    let owner = people::find(conn, &agent.owner).await?;
    if owner.is_some_and(|it| !it.blocked) { Ok(agent) } else { Err(Fault::Unauthenticated) }
}

/// The OAuth client. Who failed too often from one address under one name is refused there, under that name, before
/// anything is looked at.
pub(super) async fn authenticated(
    app: &App,
    from: IpAddr,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Client, Refusal> {
    let named = claimed(headers, form);
    app.limits.client(from, &named)?;
    let authenticated = by_any(app, headers, form).await;
    if authenticated.as_ref().is_err_and(Refusal::is_of_client) {
        app.limits.failed(from, &named);
    }
    authenticated
}

/// Who it says it is, in whichever way.
fn claimed(headers: &HeaderMap, form: &Form) -> String {
    let field = |name| form.get(name).ok().flatten();
    let basic = || headers.get(header::AUTHORIZATION).and_then(basic_pair).map(|(id, _)| id);
    let asserted = || Assertion::read(field("client_assertion")?).ok().map(|it| it.client.to_string());
    field("client_id").map(str::to_owned).or_else(basic).or_else(asserted).unwrap_or_default()
}

/// By `client_secret_basic`, `client_secret_post` or `private_key_jwt`; never by two of them.
async fn by_any(app: &App, headers: &HeaderMap, form: &Form) -> Result<Client, Refusal> {
    let basic = headers.get(header::AUTHORIZATION);
    let assertion = form.get("client_assertion")?;
    let ways = [basic.is_some(), form.get("client_secret")?.is_some(), assertion.is_some()];
    if ways.into_iter().filter(|it| *it).count() > 1 {
        return Err(OAuthError::invalid("the client authenticates in two ways at once").into());
    }
    let named = form.get("client_id")?;
    if let Some(assertion) = assertion {
        return match form.get("client_assertion_type")? {
            Some(ASSERTION_TYPE) => {
                let agent = Arc::new(by_assertion(app, assertion, named).await?);
                Ok(Client { agent, revision: None })
            }
            _ => Err(OAuthError::invalid(format!("client_assertion_type must be {ASSERTION_TYPE}")).into()),
        };
    }
    let (id, secret) = match (basic, named, form.get("client_secret")?) {
        (Some(value), _, None) => basic_pair(value).ok_or(Fault::Unauthenticated)?,
        (None, Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
        _ => return Err(Fault::Unauthenticated.into()),
    };
    let secret = OpaqueToken::parse(OpaqueKind::Agent, &secret).map_err(|_| Fault::Unauthenticated)?;
    let client = by_remembered_secret(app, &secret).await?;
    let same = named.is_none_or(|named| named == client.agent.id.as_str());
    if client.agent.id.as_str() == id && same { Ok(client) } else { Err(Fault::Unauthenticated.into()) }
}

/// The agent that holds this secret, as it is remembered: what it asks for is judged under that revision.
async fn by_remembered_secret(app: &App, secret: &OpaqueToken) -> Result<Client, Fault> {
    let mac = secret.mac(&app.mac_key);
    let mut directory = app.directories.current().await?;
    if directory.agent_by_mac(&mac).is_none() {
        directory = app.directories.newest().await?;
    }
    let agent = directory.agent_by_mac(&mac).ok_or(Fault::Unauthenticated)?;
    Ok(Client { agent: agent.clone(), revision: Some(directory.revision()) })
}

async fn by_assertion(app: &App, text: &str, named: Option<&str>) -> Result<Agent, Refusal> {
    let assertion = Assertion::read(text).map_err(|why| OAuthError::client(&why))?;
    if named.is_some_and(|named| named != assertion.client.as_str()) {
        return Err(OAuthError::client(&AssertionError::Parties).into());
    }
    let mut conn = app.store.read().await.map_err(Fault::from)?;
    let keys = keys(&mut conn, &assertion.client).await?;
    // CIBA Core section 7.1 wants the door itself to be taken too.
    let doors = ["/oauth/token", "/oauth/bc-authorize"].map(|door| format!("{}{door}", app.public_url));
    let audiences = [&[app.public_url.clone()][..], &doors].concat();
    let now = app.clock.now();
    let proven = assertion.check(&keys, &audiences, now).map_err(|why| OAuthError::client(&why))?;
    let agent = agents::find(&mut conn, &assertion.client).await.map_err(Fault::from)?;
    let agent = may_act(&mut conn, agent).await?;
    drop(conn);
    // Used up before it counts, for every broker on this database.
    let entering = Entering::Assertion { digest: proven.replay, expires_at: proven.expires_at };
    match app.ledger.act(Act::Enter(Box::new(entering))).await {
        Ok(_) => Ok(Agent { via: Some(proven.thumbprint), ..agent }),
        Err(LedgerError::Refused(Why::Spent)) => Err(OAuthError::client(&AssertionError::Used).into()),
        Err(error) => Err(Fault::from(error).into()),
    }
}

async fn keys(conn: &mut Conn, agent: &Slug) -> Result<Vec<AgentKey>, Fault> {
    let stored = agent_keys::of_agent(conn, agent).await?;
    let key = |it: &agent_keys::Key| AgentKey::from_jwk(&it.jwk).and_then(|key| key.named(&it.kid));
    let keys: Result<Vec<_>, _> = stored.iter().map(key).collect();
    keys.map_err(|why| Fault::Internal(format!("a stored key of {agent} is damaged: {why}")))
}

/// RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
fn basic_pair(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(String::from)
    };
    Some((plain(id)?, plain(secret)?))
}
