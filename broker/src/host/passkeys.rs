//! What the host may do about the passkeys of a person: look, and remove them all for somebody who lost everything.

use super::command::{HostError, Reply};
use crate::{
    app::App,
    fault::Fault,
    ledger::acts::{Act, PasskeyAct},
    people::passkeys,
    store::{people, recovery_codes},
};
use protocol::Slug;

/// The passkeys of a person, and how many recovery codes are left.
pub(super) async fn list(app: &App, person: &Slug) -> Result<Reply, HostError> {
    let mut conn = app.store.read().await.map_err(Fault::from)?;
    let known = people::find(&mut conn, person).await.map_err(Fault::from)?;
    known.ok_or(Fault::NotFound("person"))?;
    let codes_left = recovery_codes::left(&mut conn, person).await.map_err(Fault::from)?;
    drop(conn);
    Ok(Reply::Passkeys { passkeys: passkeys::summaries(app, person).await?, codes_left })
}

/// Removes every passkey and recovery code of a person, and ends every way in. A link lets them begin again.
pub(super) async fn remove_all(app: &App, person: Slug) -> Result<Reply, HostError> {
    app.ledger.act(Act::Passkey(Box::new(PasskeyAct::RemoveAll { person }))).await?;
    Ok(Reply::Done)
}
