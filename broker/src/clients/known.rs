//! How well a client is known, and what else has a name like its.

use super::{Metadata, redirect};
use crate::{
    app::App,
    fault::Fault,
    services::catalogue,
    store::{
        agents::{self, Agent},
        oauth_clients::{self, Kind, Stored},
        services,
    },
};
use domain::look_alikes::look_alike;
use protocol::{
    Slug,
    clients::{Came, ClientRef, Twin, TwinKind},
};

/// So many twins are told at most: one is warning enough.
const MOST: usize = 3;

/// Products that people know by name, and the domains that may call a client so.
const PRODUCTS: [(&str, &[&str]); 13] = [
    ("Claude", &["claude.ai", "claude.com", "anthropic.com"]),
    ("Claude Code", &["claude.ai", "claude.com", "anthropic.com"]),
    ("Claude Desktop", &["claude.ai", "claude.com", "anthropic.com"]),
    ("ChatGPT", &["chatgpt.com", "openai.com"]),
    ("Codex", &["chatgpt.com", "openai.com"]),
    ("Gemini", &["google.com"]),
    ("Gemini CLI", &["google.com"]),
    ("GitHub Copilot", &["github.com", "microsoft.com"]),
    ("Microsoft Copilot", &["microsoft.com"]),
    ("Visual Studio Code", &["visualstudio.com", "microsoft.com"]),
    ("Cursor", &["cursor.com"]),
    ("Windsurf", &["windsurf.com"]),
    ("Zed", &["zed.dev"]),
];

/// How well the client is known that an agent is; none for an agent that no browser is ever sent back for.
pub async fn client_of(app: &App, agent: &Agent) -> Result<Option<ClientRef>, Fault> {
    let Some(id) = &agent.client else { return Ok(declared(agent)) };
    let stored = oauth_clients::find(&mut app.store.read().await?, id).await?;
    stored.map(|it| brought(&it)).transpose()
}

fn declared(agent: &Agent) -> Option<ClientRef> {
    (!agent.redirect_uris.is_empty()).then(|| ClientRef {
        id: agent.id.to_string(),
        name: agent.title.clone(),
        host: None,
        came: Came::Declared,
        first_seen: agent.created_at,
        redirect_hosts: redirect::hosts(&agent.redirect_uris),
    })
}

fn brought(stored: &Stored) -> Result<ClientRef, Fault> {
    let metadata: Metadata = serde_json::from_str(&stored.body)
        .map_err(|why| Fault::Internal(format!("the client {} is damaged: {why}", stored.id)))?;
    let (came, host) = match stored.kind {
        Kind::Document => (Came::Document, redirect::host(&stored.id)),
        Kind::Registered => (Came::Registered, None),
    };
    Ok(ClientRef {
        id: stored.id.clone(),
        name: metadata.client_name,
        host,
        came,
        first_seen: stored.first_seen_at,
        redirect_hosts: redirect::hosts(&metadata.redirect_uris),
    })
}

/// What else has a name like that of a client that a person brought along: other agents of theirs, clients that another
/// host vouches for, services, and well-known products. The client's names are what it calls itself now and what its
/// agent is called, which is what it called itself when the two met: a card shows both.
pub async fn twins(
    app: &App,
    (agent, title): (&Slug, &str),
    owner: &Slug,
    client: &ClientRef,
) -> Result<Vec<Twin>, Fault> {
    if client.came == Came::Declared {
        return Ok(Vec::new());
    }
    let names = [client.name.as_str(), title];
    let like = |other: &str| names.iter().any(|name| look_alike(other, name));
    let mut conn = app.store.read().await?;
    let mut found = Vec::new();
    let mut note = |kind, name: &str| {
        let twin = Twin { kind, name: name.to_owned() };
        if found.len() < MOST && !found.contains(&twin) {
            found.push(twin);
        }
    };
    for other in agents::list(&mut conn).await?.iter().filter(|it| it.owner == *owner && it.id != *agent) {
        if like(&other.title) || like(other.id.as_str()) {
            note(TwinKind::Agent, &other.title);
        }
    }
    for (id, body) in oauth_clients::documents(&mut conn).await? {
        let host = redirect::host(&id);
        let name = serde_json::from_str::<Metadata>(&body).map(|it| it.client_name).unwrap_or_default();
        if id != client.id && host != client.host && like(&name) {
            note(TwinKind::Client, &format!("{name} ({})", host.unwrap_or_default()));
        }
    }
    for service in services::list(&mut conn).await? {
        let definition = service.definition;
        if like(&definition.title) || like(definition.id.as_str()) {
            note(TwinKind::Service, &definition.title);
        }
    }
    for product in products(client, like) {
        note(TwinKind::Product, product);
    }
    Ok(found)
}

/// Well-known products that it is called like, and that its host does not vouch for.
fn products(client: &ClientRef, like: impl Fn(&str) -> bool) -> impl Iterator<Item = &'static str> {
    let theirs = |domains: &[&str]| {
        let host = client.host.as_deref().unwrap_or_default();
        domains.iter().any(|it| host == *it || host.strip_suffix(it).is_some_and(|rest| rest.ends_with('.')))
    };
    let known = PRODUCTS.iter().filter(move |(_, domains)| !theirs(domains)).map(|(name, _)| *name);
    known
        .chain(catalogue::all().iter().map(|it| it.title.as_str()))
        .filter(|name| like(name))
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn client(name: &str, host: Option<&str>) -> ClientRef {
        ClientRef {
            id: "x".to_owned(),
            name: name.to_owned(),
            host: host.map(str::to_owned),
            came: if host.is_some() { Came::Document } else { Came::Registered },
            first_seen: DateTime::UNIX_EPOCH,
            redirect_hosts: Vec::new(),
        }
    }

    #[test]
    fn a_products_name_is_its_owners() {
        let named = |name: &str, host: Option<&str>| {
            products(&client(name, host), |other| look_alike(other, name)).collect::<Vec<_>>()
        };
        assert_eq!(named("Claude Code", None), ["Claude Code"]);
        assert_eq!(named("CLAUDE-CODE", Some("claude.evil.example")), ["Claude Code"]);
        assert_eq!(named("C1aude  code", Some("notclaude.ai")), ["Claude Code"]);
        assert_eq!(named("GitHub", None), ["GitHub"]);
        assert!(named("Claude Code", Some("claude.ai")).is_empty());
        assert!(named("Claude Code", Some("mcp.claude.ai")).is_empty());
        assert!(named("A tool of mine", None).is_empty());
    }
}
