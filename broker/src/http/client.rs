//! How a client proves who it is. An agent: by its secret, by an assertion that its key signed, or at the agents' API by
//! a token for asking that one of the two was turned into. An OAuth client that a person brings along: in the one way
//! that it registered, or, if it is public, not at all.

use super::{
    input::Form,
    oauth::{OAuthError, Refusal},
};
use crate::{
    app::App,
    clients::{self, AuthMethod, OAuthClient},
    fault::Fault,
    grants::{self, Client},
    ledger::{
        LedgerError, Why,
        acts::{Act, Entering},
    },
    limits::Written,
    store::{
        Conn, agent_keys,
        agents::{self, Agent},
        people,
    },
    tokens::{AgentKey, Assertion, AssertionError, OpaqueKind, OpaqueToken, Proven},
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

/// Who authenticated.
pub(super) enum Authenticated {
    /// An agent, with its own secret or key.
    Agent(Client),
    /// A client that people bring along: which of its agents acts depends on the person.
    OAuth(Box<OAuthClient>),
}

impl Authenticated {
    /// Its id.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Agent(it) => it.agent.id.as_str(),
            Self::OAuth(it) => &it.id,
        }
    }

    /// The same as the client that it is at the doors which lead through a browser, and the thumbprint of the key that it
    /// authenticated with if it is an agent with a key.
    pub(super) async fn known(self, app: &App) -> Result<(OAuthClient, Option<String>), Refusal> {
        match self {
            Self::OAuth(client) => Ok((*client, None)),
            Self::Agent(it) => {
                let found = clients::find_known(app, it.agent.id.as_str()).await?;
                let found = found.ok_or(Fault::Unauthenticated)?;
                Ok((found, it.agent.via.clone()))
            }
        }
    }
}

/// The agent that authenticates as the client, at a door where an OAuth client that people bring along has no business.
pub(super) async fn authenticated(
    app: &App,
    from: IpAddr,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Client, Refusal> {
    match authenticated_client(app, from, headers, form).await? {
        Authenticated::Agent(client) => Ok(client),
        Authenticated::OAuth(_) => Err(OAuthError::not_for_this_client(
            "this takes an agent that was registered here, with its own secret or key; a client that people bring along gets \
             tokens through a person only",
        )
        .into()),
    }
}

/// How the agent behind a secret is looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// In the database: a secret that was replaced is worth nothing from then on.
    Now,
    /// As it is remembered, for what the ledger judges under the revision that it was known by.
    ByRevision,
}

/// As which agent a client acts on a token: an agent as itself; a client that people bring along as the agent of the token,
/// if that is the pair of it and somebody. None: the token is not its own, or is none. A public client proves nothing,
/// so it acts on a token only where `public` says that holding the token is enough.
pub(super) async fn on_token(
    app: &App,
    from: IpAddr,
    headers: &HeaderMap,
    form: &Form,
    (token, public): (&str, bool),
    known: Known,
) -> Result<Option<Client>, Refusal> {
    let client = match authenticated_as(app, from, headers, form, known).await? {
        Authenticated::Agent(client) => return Ok(Some(client)),
        Authenticated::OAuth(client) => client,
    };
    if !client.is_confidential() && !public {
        let why = "this takes a client that authenticates: a public client uses its access token itself, as a bearer at \
                   the service's address behind the broker";
        return Err(OAuthError::not_for_this_client(why).into());
    }
    let Some(agent) = grants::agent_of_token(app, token)? else { return Ok(None) };
    let mut conn = app.store.read().await.map_err(Fault::from)?;
    let agent = agents::find(&mut conn, &agent).await.map_err(Fault::from)?;
    let Some(agent) = agent.filter(|it| it.client.as_ref() == Some(&client.id)) else { return Ok(None) };
    match may_act(&mut conn, Some(agent)).await {
        Ok(agent) => Ok(Some(Client { agent: Arc::new(agent), revision: None })),
        // The client is who it says; its token is worth nothing any more.
        Err(Fault::Unauthenticated) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

/// The OAuth client. Who failed too often from one address under one name is refused there, under that name, before
/// anything is looked at.
pub(super) async fn authenticated_client(
    app: &App,
    from: IpAddr,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Authenticated, Refusal> {
    authenticated_as(app, from, headers, form, Known::Now).await
}

async fn authenticated_as(
    app: &App,
    from: IpAddr,
    headers: &HeaderMap,
    form: &Form,
    known: Known,
) -> Result<Authenticated, Refusal> {
    let named = claimed(headers, form);
    app.limits.client(from, &named)?;
    let authenticated = by_any(app, from, headers, form, known).await;
    match &authenticated {
        Ok(client) => tracing::debug!(client = client.id(), "a client authenticated, or said who it is"),
        Err(refusal) if refusal.is_of_client() => app.limits.failed(from, &named),
        Err(_) => {}
    }
    authenticated
}

/// Who it says it is, in whichever way.
fn claimed(headers: &HeaderMap, form: &Form) -> String {
    let field = |name| form.get(name).ok().flatten();
    let basic = || headers.get(header::AUTHORIZATION).and_then(basic_pair).map(|(id, _)| id);
    let asserted = || Assertion::read(field("client_assertion")?).ok().map(|it| it.client);
    field("client_id").map(str::to_owned).or_else(basic).or_else(asserted).unwrap_or_default()
}

/// By `client_secret_basic`, `client_secret_post` or `private_key_jwt`, never by two of them; or by the id alone.
async fn by_any(
    app: &App,
    from: IpAddr,
    headers: &HeaderMap,
    form: &Form,
    known: Known,
) -> Result<Authenticated, Refusal> {
    let basic = headers.get(header::AUTHORIZATION);
    let assertion = form.get("client_assertion")?;
    let ways = [basic.is_some(), form.get("client_secret")?.is_some(), assertion.is_some()];
    if ways.into_iter().filter(|it| *it).count() > 1 {
        return Err(OAuthError::invalid("the client authenticates in two ways at once").into());
    }
    let named = form.get("client_id")?;
    if let Some(assertion) = assertion {
        return match form.get("client_assertion_type")? {
            Some(ASSERTION_TYPE) => by_assertion(app, from, assertion, named).await,
            _ => Err(OAuthError::invalid(format!("client_assertion_type must be {ASSERTION_TYPE}")).into()),
        };
    }
    let (way, id, secret) = match (basic, named, form.get("client_secret")?) {
        (Some(value), _, None) => {
            let (id, secret) = basic_pair(value).ok_or(Fault::Unauthenticated)?;
            (AuthMethod::ClientSecretBasic, id, secret)
        }
        (None, Some(id), Some(secret)) => (AuthMethod::ClientSecretPost, id.to_owned(), secret.to_owned()),
        (None, Some(id), None) => return by_id_alone(app, id).await,
        _ => return Err(Fault::Unauthenticated.into()),
    };
    if named.is_some_and(|named| named != id) {
        return Err(Fault::Unauthenticated.into());
    }
    if let Ok(secret) = OpaqueToken::parse(OpaqueKind::ClientSecret, &secret) {
        return by_client_secret(app, &id, way, &secret).await;
    }
    let secret = OpaqueToken::parse(OpaqueKind::Agent, &secret).map_err(|_| Fault::Unauthenticated)?;
    let client = match known {
        Known::ByRevision => by_remembered_secret(app, &secret).await?,
        Known::Now => Client { agent: Arc::new(by_secret(app, &secret).await?), revision: None },
    };
    if client.agent.id.as_str() == id {
        Ok(Authenticated::Agent(client))
    } else {
        Err(Fault::Unauthenticated.into())
    }
}

/// A public client says who it is, and that is all it can; one that has a secret or a key never comes in this way.
async fn by_id_alone(app: &App, id: &str) -> Result<Authenticated, Refusal> {
    let client = clients::find_known(app, id).await?.ok_or(Fault::Unauthenticated)?;
    match client.auth {
        AuthMethod::None => Ok(Authenticated::OAuth(Box::new(client))),
        AuthMethod::AsAgent => Err(Fault::Unauthenticated.into()),
        _ => Err(OAuthError::other_way(client.auth).into()),
    }
}

/// A client that registered itself, by its secret in the one way that it registered.
async fn by_client_secret(
    app: &App,
    id: &str,
    way: AuthMethod,
    secret: &OpaqueToken,
) -> Result<Authenticated, Refusal> {
    let client = clients::find_known(app, id).await?.ok_or(Fault::Unauthenticated)?;
    if !client.has_secret(app, secret) {
        return Err(Fault::Unauthenticated.into());
    }
    if client.auth != way {
        return Err(OAuthError::other_way(client.auth).into());
    }
    Ok(Authenticated::OAuth(Box::new(client)))
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

async fn by_assertion(
    app: &App,
    from: IpAddr,
    text: &str,
    named: Option<&str>,
) -> Result<Authenticated, Refusal> {
    let assertion = Assertion::read(text).map_err(|why| OAuthError::client(&why))?;
    if named.is_some_and(|named| named != assertion.client) {
        return Err(OAuthError::client(&AssertionError::Parties).into());
    }
    let Ok(agent) = assertion.client.parse::<Slug>() else {
        return by_client_key(app, from, &assertion).await;
    };
    let mut conn = app.store.read().await.map_err(Fault::from)?;
    let keys = keys(&mut conn, &agent).await?;
    let proven = checked(app, &assertion, &keys)?;
    let agent = agents::find(&mut conn, &agent).await.map_err(Fault::from)?;
    let agent = may_act(&mut conn, agent).await?;
    drop(conn);
    let via = used_up(app, proven).await?;
    Ok(Authenticated::Agent(Client { agent: Arc::new(Agent { via: Some(via), ..agent }), revision: None }))
}

/// A client that people bring along, by an assertion that a key in its metadata signed.
async fn by_client_key(app: &App, from: IpAddr, assertion: &Assertion<'_>) -> Result<Authenticated, Refusal> {
    let client = clients::find_known(app, &assertion.client).await?;
    let client = client.filter(|it| it.auth == AuthMethod::PrivateKeyJwt);
    let client = client.ok_or_else(|| OAuthError::client(&AssertionError::NoKey))?;
    let proven = checked(app, assertion, &client.keys()?)?;
    // Anybody can register a key: what is used up is written, so not without a rate.
    app.limits.written(Written::Asserted, from, Some(&client.id))?;
    used_up(app, proven).await?;
    Ok(Authenticated::OAuth(Box::new(client)))
}

fn checked(app: &App, assertion: &Assertion<'_>, keys: &[AgentKey]) -> Result<Proven, OAuthError> {
    // CIBA Core section 7.1 and RFC 9126 section 2 want the door itself to be taken too.
    let doors =
        ["/oauth/token", "/oauth/bc-authorize", "/oauth/par"].map(|door| format!("{}{door}", app.public_url));
    let audiences = [&[app.public_url.clone()][..], &doors].concat();
    assertion.check(keys, &audiences, app.clock.now()).map_err(|why| OAuthError::client(&why))
}

/// Used up before it counts, for every broker on this database. Gives the thumbprint of the key.
async fn used_up(app: &App, proven: Proven) -> Result<String, Refusal> {
    let entering = Entering::Assertion { digest: proven.replay, expires_at: proven.expires_at };
    match app.ledger.act(Act::Enter(Box::new(entering))).await {
        Ok(_) => Ok(proven.thumbprint),
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
