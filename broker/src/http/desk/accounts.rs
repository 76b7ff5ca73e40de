use super::{HttpDesk, services::admins};
use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    ledger::acts::holds,
    store::{
        connections::{self, Connection},
        grants::Stored,
        history,
    },
};
use protocol::{Digest, Problem, Slug};
use web_ui::{AccountDesk, AccountView, ServiceDesk as _};

#[async_trait::async_trait]
impl AccountDesk for HttpDesk {
    async fn account(&self, connection: &Slug) -> Result<AccountView, Problem> {
        let (it, sessions, requests) =
            self.told(async { hanging(&self.app, self.who()?, connection).await }.await)?;
        let view = self.service_view(&it.service).await?;
        let connection = view.connections.into_iter().find(|view| view.id == it.id);
        let connection = self.told(connection.ok_or(Fault::NotFound("connection")))?;
        let (people, seen) = (self.people_to_choose().await?, account_seen(&it).to_string());
        Ok(AccountView { connection, service: it.service, sessions, requests, people, seen })
    }
}

/// What a form carries of the account that it was rendered from.
pub(in crate::http) fn account_seen(it: &Connection) -> Digest {
    domain::digest::of_json(&(&it.id, &it.account, &it.approvers, it.version))
}

/// A connection, how many live sessions use it and how many requests wait for it.
async fn hanging(app: &App, visitor: &Visitor, id: &Slug) -> Result<(Connection, i64, i64), Fault> {
    admins(visitor)?;
    let (mut conn, now) = (app.store.read().await?, app.clock.now());
    let it = connections::find(&mut conn, id).await?.ok_or(Fault::NotFound("connection"))?;
    let count = |all: Vec<Stored>| {
        i64::try_from(all.iter().filter(|stored| holds(stored, id)).count()).unwrap_or(i64::MAX)
    };
    let sessions = count(history::live(&mut conn, now).await?);
    let requests = count(history::waiting(&mut conn, now).await?);
    Ok((it, sessions, requests))
}
