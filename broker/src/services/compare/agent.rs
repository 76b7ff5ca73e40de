//! Agents: the owner never changes.

use super::{Change, Difference, Found, Step, Wanted, is_person, moved, plain};
use crate::{
    services::WantedAgent,
    store::{agents::Agent, time},
};

pub(super) fn compare(
    declared: &WantedAgent,
    wanted: &Wanted,
    found: &Found,
) -> Result<Option<Change>, String> {
    let name = &declared.name;
    plain("agent", name, "title", &declared.title)?;
    is_person(&declared.owner, wanted, found).map_err(|why| format!("agent {name}: {why}"))?;
    let before = found.agents.get(name);
    if let Some(other) = before.filter(|it| it.owner != declared.owner) {
        return Err(format!(
            "agent {name}: it belongs to {} for good; declare a new one instead",
            other.owner
        ));
    }
    let new_secret = before.is_none() || wanted.new_secrets.contains(name);
    let details = details(before, declared, new_secret);
    if details.is_empty() {
        return Ok(None);
    }
    let mut difference = Difference::new(before.is_none(), "agent", name, details);
    difference.new_secret = new_secret.then(|| name.clone());
    let agent = Agent {
        id: name.clone(),
        title: declared.title.clone(),
        owner: declared.owner.clone(),
        direct: declared.direct,
        blocked: before.is_some_and(|it| it.blocked),
        // The ledger numbers secrets and dates agents by itself.
        key: before.map_or(0, |it| it.key),
        created_at: before.map_or(time(0), |it| it.created_at),
    };
    Ok(Some(Change { step: Step::Agent { agent, new_secret }, difference }))
}

fn details(before: Option<&Agent>, declared: &WantedAgent, new_secret: bool) -> Vec<String> {
    let direct = |direct: bool| (if direct { "yes" } else { "no" }).to_owned();
    let Some(before) = before else {
        let mut details = vec![format!("{}, of {}", declared.title, declared.owner)];
        details.extend(declared.direct.then(|| "may use its grant token at the proxy".to_owned()));
        details.push("gets a secret".to_owned());
        return details;
    };
    let secret = new_secret.then(|| "gets a new secret; the old one stops working".to_owned());
    moved("title", &before.title, &declared.title)
        .into_iter()
        .chain(moved("grant token at the proxy", &direct(before.direct), &direct(declared.direct)))
        .chain(secret)
        .collect()
}
