//! Whether there is anybody who can approve: no approvers means that nothing is granted, never that nothing is asked.

use super::{Check, Patient};
use crate::{
    people::permission,
    store::{connections, people},
};
use protocol::sessions::Role;

const NAME: &str = "approvers";

pub(super) async fn look(it: &Patient<'_>) -> sqlx::Result<Vec<Check>> {
    let mut conn = it.store.read().await?;
    let people = people::list(&mut conn).await?;
    if people.is_empty() {
        let to_do =
            "open /set-up with the code that the broker printed, or declare people: countersign-broker apply";
        return Ok(vec![Check::warning(NAME, "nobody is registered yet", to_do)]);
    }
    let mut checks = Vec::new();
    if !people.iter().any(|it| it.is(Role::Admin)) {
        let to_do = "give somebody the admin role: countersign-broker apply";
        checks.push(Check::warning("admins", "nobody can stop what is not theirs", to_do));
    }
    let connections = connections::list(&mut conn).await?;
    let mut decided = 0;
    for connection in &connections {
        let deciders = people.iter().filter(|it| permission::decides(it, connection)).count();
        if deciders > 0 {
            decided += 1;
            continue;
        }
        let whom = match (&connection.owner, connection.approvers.is_empty()) {
            (Some(owner), _) => format!("only {owner} may, who is blocked or gone"),
            (None, true) => "it needs somebody with the approver role who is not blocked".to_owned(),
            (None, false) => "nobody whom it names has the approver role and is not blocked".to_owned(),
        };
        let what = format!("nobody can approve what uses {}: {whom}", connection.id);
        let to_do = "name somebody, or give the role: countersign-broker apply";
        checks.push(Check::failure(NAME, what, to_do));
    }
    if decided == connections.len() {
        let what = match decided {
            0 => "nothing is connected yet".to_owned(),
            more => format!("somebody can decide about each of {more} connections"),
        };
        checks.push(Check::ok(NAME, what));
    }
    Ok(checks)
}
