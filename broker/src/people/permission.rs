//! Who may decide, and who may look.

use crate::store::{connections::Connection, people::Person};
use domain::{
    policy::Policy,
    quorum::{Approver, Quorum},
};
use protocol::{Line, Slug, Terms, sessions::Role};

/// What says who may decide about terms, beside the terms.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// Every connection.
    pub connections: &'a [Connection],
    /// How many people it takes, and from where on not the agent's owner.
    pub policy: &'a Policy,
}

/// Whether a person may decide on these terms, or in words why not. A personal connection needs its owner, whatever
/// the role, and where it takes several people the others need the approver's role; a shared one needs that role, and
/// where it names approvers, one of them. Nobody decides beyond the services and agents that they decide for, or about
/// their own agent where four eyes are asked.
pub fn may_decide(person: &Person, terms: &Terms, grounds: Grounds<'_>) -> Result<(), String> {
    if person.blocked {
        return Err("this person is blocked".to_owned());
    }
    if !person.scope.has_agent(&terms.agent.id) {
        return Err(format!("{} does not decide for {}", person.title, terms.agent.title));
    }
    let quorum = Quorum::of(terms, grounds.policy);
    if person.id == terms.owner && quorum.keeps_the_owner_out(terms, grounds.policy) {
        return Err("it takes four eyes: the agent is yours, so somebody else has to decide".to_owned());
    }
    terms.lines.iter().try_for_each(|line| decides_on(person, line, terms, &quorum, grounds.connections))
}

fn decides_on(
    person: &Person,
    line: &Line,
    terms: &Terms,
    quorum: &Quorum,
    connections: &[Connection],
) -> Result<(), String> {
    if !person.scope.has_service(&line.service.id) {
        return Err(format!("{} does not decide for {}", person.title, line.service.title));
    }
    let usable = connections.iter().filter(|it| {
        let chosen = line.connection.as_ref().is_none_or(|pinned| pinned.id == it.id);
        chosen && it.service == line.service.id && it.serves(&terms.owner)
    });
    // Where an account is still to be chosen, one that the person decides for is enough; the choice is checked.
    let mut last = Err(format!("nobody can approve {}: its connection is gone", line.service.title));
    for connection in usable {
        last = decides_for(person, connection, !quorum.is_one());
        if last.is_ok() {
            break;
        }
    }
    last
}

/// Whether a person can decide about a connection at all.
pub fn decides(person: &Person, connection: &Connection) -> bool {
    !person.blocked
        && person.scope.has_service(&connection.service)
        && decides_for(person, connection, false).is_ok()
}

fn decides_for(person: &Person, connection: &Connection, as_one_of_several: bool) -> Result<(), String> {
    match &connection.owner {
        Some(owner) if *owner == person.id => Ok(()),
        Some(_) if as_one_of_several && person.is(Role::Approver) => Ok(()),
        Some(owner) => {
            Err(format!("{} is {owner}'s own account: only {owner} can approve", connection.account))
        }
        None if !person.is(Role::Approver) => {
            Err(format!("{} is a shared account: it needs the approver role", connection.account))
        }
        None if connection.approvers.is_empty() || connection.approvers.contains(&person.id) => Ok(()),
        None => {
            let names: Vec<&str> = connection.approvers.iter().map(Slug::as_str).collect();
            Err(format!("{} is decided by {}", connection.account, names.join(", ")))
        }
    }
}

/// Everybody who may decide on these terms.
pub fn deciders<'a>(people: &'a [Person], terms: &Terms, grounds: Grounds<'_>) -> Vec<&'a Person> {
    people.iter().filter(|it| may_decide(it, terms, grounds).is_ok()).collect()
}

/// Why these terms cannot be granted, whoever decides; none if enough people may.
pub fn nobody_can(people: &[Person], terms: &Terms, grounds: Grounds<'_>) -> Option<String> {
    let deciders = deciders(people, terms, grounds);
    let quorum = Quorum::of(terms, grounds.policy);
    let missing =
        quorum.missing(&deciders.iter().map(|it| Approver::own(&it.id)).collect::<Vec<_>>(), &terms.owner)?;
    Some(if deciders.is_empty() {
        "nobody may decide on this".to_owned()
    } else {
        format!("it takes {} people, and too few may decide: {missing}", quorum.approvals)
    })
}

/// Whether a person may read the record of everybody.
pub fn may_read_record(person: &Person) -> bool {
    person.is(Role::Admin) || person.is(Role::Auditor)
}

/// Whether a person may see a request and the session that came of it: its owner, who decides, admins, auditors.
pub fn may_see(person: &Person, terms: &Terms, grounds: Grounds<'_>) -> bool {
    !person.blocked
        && (person.id == terms.owner
            || person.is(Role::Admin)
            || person.is(Role::Auditor)
            || may_decide(person, terms, grounds).is_ok())
}

/// Whether a person may end a session: its owner, who may decide on it, admins.
pub fn may_stop(person: &Person, terms: &Terms, grounds: Grounds<'_>) -> bool {
    !person.blocked
        && (person.id == terms.owner || person.is(Role::Admin) || may_decide(person, terms, grounds).is_ok())
}
