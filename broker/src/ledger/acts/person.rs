//! An admin changes who people are and what they may do, from a page. Whoever asks for it must be an admin in the same
//! transaction, and at least one must be left.

use super::{Acting, Why};
use crate::{
    ledger::{batch::Outcome, facts::Facts, intent::Answer},
    store::{
        Conn, passkeys,
        people::{self, Person},
        web,
    },
};
use chrono::{DateTime, Utc};
use protocol::{Slug, people::Scope, record::Actor, revoke::Subject, sessions::Role};
use serde_json::json;

/// What an admin does about a person.
#[derive(Debug, Clone)]
pub struct PersonAct {
    /// The admin.
    pub by: Slug,
    /// How they were signed in.
    pub via: String,
    /// The HMAC of their web session: whoever has a passkey must have used it there lately.
    pub session: Option<String>,
    /// What is done.
    pub change: PersonChange,
}

/// A change of a person.
#[derive(Debug, Clone)]
pub enum PersonChange {
    /// Somebody new.
    Add(Person),
    /// Another name for people, or other roles. Blocking is not changed by it.
    Save(Person),
    /// Somebody who was blocked may come in again.
    LetIn(Slug),
    /// A link that signs somebody in, once.
    Link {
        /// Its HMAC.
        mac: String,
        /// For whom.
        person: Slug,
        /// Until when.
        expires_at: DateTime<Utc>,
    },
    /// For which services and agents somebody may decide, if it still is as it was seen.
    Decides {
        /// Who.
        person: Slug,
        /// For which.
        scope: Scope,
        /// How it was.
        before: Scope,
    },
    /// Somebody other than who let a person in says that their passkeys are theirs.
    Vouch(Slug),
}

impl PersonChange {
    fn person(&self) -> &Slug {
        match self {
            Self::Add(person) | Self::Save(person) => &person.id,
            Self::LetIn(person)
            | Self::Vouch(person)
            | Self::Decides { person, .. }
            | Self::Link { person, .. } => person,
        }
    }
}

/// Whether somebody may say that a person's passkeys are theirs: nobody who may have made them.
fn may_vouch(by: &Slug, by_own: &[Slug], person: &Slug, let_in_by: &[Slug]) -> Result<(), Why> {
    if let_in_by.is_empty() {
        return Err(Why::Missing("passkey of theirs that waits for it"));
    }
    let mut hands = [by].into_iter().chain(by_own);
    if hands.any(|it| it == person || let_in_by.contains(it)) {
        let why = "somebody who neither let this person in nor came in by their links has to vouch for them";
        return Err(Why::NotPermitted(why.to_owned()));
    }
    Ok(())
}

/// Why the last admin stays one.
const LAST: &str = "nobody else is an admin: make somebody else one first";

/// Whether nobody but this person is an admin who may act.
pub(in crate::ledger) async fn is_last_admin(conn: &mut Conn, person: &Slug) -> sqlx::Result<bool> {
    let admins: Vec<_> = people::list(conn).await?.into_iter().filter(|it| it.is(Role::Admin)).collect();
    Ok(admins.len() == 1 && admins[0].id == *person)
}

/// The refusal to block the last admin.
pub(in crate::ledger) fn last_admin() -> Why {
    Why::NotPermitted(LAST.to_owned())
}

impl Acting<'_> {
    pub(super) async fn person(mut self, act: &PersonAct) -> sqlx::Result<Outcome> {
        let admin = people::find(self.conn, &act.by).await?.is_some_and(|it| it.is(Role::Admin));
        if !admin {
            return Ok(Err(Why::NotPermitted("this needs the admin role".to_owned())));
        }
        if !self.has_proved(&act.by, act.session.as_deref()).await? {
            return Ok(Err(Why::NeedsProof));
        }
        let before = people::find(self.conn, act.change.person()).await?;
        let (kind, facts) = match (&act.change, before) {
            (PersonChange::Add(_), Some(_)) => {
                return Ok(Err(Why::NotPermitted("there is a person of this name already".to_owned())));
            }
            (PersonChange::Add(person), None) => {
                people::save(self.conn, person, self.pen.now).await?;
                ("person.saved", json!({"person": person.id, "roles": person.roles, "before": null}))
            }
            (_, None) => return Ok(Err(Why::Missing("person"))),
            (PersonChange::Save(person), Some(before)) => {
                let steps_down = !person.roles.contains(&Role::Admin);
                if steps_down && is_last_admin(self.conn, &person.id).await? {
                    return Ok(Err(last_admin()));
                }
                // For which services and agents they decide is a change of its own.
                let person = Person { scope: before.scope.clone(), ..person.clone() };
                people::save(self.conn, &person, self.pen.now).await?;
                let facts = json!({"person": person.id, "roles": person.roles, "before": before.roles});
                ("person.saved", facts)
            }
            (PersonChange::Decides { before, .. }, Some(found)) if found.scope != *before => {
                return Ok(Err(Why::Changed));
            }
            (PersonChange::Decides { person, scope, before }, Some(found)) => {
                let changed = Person { scope: scope.clone(), ..found };
                people::save(self.conn, &changed, self.pen.now).await?;
                ("person.saved", json!({"person": person, "decides_for": scope, "decided_for": before}))
            }
            (PersonChange::LetIn(person), Some(_)) => {
                people::block(self.conn, person, false).await?;
                ("unblocked", json!({"subject": Subject::Person { person: person.clone() }}))
            }
            (PersonChange::Link { .. }, Some(before)) if before.blocked => {
                return Ok(Err(Why::Blocked("person")));
            }
            (PersonChange::Link { mac, person, expires_at }, Some(_)) => {
                let by = self.let_in_by(act.session.as_deref(), None).await?;
                let by = passkeys::together([act.by.clone()].into_iter().chain(by));
                web::add_link(self.conn, mac, person, &by, *expires_at).await?;
                ("link.issued", json!({"person": person}))
            }
            (PersonChange::Vouch(person), Some(_)) => {
                let let_in_by = passkeys::let_in_by(&passkeys::of_person(self.conn, person).await?);
                let own = self.let_in_by(act.session.as_deref(), None).await?;
                if let Err(why) = may_vouch(&act.by, &own, person, &let_in_by) {
                    return Ok(Err(why));
                }
                passkeys::vouch(self.conn, person).await?;
                web::vouch(self.conn, person).await?;
                ("person.vouched", json!({"person": person, "let_in_by": let_in_by}))
            }
        };
        let actor = Actor::Person { person: act.by.clone(), via: act.via.clone() };
        let facts = facts.as_object().cloned().unwrap_or_else(Facts::new);
        self.pen.write(kind, actor, None, None, facts);
        Ok(Ok(Answer::Done))
    }
}
