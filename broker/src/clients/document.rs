//! Clients that are known by a document: what was fetched, and for how long it is believed.
//!
//! A document is remembered here until its time is up, and stored with the first agent that comes of it, so that strangers
//! write nothing. A failed fetch is remembered too, briefly: nobody makes the broker hammer a host. A document that cannot
//! be fetched again is not believed any longer; there is no falling back to what it said before.

use super::{Metadata, OAuthClient, fetch};
use crate::{
    app::App,
    fault::Fault,
    ledger::acts::{Act, ClientAct},
    store::oauth_clients::{self, Kind, Stored},
};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::Slug;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Documents that are remembered at most.
const MOST: usize = 1_000;
/// For how long a failure is remembered.
const FAILED: TimeDelta = TimeDelta::minutes(1);
/// The longest address.
const LONGEST: usize = 512;

/// What was fetched, and failed to be.
#[derive(Debug, Default)]
pub struct Documents {
    known: Mutex<HashMap<String, Known>>,
    /// One fetch of one address at a time: who comes meanwhile gets what it brings.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Debug, Clone)]
struct Known {
    until: DateTime<Utc>,
    what: Result<Stored, String>,
}

impl Documents {
    fn fresh(&self, url: &str, now: DateTime<Utc>) -> Option<Result<Stored, String>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(url).filter(|it| it.until > now).map(|it| it.what.clone())
    }

    fn remember(&self, url: &str, known: Known, now: DateTime<Utc>) {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, it| it.until > now);
        }
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(url.to_owned(), known);
    }

    fn turn(&self, url: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        turns.entry(url.to_owned()).or_default().clone()
    }
}

/// The client whose document is at this address. One that nobody has brought along yet is fetched for a person only.
pub(super) async fn find(app: &App, url: &str, person: Option<&Slug>) -> Result<Option<OAuthClient>, Fault> {
    if !app.clients.documents {
        return Ok(None);
    }
    let refused = |why: &str| Fault::invalid("client_id", format!("the client's document: {why}"));
    let host = check(url).map_err(refused)?;
    if !app.clients.hosts.is_empty() && !app.clients.hosts.contains(&host) {
        return Err(refused("the operator of this broker takes documents from other hosts only"));
    }
    if let Some(known) = app.documents.fresh(url, app.clock.now()) {
        return known.map_or_else(|why| Err(refused(&why)), OAuthClient::of);
    }
    let turn = app.documents.turn(url);
    let _mine = turn.lock().await;
    if let Some(known) = app.documents.fresh(url, app.clock.now()) {
        return known.map_or_else(|why| Err(refused(&why)), OAuthClient::of);
    }
    let stored = oauth_clients::find(&mut app.store.read().await?, url).await?;
    match (&stored, person) {
        (Some(it), _) if it.removed_at.is_some() => return Ok(None),
        (Some(it), _) if it.fresh_until.is_some_and(|until| until > app.clock.now()) => {
            remember(app, it);
            return OAuthClient::of(it.clone());
        }
        (Some(_), _) => app.limits.document_again(url)?,
        (None, Some(person)) => app.limits.unseen_document(person, &host)?,
        (None, None) => return Ok(None),
    }
    match fetch::fetch(app, url).await {
        Ok(fetched) => OAuthClient::of(taken(app, url, stored, fetched).await?),
        Err(why) => {
            tracing::info!(host, why, "a client's document was not taken");
            let now = app.clock.now();
            app.documents.remember(url, Known { until: now + FAILED, what: Err(why.clone()) }, now);
            Err(refused(&why))
        }
    }
}

/// What was fetched is remembered, and stored if somebody has brought the client along.
async fn taken(
    app: &App,
    url: &str,
    before: Option<Stored>,
    (metadata, fresh): (Metadata, TimeDelta),
) -> Result<Stored, Fault> {
    let now = app.clock.now();
    let body = serde_json::to_string(&metadata).map_err(|why| Fault::Internal(why.to_string()))?;
    let stored = Stored {
        id: url.to_owned(),
        kind: Kind::Document,
        body,
        secret_mac: None,
        registration_mac: None,
        first_seen_at: before.as_ref().map_or(now, |it| it.first_seen_at),
        fetched_at: Some(now),
        fresh_until: Some(now + fresh),
        removed_at: None,
    };
    if before.is_some() {
        let act = ClientAct::Fetched { client: Box::new(stored.clone()) };
        app.ledger.act(Act::Client(Box::new(act))).await?;
    }
    remember(app, &stored);
    Ok(stored)
}

fn remember(app: &App, stored: &Stored) {
    let now = app.clock.now();
    let until = stored.fresh_until.unwrap_or(now);
    app.documents.remember(&stored.id, Known { until, what: Ok(stored.clone()) }, now);
}

/// Whether an address can be that of a client's document, and at which host; with the port where it is not the usual.
fn check(url: &str) -> Result<String, &'static str> {
    if url.len() > LONGEST {
        return Err("its address must be at most 512 characters");
    }
    super::redirect::check(url)
        .map_err(|_| "its address must be a plain https address in its usual spelling")?;
    let parsed = url::Url::parse(url).map_err(|_| "its address is none")?;
    if parsed.as_str() != url || parsed.scheme() != "https" {
        return Err("its address must be a plain https address in its usual spelling");
    }
    if parsed.path() == "/" {
        return Err("its address must have a path");
    }
    let Some(url::Host::Domain(host)) = parsed.host() else {
        return Err("its address must name a host, not an IP address");
    };
    Ok(parsed.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as4_an_address_of_a_document_is_plain_https_with_a_path() {
        for good in [
            ("https://claude.ai/oauth/client.json", "claude.ai"),
            ("https://client.example:8443/c", "client.example:8443"),
            ("https://xn--bcher-kva.example/c", "xn--bcher-kva.example"),
        ] {
            assert_eq!(check(good.0).as_deref(), Ok(good.1));
        }
        for bad in [
            "https://client.example",
            "https://client.example/",
            "http://client.example/c",
            "http://localhost/c",
            "https://client.example/c#f",
            "https://client.example/c#",
            "https://user@client.example/c",
            "https://client.example/a/../c",
            "https://client.example/./c",
            "https://client.example/a/%2e%2e/c",
            "https://client.example/a/%2E./c",
            "https://CLIENT.example/c",
            "https://client.example:443/c",
            "https://client.example./c",
            "https://127.0.0.1/c",
            "https://169.254.169.254/latest",
            "https://2130706433/c",
            "https://0x7f.1/c",
            "https://[::1]/c",
            "https://[::ffff:169.254.169.254]/c",
            "https://*.example/c",
            "ftp://client.example/c",
            "https:/client.example/c",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&format!("https://client.example/{}", "a".repeat(512))).is_err());
    }
}
