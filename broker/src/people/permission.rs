//! Who may decide, and who may look.

use crate::store::{connections::Connection, people::Person};
use protocol::{Slug, Terms, sessions::Role};

/// Whether a person may decide on these terms, or in words why not. A personal connection needs its owner, whatever
/// the role; a shared one needs the approver's role, and where it names approvers, one of them.
pub fn may_decide(person: &Person, terms: &Terms, connections: &[Connection]) -> Result<(), String> {
    if person.blocked {
        return Err("this person is blocked".to_owned());
    }
    for line in &terms.lines {
        let usable = connections.iter().filter(|it| {
            let chosen = line.connection.as_ref().is_none_or(|pinned| pinned.id == it.id);
            chosen && it.service == line.service.id && it.serves(&terms.owner)
        });
        let mut refusals = usable.map(|connection| decides_for(person, connection)).peekable();
        if refusals.peek().is_none() {
            return Err(format!("nobody can approve {}: its connection is gone", line.service.title));
        }
        // Where an account is still to be chosen, one that the person decides for is enough; the choice is checked.
        let mut last = Ok(());
        let allowed = refusals.any(|refusal| {
            let fine = refusal.is_ok();
            last = refusal;
            fine
        });
        if !allowed {
            return last;
        }
    }
    Ok(())
}

/// Whether a person can decide about a connection at all.
pub fn decides(person: &Person, connection: &Connection) -> bool {
    !person.blocked && decides_for(person, connection).is_ok()
}

fn decides_for(person: &Person, connection: &Connection) -> Result<(), String> {
    match &connection.owner {
        Some(owner) if *owner == person.id => Ok(()),
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

/// Whether a person may read the record of everybody.
pub fn may_read_record(person: &Person) -> bool {
    person.is(Role::Admin) || person.is(Role::Auditor)
}

/// Whether a person may see a request and the session that came of it: its owner, who decides, admins, auditors.
pub fn may_see(person: &Person, terms: &Terms, connections: &[Connection]) -> bool {
    !person.blocked
        && (person.id == terms.owner
            || person.is(Role::Admin)
            || person.is(Role::Auditor)
            || may_decide(person, terms, connections).is_ok())
}

/// Whether a person may end a session: its owner, who may decide on it, admins.
pub fn may_stop(person: &Person, terms: &Terms, connections: &[Connection]) -> bool {
    !person.blocked
        && (person.id == terms.owner
            || person.is(Role::Admin)
            || may_decide(person, terms, connections).is_ok())
}
