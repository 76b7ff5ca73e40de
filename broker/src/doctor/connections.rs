//! Each connection: its credential opens, its service can be reached, its last call. The credential is sent nowhere.

use super::{Check, Patient, ago, probe::Leaf};
use crate::{
    egress::{ConnectError, Destination, Origin},
    services::context::context,
    store::{
        self,
        audit::{self, LastCall},
        connections::{self, Connection},
        services,
    },
    vault::VaultError,
};
use futures::future::join_all;
use protocol::{Slug, services::ServiceDefinition};
use std::{collections::HashMap, time::Duration};
use tokio::time::timeout;

/// Services that are reached at once, and how long each may take.
const AT_ONCE: usize = 16;
const PATIENCE: Duration = Duration::from_secs(8);

/// What came of reaching a service.
type Reached = Result<Option<Leaf>, String>;

pub(super) async fn look(it: &Patient<'_>) -> sqlx::Result<Vec<Check>> {
    let mut conn = it.store.read().await?;
    let services = services::list(&mut conn).await?.into_iter();
    let services: HashMap<Slug, _> = services.map(|it| (it.definition.id.clone(), it)).collect();
    let connections = connections::list(&mut conn).await?;
    let calls = audit::last_calls(&mut conn).await?;
    drop(conn);
    let wanted = services.values().map(|it| &it.definition);
    let wanted: Vec<_> =
        wanted.filter(|service| connections.iter().any(|it| it.service == service.id)).collect();
    let mut reached: HashMap<Slug, Reached> = HashMap::new();
    for some in wanted.chunks(AT_ONCE) {
        let mut reaching = Vec::with_capacity(some.len());
        for service in some {
            reaching.push(reach(it, service));
        }
        reached.extend(some.iter().map(|it| it.id.clone()).zip(join_all(reaching).await));
    }
    let checks = connections.iter().filter_map(|connection| {
        let service = services.get(&connection.service)?;
        let call = calls.iter().find(|it| it.connection == connection.id.as_str());
        let name = format!("connection {}", connection.id);
        let mut found = one(it, &name, &service.definition, connection, reached.get(&connection.service)?);
        if service.blocked {
            found = Check::warning(
                &name,
                format!("{} is blocked; {}", connection.service, found.what),
                "unblock it, if it is to be used",
            );
        }
        Some(with_last_call(it, found, call))
    });
    Ok(checks.collect())
}

async fn reach(it: &Patient<'_>, service: &ServiceDefinition) -> Reached {
    let origin = Origin::parse(&service.origin)
        .map_err(|error| format!("has no address that can be called: {error}"))?;
    let to = Destination { origin, allow_private: service.allow_private, connection: String::new() };
    match timeout(PATIENCE, it.egress.reach(&to)).await {
        Ok(Ok(leaf)) => Ok(leaf.map(|it| Leaf::of(&it))),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(ConnectError::Timeout.to_string()),
    }
}

fn one(
    it: &Patient<'_>,
    name: &str,
    service: &ServiceDefinition,
    connection: &Connection,
    reached: &Reached,
) -> Check {
    let origin = &service.origin;
    let opened = opens(it, service, connection);
    if let Err((what, to_do)) = &opened {
        return Check::failure(name, what, *to_do);
    }
    let opened = opened.unwrap_or_default();
    match reached {
        Err(why) => {
            let to_do = "look at the name, the firewall and the certificate of the service; for a private address, its \
                         allow_private; for an authority of your own, upstream_ca";
            Check::failure(name, format!("{opened}, but {origin} cannot be used: {why}"), to_do)
        }
        Ok(leaf) => match leaf.as_ref().and_then(|leaf| leaf.ends_soon(it.clock.now())) {
            Some(soon) => Check::warning(
                name,
                format!("{opened}; {origin} answers, {soon}"),
                "tell whoever runs the service",
            ),
            None => Check::ok(name, format!("{opened}; {origin} answers")),
        },
    }
}

/// Whether the credential opens where its service is now. It is dropped at once.
fn opens(
    it: &Patient<'_>,
    service: &ServiceDefinition,
    connection: &Connection,
) -> Result<&'static str, (String, &'static str)> {
    const AGAIN: &str = "enter the credential again: countersign-broker apply --reseal";
    let place = context(service, connection)
        .map_err(|error| (format!("its service has no address: {error}"), AGAIN))?;
    match it.vault.open_secret(&place.bound(), &connection.record) {
        Ok(_) => Ok("the credential opens"),
        Err(VaultError::Sealed) => Ok("the vault is sealed, so the credential was not tried"),
        // Another broker has a key that this one has not heard of yet; a call asks again.
        Err(error @ VaultError::UnknownKey { .. }) => {
            Err((error.to_string(), "run it again; then countersign-broker keys status"))
        }
        Err(error) => Err((format!("the credential does not open: {error}"), AGAIN)),
    }
}

/// Adds what came of the last call.
fn with_last_call(it: &Patient<'_>, check: Check, call: Option<&LastCall>) -> Check {
    let Some(call) = call else { return Check { what: format!("{}; no call lately", check.what), ..check } };
    let when = ago((it.clock.now() - store::time(call.at)).num_seconds());
    let outcome = match (call.status, call.outcome.as_str()) {
        (Some(status), "complete") => format!("answered {status}"),
        (Some(status), other) => format!("answered {status}, {}", other.replace('_', " ")),
        (None, other) => other.replace('_', " "),
    };
    let what = format!("{}; last call {when}: {outcome}", check.what);
    let refused = matches!(call.status, Some(401 | 403));
    if refused && check.verdict == super::Verdict::Ok {
        let to_do = "the service may not accept the credential any more: get a new one, then apply --reseal";
        return Check::warning(check.name, what, to_do);
    }
    Check { what, ..check }
}
