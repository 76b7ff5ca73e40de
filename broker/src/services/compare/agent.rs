//! Agents: the owner never changes. What a removed credential ends is said.

use super::{Change, Difference, Found, Step, Wanted, is_person, moved, plain};
use crate::{
    clients::redirect,
    ledger::acts::Credentials,
    services::WantedAgent,
    store::{agent_keys::Key, agents::Agent, time},
    tokens::AgentKey,
};
use std::collections::BTreeSet;

pub(super) fn compare(
    declared: &WantedAgent,
    wanted: &Wanted,
    found: &Found,
) -> Result<Option<Change>, String> {
    let name = &declared.name;
    plain("agent", name, "title", &declared.title)?;
    for uri in declared.redirect_uris.iter().flatten() {
        redirect::check(uri).map_err(|why| format!("agent {name}: redirect_uris: {why}"))?;
    }
    is_person(&declared.owner, wanted, found).map_err(|why| format!("agent {name}: {why}"))?;
    check_keys(declared).map_err(|why| format!("agent {name}: {why}"))?;
    let before = found.agents.get(name);
    if let Some(other) = before.filter(|it| it.owner != declared.owner) {
        return Err(format!(
            "agent {name}: it belongs to {} for good; declare a new one instead",
            other.owner
        ));
    }
    if let Some(client) = before.and_then(|it| it.client.as_ref()) {
        return Err(format!(
            "agent {name}: a person brought it along as the OAuth client {client}, which says what it is; declare another \
             one instead"
        ));
    }
    let renewed = wanted.new_secrets.contains(name);
    if renewed && declared.secret == Some(false) {
        return Err(format!("agent {name}: it is to get a new secret, but the file says secret = false"));
    }
    let has = found.secrets.contains(name);
    let keyless = declared.keys.as_ref().is_none_or(Vec::is_empty);
    let new_secret = renewed || !has && declared.secret.unwrap_or(before.is_none() && keyless);
    let credentials = credentials(declared, found, wanted.end_sessions && renewed);
    let mut details = details(before, declared, (new_secret && before.is_none()).then_some("gets a secret"));
    if new_secret && before.is_some() {
        details.push(new_secret_words(has, credentials.end_sessions).to_owned());
    }
    details.extend(credential_words(&credentials, declared, found));
    if details.is_empty() {
        return Ok(None);
    }
    let mut difference = Difference::new(before.is_none(), "agent", name, details);
    difference.new_secret = new_secret.then(|| name.clone());
    difference.sessions_end = sessions_end(&credentials, found);
    let agent = Agent {
        id: name.clone(),
        title: declared.title.clone(),
        owner: declared.owner.clone(),
        direct: declared.direct,
        blocked: before.is_some_and(|it| it.blocked),
        // The ledger numbers secrets and dates agents by itself.
        key: before.map_or(0, |it| it.key),
        created_at: before.map_or(time(0), |it| it.created_at),
        client: None,
        redirect_uris: redirect_uris(declared, before),
        via: None,
    };
    Ok(Some(Change { step: Step::Agent { agent, new_secret, credentials }, difference }))
}

/// What is left out stays.
fn redirect_uris(declared: &WantedAgent, before: Option<&Agent>) -> Vec<String> {
    let before = || before.map(|it| it.redirect_uris.clone()).unwrap_or_default();
    declared.redirect_uris.clone().unwrap_or_else(before)
}

fn details(before: Option<&Agent>, declared: &WantedAgent, secret: Option<&str>) -> Vec<String> {
    let direct = |direct: bool| (if direct { "yes" } else { "no" }).to_owned();
    let Some(before) = before else {
        let mut details = vec![format!("{}, of {}", declared.title, declared.owner)];
        details.extend(declared.direct.then(|| "may use its grant token at the proxy".to_owned()));
        details.extend(secret.map(str::to_owned));
        details.extend(declared.redirect_uris.iter().flatten().map(|it| format!("codes for it go to {it}")));
        return details;
    };
    let (had, has) = (&before.redirect_uris, redirect_uris(declared, Some(before)));
    let lost = had.iter().filter(|it| !has.contains(it)).map(|it| format!("codes no longer go to {it}"));
    let new = has.iter().filter(|it| !had.contains(it)).map(|it| format!("codes for it go to {it}"));
    let sent: Vec<String> = lost.chain(new).collect();
    moved("title", &before.title, &declared.title)
        .into_iter()
        .chain(moved("grant token at the proxy", &direct(before.direct), &direct(declared.direct)))
        .chain(sent)
        .collect()
}

fn new_secret_words(has: bool, end_sessions: bool) -> &'static str {
    match (has, end_sessions) {
        (false, _) => "gets a secret",
        (true, false) => {
            "gets a new secret; the old one stops working, live sessions go on (--end-sessions ends them)"
        }
        (true, true) => "gets a new secret; the old one stops working, and all its sessions and requests end",
    }
}

/// Every key must be one, and every name must be one key's.
fn check_keys(declared: &WantedAgent) -> Result<(), String> {
    let (mut names, mut thumbprints) = (BTreeSet::new(), BTreeSet::new());
    for key in declared.keys.iter().flatten() {
        let read = AgentKey::from_jwk(&key.jwk).and_then(|it| it.named(&key.kid));
        let read = read.map_err(|why| format!("key {}: {why}", key.kid.escape_default()))?;
        if read.thumbprint() != key.thumbprint {
            return Err(format!("key {}: its thumbprint is another", key.kid));
        }
        if !thumbprints.insert(&key.thumbprint) {
            return Err(format!("key {} stands there twice", key.kid));
        }
        if !names.insert(&key.kid) {
            return Err(format!("two keys are called {}", key.kid));
        }
    }
    Ok(())
}

fn credentials(declared: &WantedAgent, found: &Found, end_sessions: bool) -> Credentials {
    let has = found.keys_of(&declared.name);
    let (added, removed) = declared.keys.as_ref().map_or_else(Default::default, |keys| {
        let added: Vec<Key> = keys.iter().filter(|key| !has.contains(key)).cloned().collect();
        let gone = |key: &&Key| keys.iter().all(|it| it.thumbprint != key.thumbprint);
        let removed: Vec<String> = has.iter().filter(gone).map(|key| key.thumbprint.clone()).collect();
        (added, removed)
    });
    let no_secret = declared.secret == Some(false) && found.secrets.contains(&declared.name);
    Credentials { agent: declared.name.clone(), added, removed, no_secret, end_sessions }
}

fn credential_words(credentials: &Credentials, declared: &WantedAgent, found: &Found) -> Vec<String> {
    let has = found.keys_of(&declared.name);
    let added = credentials.added.iter().map(|key| {
        let (kid, thumbprint) = (&key.kid, &key.thumbprint);
        match has.iter().find(|it| it.thumbprint == *thumbprint) {
            Some(before) => format!("key {} is called {kid}", before.kid),
            None => format!("gets key {kid} (SHA-256 thumbprint {thumbprint})"),
        }
    });
    let lost = |kid: &str| format!("loses key {kid}; what was asked with it ends");
    let removed =
        has.iter().filter(|it| credentials.removed.contains(&it.thumbprint)).map(|it| lost(&it.kid));
    let secret = credentials.no_secret.then(|| "loses its secret; what was asked with it ends".to_owned());
    let mut words: Vec<String> = added.chain(removed).chain(secret).collect();
    let keyless = declared.keys.as_ref().map_or(has.is_empty(), Vec::is_empty);
    if keyless && declared.secret == Some(false) && !words.is_empty() {
        words.push("is left without any credential: it can do nothing".to_owned());
    }
    words
}

fn sessions_end(credentials: &Credentials, found: &Found) -> i64 {
    let ends = |via: &Option<String>| match via {
        _ if credentials.end_sessions => true,
        Some(thumbprint) => credentials.removed.contains(thumbprint),
        None => credentials.no_secret,
    };
    let live = found.held.get(&credentials.agent).into_iter().flatten();
    live.filter(|(via, _)| ends(via)).map(|(_, count)| count).sum()
}
