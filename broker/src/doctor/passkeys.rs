//! Whether those who can do most prove that they are there, and can get back in.

use super::{Check, Patient};
use crate::{
    people::passkeys::codes::FEW,
    store::{passkeys, people, recovery_codes},
};
use protocol::sessions::Role;

const NAME: &str = "passkeys";

pub(super) async fn look(it: &Patient<'_>) -> sqlx::Result<Vec<Check>> {
    let mut conn = it.store.read().await?;
    let mut checks = Vec::new();
    let mut with = 0;
    for person in people::list(&mut conn).await?.iter().filter(|it| !it.blocked) {
        let id = &person.id;
        if passkeys::count(&mut conn, id).await? == 0 {
            if person.is(Role::Admin) {
                let to_do = "they add one on their own page, /me";
                let what = format!(
                    "{id} is an admin without a passkey: a link or a token is all it takes to be them"
                );
                checks.push(Check::warning(NAME, what, to_do));
            }
            continue;
        }
        with += 1;
        let left = recovery_codes::left(&mut conn, id).await?;
        if left < FEW {
            let what = format!("{id} has {left} recovery codes left");
            checks.push(Check::warning(NAME, what, "they make new ones on their own page, /me"));
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok(NAME, format!("{with} people sign in with a passkey")));
    }
    Ok(checks)
}
