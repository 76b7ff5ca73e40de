//! What a client asks for, in whichever of OAuth's words: `authorization_details` (RFC 9396), `scope`, `resource`
//! (RFC 8707), or none of them. All of it becomes the lines of one request.

use super::{
    OAuthError,
    metadata::{all_mcp, resource_of},
    params::Params,
};
use domain::pin::Offered;
use protocol::{
    AskedLine, Slug,
    services::{Effect, ServiceKind},
};
use std::collections::{BTreeMap, BTreeSet};

/// Scopes of OpenID Connect that mean nothing here and are ignored, as its Core section 3.1.2.1 asks. `offline_access` is
/// among them: there is never a refresh token.
const IGNORED: [&str; 5] = ["profile", "email", "address", "phone", "offline_access"];

/// The longest `authorization_details` that are looked at.
const LONGEST: usize = 32 * 1024;

/// So many tools of one server are offered to a client that named nothing, where no admin marked any; those that read come first.
const MOST_TOOLS: usize = 200;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The lines; none where nothing was named and there is nothing to offer.
    pub lines: Vec<AskedLine>,
    /// Whether they are what is offered at MCP servers to a client that named nothing, of several of them or all that they
    /// have: a person chooses among those, and none is chosen before.
    pub unchosen: bool,
    /// Whether an ID token is asked for.
    pub openid: bool,
    /// The resources that the access token is restricted to; none for all that is granted.
    pub resources: Vec<String>,
    /// The services they are.
    pub services: Vec<Slug>,
    /// Why, in the client's words, if it said so in a `purpose` of its own.
    pub purpose: Option<String>,
    /// For how long, in seconds, if it said so in a `duration` of its own.
    pub duration: Option<u32>,
}

/// What an owner's client asks for. `offered` is all that the owner's agents may ask for.
pub(super) fn read(
    issuer: &str,
    params: &Params,
    offered: &BTreeMap<Slug, Offered>,
) -> Result<Asked, OAuthError> {
    let services = services(issuer, params, offered)?;
    let details = params.get("authorization_details").map(details).transpose()?.unwrap_or_default();
    let scopes: BTreeSet<&str> = params.get("scope").unwrap_or_default().split(' ').collect();
    let openid = scopes.contains("openid");
    let named = scopes.iter().filter(|it| !it.is_empty() && **it != "openid" && !IGNORED.contains(it));
    let named: Vec<&str> = named.copied().collect();
    let mut lines = details;
    let mut unchosen = false;
    if lines.is_empty() && named.is_empty() {
        lines = marked(&services, offered);
        unchosen = lines.is_empty() || lines.len() > 1 && is_for_all_mcp(issuer, params);
        if lines.is_empty() {
            lines = tools(&services, offered);
        }
    } else {
        lines.extend(of_scopes(&named, &services, offered)?);
    }
    if let Some(other) = lines.iter().find(|it| !services.is_empty() && !services.contains(&it.service)) {
        let why = format!("{} is asked for, and resource does not name it", other.service);
        return Err(OAuthError::new("invalid_target", why));
    }
    let duration =
        params.get("duration").map(|it| it.parse().map_err(|_| seconds("duration"))).transpose()?;
    Ok(Asked {
        unchosen: unchosen && !lines.is_empty(),
        lines,
        openid,
        resources: resources(issuer, params, &services, offered),
        services,
        purpose: params.get("purpose").map(str::to_owned),
        duration,
    })
}

/// A number of seconds that is none.
pub(super) fn seconds(name: &str) -> OAuthError {
    OAuthError::invalid(format!("{name} must be a whole number of seconds"))
}

/// The services that `resource` names. The broker itself is no restriction.
fn services(
    issuer: &str,
    params: &Params,
    offered: &BTreeMap<Slug, Offered>,
) -> Result<Vec<Slug>, OAuthError> {
    let mut services = Vec::new();
    for resource in params.all("resource") {
        let resource = resource.strip_suffix('/').unwrap_or(resource);
        if resource == issuer {
            continue;
        }
        let all = resource == all_mcp(issuer);
        let of = |(id, it): &(&Slug, &Offered)| {
            let kind = it.definition.kind;
            resource == resource_of(issuer, id, kind) || all && kind == ServiceKind::Mcp
        };
        let meant: Vec<&Slug> = offered.iter().filter(of).map(|(id, _)| id).collect();
        if meant.is_empty() {
            let why = format!(
                "there is no such resource to ask for; resources are {issuer}/proxy/SERVICE, {issuer}/mcp/SERVICE and \
                 {issuer}/mcp"
            );
            return Err(OAuthError::new("invalid_target", why));
        }
        for service in meant {
            if !services.contains(service) {
                services.push(service.clone());
            }
        }
    }
    Ok(services)
}

/// Whether the door to all MCP servers is among the resources.
fn is_for_all_mcp(issuer: &str, params: &Params) -> bool {
    let all = all_mcp(issuer);
    params.all("resource").any(|it| it.strip_suffix('/').unwrap_or(it) == all)
}

/// What the token is restricted to: the resources that were named, each once, as metadata writes them.
fn resources(
    issuer: &str,
    params: &Params,
    services: &[Slug],
    offered: &BTreeMap<Slug, Offered>,
) -> Vec<String> {
    let behind = is_for_all_mcp(issuer, params);
    let kind = |service: &Slug| offered.get(service).map_or(ServiceKind::Http, |it| it.definition.kind);
    let single = services.iter().filter(|it| !behind || kind(it) != ServiceKind::Mcp);
    let mut resources: Vec<String> = single.map(|it| resource_of(issuer, it, kind(it))).collect();
    resources.extend(behind.then(|| all_mcp(issuer)));
    resources
}

fn details(text: &str) -> Result<Vec<AskedLine>, OAuthError> {
    let refuse = |why: String| OAuthError::new("invalid_authorization_details", why);
    if text.len() > LONGEST {
        return Err(refuse(format!("must have at most {LONGEST} bytes")));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let read: Vec<AskedLine> = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| refuse(format!("{}: {}", error.path(), error.inner())))?;
    json.end().map_err(|_| refuse("there is something behind its JSON".to_owned()))?;
    if read.is_empty() {
        return Err(refuse("must have at least one object".to_owned()));
    }
    Ok(read)
}

/// One line for each service that scopes name actions of.
fn of_scopes(
    scopes: &[&str],
    services: &[Slug],
    offered: &BTreeMap<Slug, Offered>,
) -> Result<Vec<AskedLine>, OAuthError> {
    let mut actions: BTreeMap<&Slug, Vec<String>> = BTreeMap::new();
    for scope in scopes {
        let (service, action) = meant(scope, services, offered)?;
        actions.entry(service).or_default().push(action.to_owned());
    }
    Ok(actions.into_iter().map(|(service, actions)| line(service, actions)).collect())
}

/// The action that a scope names: `SERVICE:ACTION`, or the action alone where it is clear of which service.
fn meant<'a>(
    scope: &'a str,
    services: &[Slug],
    offered: &'a BTreeMap<Slug, Offered>,
) -> Result<(&'a Slug, &'a str), OAuthError> {
    let refuse = |why: &str| OAuthError::new("invalid_scope", format!("{scope:?} {why}"));
    let has = |it: &Offered, action: &str| it.definition.actions.iter().any(|known| known.name == action);
    if let Some((service, action)) = scope.split_once(':') {
        let found = offered.iter().find(|(id, it)| id.as_str() == service && has(it, action));
        return found.map(|(id, _)| (id, action)).ok_or_else(|| refuse("is no SERVICE:ACTION to ask for"));
    }
    let among = |id: &Slug| services.is_empty() || services.contains(id);
    let mut found = offered.iter().filter(|(id, it)| among(id) && has(it, scope));
    match (found.next(), found.next()) {
        (Some((id, _)), None) => Ok((id, scope)),
        (None, _) => Err(refuse("is no action to ask for")),
        (Some(_), Some(_)) => {
            Err(refuse("is an action of several services: write SERVICE:ACTION, or name the resource"))
        }
    }
}

/// What admins marked as a default of the services that are meant: of all, where none is named.
fn marked(services: &[Slug], offered: &BTreeMap<Slug, Offered>) -> Vec<AskedLine> {
    let meant = offered.iter().filter(|(id, _)| services.is_empty() || services.contains(id));
    let marked = meant.filter(|(_, it)| !it.definition.default_actions.is_empty());
    marked.map(|(id, it)| line(id, it.definition.default_actions.clone())).collect()
}

/// What the MCP servers that are named offer and a person can grant. A client of MCP names nothing, and knows of no tool before
/// it is granted one: without an admin's word a person has to choose among all of them.
fn tools(services: &[Slug], offered: &BTreeMap<Slug, Offered>) -> Vec<AskedLine> {
    let servers =
        offered.iter().filter(|(id, it)| services.contains(id) && it.definition.kind == ServiceKind::Mcp);
    let lines = servers.map(|(id, it)| {
        let mut actions: Vec<_> = it.definition.actions.iter().filter(|it| !it.ask).collect();
        actions.sort_by_key(|it| it.effect != Effect::Read);
        line(id, actions.into_iter().take(MOST_TOOLS).map(|it| it.name.clone()).collect())
    });
    lines.filter(|it| !it.actions.is_empty()).collect()
}

fn line(service: &Slug, actions: Vec<String>) -> AskedLine {
    AskedLine {
        kind: protocol::lines::LineType::ServiceAccess,
        service: service.clone(),
        actions,
        resources: Vec::new(),
        conditions: Vec::new(),
        limits: protocol::Limits::default(),
        connection: None,
    }
}
