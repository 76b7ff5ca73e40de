//! What admins see of people, and change: roles, a link to sign in, who may come in at all. Blocking somebody is a
//! revocation and stands with the others (`grants::revoke`).

use crate::{
    app::App,
    fault::Fault,
    grants::{self, Visitor},
    ledger::acts::{Act, PersonAct, PersonChange},
    people::reach::{self, Loss, Reach},
    store::{
        agents, connections, history, passkeys,
        people::{self, Person, SeenRow},
        time,
    },
    tokens::{OpaqueKind, OpaqueToken},
};
use chrono::TimeDelta;
use protocol::{
    Slug,
    people::{PersonSummary, Scope},
    sessions::Role,
};
use std::collections::BTreeMap;

fn admins_only(visitor: &Visitor) -> Result<(), Fault> {
    if visitor.person.is(Role::Admin) {
        return Ok(());
    }
    Err(Fault::Forbidden("people and their roles are kept by admins".to_owned()))
}

/// Everybody.
pub async fn list(app: &App, visitor: &Visitor) -> Result<Vec<PersonSummary>, Fault> {
    admins_only(visitor)?;
    let mut conn = app.store.read().await?;
    let everybody = people::list(&mut conn).await?;
    let seen = people::seen(&mut conn).await?;
    let owned = agents::list(&mut conn).await?;
    let live = history::live(&mut conn, app.clock.now()).await?;
    let keys = passkeys::list(&mut conn).await?;
    drop(conn);
    let mut routines = BTreeMap::new();
    for person in &everybody {
        routines.extend(grants::routine(app, &person.id).await?.map(|it| (person.id.clone(), it)));
    }
    let keys_of = |id: &Slug| keys.iter().filter(|it| it.person == *id).cloned().collect::<Vec<_>>();
    let admins = everybody.iter().filter(|it| it.is(Role::Admin)).count();
    let approved = |id: &Slug| {
        let by = live.iter().filter_map(|it| it.grant.approval());
        by.filter(|it| it.approvers().any(|by| by == id)).count()
    };
    let summary = |person: Person| PersonSummary {
        last_seen: last_seen(&seen, &person.id),
        approved: approved(&person.id),
        agents: owned.iter().filter(|it| it.owner == person.id).count(),
        last_admin: admins == 1 && person.is(Role::Admin),
        passkeys: keys_of(&person.id).len(),
        let_in_by: passkeys::let_in_by(&keys_of(&person.id)),
        routine: routines.get(&person.id).copied(),
        decides_for: person.scope.clone(),
        id: person.id,
        title: person.title,
        roles: person.roles,
        blocked: person.blocked,
    };
    Ok(everybody.into_iter().map(summary).collect())
}

fn last_seen(seen: &[SeenRow], person: &Slug) -> Option<(chrono::DateTime<chrono::Utc>, String)> {
    let theirs = seen.iter().filter(|row| row.person == person.as_str());
    theirs.max_by_key(|row| row.seen_at).map(|row| (time(row.seen_at), row.via.clone()))
}

/// Adds somebody, with a name for people and roles.
pub async fn add(app: &App, visitor: &Visitor, id: Slug, title: &str, roles: Vec<Role>) -> Result<(), Fault> {
    let person = described(id, title, roles)?;
    change(app, visitor, PersonChange::Add(person)).await
}

/// Gives somebody another name for people, or other roles.
pub async fn save(
    app: &App,
    visitor: &Visitor,
    id: Slug,
    title: &str,
    roles: Vec<Role>,
) -> Result<(), Fault> {
    let person = described(id, title, roles)?;
    change(app, visitor, PersonChange::Save(person)).await
}

fn described(id: Slug, title: &str, mut roles: Vec<Role>) -> Result<Person, Fault> {
    let title = if title.trim().is_empty() { id.as_str() } else { title.trim() };
    domain::text::plain_name(title, 100).map_err(|refusal| Fault::text("title", &refusal))?;
    roles.sort_unstable();
    roles.dedup();
    Ok(Person { title: title.to_owned(), id, roles, scope: Scope::default(), blocked: false })
}

/// Lets somebody in again who was blocked.
pub async fn let_in(app: &App, visitor: &Visitor, person: Slug) -> Result<(), Fault> {
    change(app, visitor, PersonChange::LetIn(person)).await
}

/// Makes a link that signs somebody in, once. Only this answer has it.
pub async fn link(app: &App, visitor: &Visitor, person: Slug) -> Result<String, Fault> {
    admins_only(visitor)?;
    let link = OpaqueToken::mint(OpaqueKind::Link, app.rng.source())
        .map_err(|error| Fault::Internal(error.to_string()))?;
    let expires_at = app.clock.now() + TimeDelta::seconds(app.policy.sign_in_link.into());
    let mac = link.mac(&app.mac_key);
    change(app, visitor, PersonChange::Link { mac, person, expires_at }).await?;
    Ok(format!("{}/sign-in/link?t={}", app.public_url, link.expose()))
}

/// Says that a person whom somebody else let in is who they say.
pub async fn vouch(app: &App, visitor: &Visitor, person: Slug) -> Result<(), Fault> {
    change(app, visitor, PersonChange::Vouch(person)).await
}

/// Says for which services and agents somebody may decide, if nobody was faster.
pub async fn decides(
    app: &App,
    visitor: &Visitor,
    person: Slug,
    before: Scope,
    scope: Scope,
) -> Result<(), Fault> {
    change(app, visitor, PersonChange::Decides { person, scope, before }).await
}

/// What fewer people, or nobody, could decide about if this person decided for these only.
pub async fn lost(app: &App, person: &Slug, scope: &Scope) -> Result<Vec<Loss>, Fault> {
    let mut conn = app.store.read().await?;
    let before = people::list(&mut conn).await?;
    let (connections, agents) = (connections::list(&mut conn).await?, agents::list(&mut conn).await?);
    drop(conn);
    let mut after = before.clone();
    for it in after.iter_mut().filter(|it| it.id == *person) {
        it.scope = scope.clone();
    }
    let of = |people: &[Person]| Reach::of(people, &connections, &agents);
    Ok(reach::lost(&of(&before), &of(&after)))
}

async fn change(app: &App, visitor: &Visitor, change: PersonChange) -> Result<(), Fault> {
    admins_only(visitor)?;
    let (by, via) = (visitor.person.id.clone(), visitor.via.clone());
    let act = PersonAct { by, via, session: visitor.session.clone(), change };
    app.ledger.act(Act::Person(Box::new(act))).await?;
    Ok(())
}
