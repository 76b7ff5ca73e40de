//! What an owner's agents may ask for, and the accounts that a person has to choose among.

use crate::{
    app::App,
    fault::Fault,
    store::{connections, connections::Connection, services},
};
use domain::{narrowing::Choices, pin::Offered};
use protocol::{Slug, Terms};
use std::collections::BTreeMap;

/// The services that agents of this owner may ask for, with the connections that they may use.
pub async fn offers(app: &App, owner: &Slug) -> Result<BTreeMap<Slug, Offered>, Fault> {
    let mut conn = app.store.read().await?;
    let connections = connections::list(&mut conn).await?;
    let services = services::list(&mut conn).await?;
    let offered = services.into_iter().filter(|service| !service.blocked).map(|service| {
        let id = service.definition.id.clone();
        let mine = connections.iter().filter(|it| it.service == id && it.serves(owner));
        let connections = mine.map(Connection::pinned).collect();
        (id, Offered { definition: service.definition, version: service.version, connections })
    });
    Ok(offered.filter(|(_, it)| !it.connections.is_empty()).collect())
}

/// The accounts to choose among, for the lines that did not pin one.
pub fn choices(terms: &Terms, connections: &[Connection]) -> Choices {
    let open = terms.lines.iter().filter(|line| line.connection.is_none());
    let possible = |line: &protocol::Line| {
        let of = connections.iter().filter(|it| it.service == line.service.id && it.serves(&terms.owner));
        (line.id, of.map(Connection::pinned).collect())
    };
    open.map(possible).collect()
}
