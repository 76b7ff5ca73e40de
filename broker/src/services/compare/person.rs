//! People.

use super::{Change, Difference, Found, Step, moved, plain};
use crate::{services::WantedPerson, store::people::Person};
use protocol::{Slug, people::Scope, sessions::Role};

pub(super) fn compare(wanted: &WantedPerson, found: &Found) -> Result<Option<Change>, String> {
    plain("person", &wanted.name, "title", &wanted.title)?;
    let mut roles = wanted.roles.clone();
    roles.sort_unstable();
    roles.dedup();
    let scope = wanted.decides_for.clone();
    let before = found.people.get(&wanted.name);
    let details: Vec<String> = match before {
        None if scope == Scope::default() => vec![format!("{}, {}", wanted.title, words(&roles))],
        None => {
            vec![format!("{}, {}", wanted.title, words(&roles)), format!("decides for {}", places(&scope))]
        }
        Some(before) => moved("title", &before.title, &wanted.title)
            .into_iter()
            .chain(moved("roles", &words(&before.roles), &words(&roles)))
            .chain(moved("decides for", &places(&before.scope), &places(&scope)))
            .collect(),
    };
    if details.is_empty() {
        return Ok(None);
    }
    let difference = Difference::new(before.is_none(), "person", &wanted.name, details);
    let blocked = before.is_some_and(|it| it.blocked);
    let person = Person { id: wanted.name.clone(), title: wanted.title.clone(), roles, scope, blocked };
    Ok(Some(Change { step: Step::Person(person), difference }))
}

/// A scope, as `service git · agent bot`.
pub fn places(scope: &Scope) -> String {
    let named = |kind: &str, names: &[Slug]| {
        let names: Vec<&str> = names.iter().map(Slug::as_str).collect();
        (!names.is_empty()).then(|| format!("{kind} {}", names.join(", ")))
    };
    let places = [named("service", &scope.services), named("agent", &scope.agents)];
    let places: Vec<String> = places.into_iter().flatten().collect();
    if places.is_empty() { "everything".to_owned() } else { places.join(" · ") }
}

fn words(roles: &[Role]) -> String {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    let word = |role: &Role| match role {
        Role::Approver => "approver",
        Role::Admin => "admin",
        Role::Auditor => "auditor",
        Role::Developer => "developer",
    };
    let words: Vec<&str> = roles.iter().map(word).collect();
    if words.is_empty() { "no role".to_owned() } else { words.join(", ") }
}
