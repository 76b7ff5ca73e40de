//! Clients register themselves (RFC 7591), and keep what they registered (RFC 7592). The secret and the token that keeps
//! the registration are shown once; only their HMACs are stored.

use super::{AuthMethod, MOST_REGISTERED, Metadata, OAuthClient};
use crate::{
    app::App,
    fault::Fault,
    ledger::{
        LedgerError, Why,
        acts::{Act, ClientAct},
    },
    store::{
        agents,
        oauth_clients::{self, Kind, Stored},
    },
    tokens::{OpaqueError, OpaqueKind, OpaqueToken},
};

/// A registration, with what is shown of it this once.
pub struct Registration {
    /// What is stored.
    pub stored: Stored,
    /// What the client said, as it was taken.
    pub metadata: Metadata,
    /// Its secret, where it has a new one.
    pub secret: Option<OpaqueToken>,
    /// What it keeps its registration with, when it is new.
    pub token: Option<OpaqueToken>,
}

/// A client registers itself.
pub async fn register(app: &App, metadata: Metadata) -> Result<Registration, Fault> {
    let id = mint(app, OpaqueKind::ClientId)?;
    let token = mint(app, OpaqueKind::Registration)?;
    let secret = secret(app, metadata.token_endpoint_auth_method)?;
    let stored = Stored {
        id: id.expose().to_owned(),
        kind: Kind::Registered,
        body: body(&metadata)?,
        secret_mac: secret.as_ref().map(|it| it.mac(&app.mac_key)),
        registration_mac: Some(token.mac(&app.mac_key)),
        first_seen_at: app.clock.now(),
        fetched_at: None,
        fresh_until: None,
        removed_at: None,
    };
    let act = ClientAct::Register { client: Box::new(stored.clone()), most: MOST_REGISTERED };
    app.ledger.act(Act::Client(Box::new(act))).await?;
    Ok(Registration { stored, metadata, secret, token: Some(token) })
}

/// The registration that a token keeps; none if there is no such client or the token is another's, which take the same
/// time.
pub async fn kept_by(app: &App, id: &str, token: &OpaqueToken) -> Result<Option<Registration>, Fault> {
    let stored = oauth_clients::find(&mut app.store.read().await?, id).await?;
    let mac = stored.as_ref().and_then(|it| it.registration_mac.clone()).unwrap_or_default();
    if !token.matches(&app.mac_key, &mac) {
        return Ok(None);
    }
    let Some(stored) = stored.filter(|it| it.removed_at.is_none()) else { return Ok(None) };
    let metadata = serde_json::from_str(&stored.body)
        .map_err(|why| Fault::Internal(format!("the client {id} is damaged: {why}")))?;
    Ok(Some(Registration { stored, metadata, secret: None, token: None }))
}

/// The client says anew what it is. It keeps its secret if it still authenticates by one.
pub async fn change(app: &App, before: Registration, metadata: Metadata) -> Result<Registration, Fault> {
    let method = metadata.token_endpoint_auth_method;
    let keeps = method.has_secret() && before.stored.secret_mac.is_some();
    let secret = if keeps { None } else { secret(app, method)? };
    let secret_mac = match &secret {
        Some(new) => Some(new.mac(&app.mac_key)),
        None => before.stored.secret_mac.filter(|_| keeps),
    };
    let stored = Stored { body: body(&metadata)?, secret_mac, ..before.stored };
    let act = ClientAct::Change { client: Box::new(stored.clone()) };
    app.ledger.act(Act::Client(Box::new(act))).await?;
    Ok(Registration { stored, metadata, secret, token: None })
}

/// The client goes: the sessions of its agents end, and they ask for nothing more.
pub async fn remove(app: &App, registration: &Registration) -> Result<(), Fault> {
    let id = &registration.stored.id;
    let remove = async |agents| {
        let act = ClientAct::Remove { id: id.clone(), agents };
        app.ledger.act(Act::Client(Box::new(act))).await
    };
    // What ends nothing does not keep others waiting.
    let agents = !agents::all_of_client(&mut app.store.read().await?, id).await?.is_empty();
    match remove(agents).await {
        Err(LedgerError::Refused(Why::Changed)) if !agents => remove(true).await?,
        done => done?,
    };
    Ok(())
}

/// Whether a text that a client sent along is the secret that it has.
pub fn is_secret_of(app: &App, registration: &Registration, text: &str) -> bool {
    let Ok(secret) = OpaqueToken::parse(OpaqueKind::ClientSecret, text) else { return false };
    OAuthClient::of(registration.stored.clone()).ok().flatten().is_some_and(|it| it.has_secret(app, &secret))
}

fn secret(app: &App, method: AuthMethod) -> Result<Option<OpaqueToken>, Fault> {
    method.has_secret().then(|| mint(app, OpaqueKind::ClientSecret)).transpose()
}

fn mint(app: &App, kind: OpaqueKind) -> Result<OpaqueToken, Fault> {
    let failed = |why: OpaqueError| Fault::Internal(why.to_string());
    OpaqueToken::mint(kind, app.rng.source()).map_err(failed)
}

fn body(metadata: &Metadata) -> Result<String, Fault> {
    serde_json::to_string(metadata).map_err(|why| Fault::Internal(why.to_string()))
}
