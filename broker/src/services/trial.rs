//! Whether a service takes a connection's credential, found out by one harmless call that a person makes: no agent, no
//! grant, no answer shown but its status.

use super::directory::{Directory, Reachable};
use crate::{
    app::App,
    calls,
    egress::{BoxError, EgressError, Outgoing, Silence},
    fault::Fault,
    grants::Visitor,
    ledger::acts::{Act, Trial},
    store::{connections::Test, millis},
};
use domain::definition::template_of;
use http::{HeaderMap, Method, header};
use http_body_util::{BodyExt as _, Empty};
use protocol::{
    Slug,
    services::{Effect, Recogniser, ServiceDefinition},
};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a service may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tries a connection; gives what it came to.
pub async fn test(app: &App, visitor: &Visitor, connection: &Slug) -> Result<Test, Fault> {
    if app.vault.is_sealed() {
        return Err(crate::vault::VaultError::Sealed.into());
    }
    let directory = app.directories.newest().await?;
    let through = directory.connection(connection).ok_or(Fault::NotFound("connection"))?;
    let service = directory.service(&through.connection.service).ok_or(Fault::NotFound("service"))?;
    let (method, path) = harmless(&service.definition);
    let (person, via) = (visitor.person.id.clone(), visitor.via.clone());
    let call = format!("{method} {path}");
    let begin = Trial::Begin {
        connection: connection.clone(),
        secret_version: through.connection.version,
        service_version: service.version,
        call: call.clone(),
        person: person.clone(),
        via: via.clone(),
    };
    app.ledger.act(Act::Try(Box::new(begin))).await?;
    let begun = Instant::now();
    let (status, outcome) = made(app, &directory, through, (method, path)).await;
    let test = Test {
        connection: connection.to_string(),
        version: through.connection.version,
        at: millis(app.clock.now()),
        person: person.to_string(),
        call,
        status: status.map(i64::from),
        outcome: outcome.to_owned(),
        ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
    };
    app.ledger.act(Act::Try(Box::new(Trial::End { test: test.clone(), person, via }))).await?;
    Ok(test)
}

/// An action that only reads and needs no names, or the root of the service.
fn harmless(service: &ServiceDefinition) -> (Method, String) {
    let plain = service.actions.iter().find_map(|action| {
        let Recogniser::Http { method, path } = &action.recogniser else { return None };
        let method = [Method::GET, Method::HEAD].into_iter().find(|it| it.as_str() == method)?;
        let harmless =
            action.effect == Effect::Read && template_of(action).is_some_and(|it| !it.contains('{'));
        harmless.then(|| (method, path.clone()))
    });
    plain.unwrap_or((Method::HEAD, "/".to_owned()))
}

async fn made(
    app: &App,
    directory: &Directory,
    through: &Reachable,
    (method, path_and_query): (Method, String),
) -> (Option<u16>, &'static str) {
    let Some(service) = directory.service(&through.connection.service) else {
        return (None, "service_is_gone");
    };
    let injected = match calls::credential(app, &service.definition, through) {
        Ok(injected) => injected,
        Err(Fault::Vault(crate::vault::VaultError::Sealed)) => return (None, "sealed"),
        Err(error) => {
            tracing::warn!(%error, connection = %through.connection.id, "a credential does not open");
            return (None, "secret_not_opened");
        }
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, header::HeaderValue::from_static("identity"));
    headers.insert(header::USER_AGENT, header::HeaderValue::from_static("countersign"));
    headers.extend(injected.header);
    let body = Empty::new().map_err(BoxError::from).boxed_unsync();
    let outgoing = Outgoing { method, path_and_query, headers, body, silence: Silence::Usual };
    match timeout(PATIENCE, app.egress.send(&through.destination, outgoing)).await {
        Ok(Ok(answer)) => (Some(answer.status().as_u16()), "answered"),
        Ok(Err(error)) => (None, error.code()),
        Err(_) => (None, EgressError::FirstByteTimeout.code()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::services::{AuthStyle, ServiceKind};

    fn service(actions: &[(Effect, &str, &str)]) -> ServiceDefinition {
        let action = |(effect, method, path): &(Effect, &str, &str)| protocol::Action {
            name: "it".to_owned(),
            verb: "do".to_owned(),
            object: "it".to_owned(),
            effect: *effect,
            reversible: true,
            ask: false,
            recogniser: Recogniser::Http { method: (*method).to_owned(), path: (*path).to_owned() },
        };
        ServiceDefinition {
            id: "git".parse().unwrap(),
            title: "Git".to_owned(),
            kind: ServiceKind::Http,
            origin: "https://git.example".to_owned(),
            auth: AuthStyle::Bearer,
            allow_private: false,
            sensitive: false,
            resource: None,
            approvals: 1,
            four_eyes: false,
            default_actions: Vec::new(),
            mcp: None,
            actions: actions.iter().map(action).collect(),
        }
    }

    #[test]
    fn only_what_reads_and_needs_no_names_is_tried() {
        let root = (Method::HEAD, "/".to_owned());
        let table = [
            (vec![(Effect::Read, "GET", "/user")], (Method::GET, "/user".to_owned())),
            (vec![(Effect::Read, "HEAD", "/user")], (Method::HEAD, "/user".to_owned())),
            (vec![(Effect::Delete, "GET", "/wipe")], root.clone()),
            (vec![(Effect::Read, "POST", "/search")], root.clone()),
            (vec![(Effect::Read, "GET", "/{repo}/issues")], root),
        ];
        for (actions, expected) in table {
            assert_eq!(harmless(&service(&actions)), expected, "{actions:?}");
        }
    }
}
