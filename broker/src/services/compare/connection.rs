//! Connections: when a secret must be sealed anew, and what never changes.

use super::{Change, Difference, Found, Step, Wanted, is_person, moved, names, plain};
use crate::{
    services::{WantedConnection, context},
    store::connections::Connection,
};
use protocol::{
    Slug,
    services::{AuthStyle, ServiceDefinition},
};

pub(super) fn compare(
    declared: &WantedConnection,
    wanted: &Wanted,
    found: &Found,
) -> Result<Option<Change>, String> {
    let name = &declared.name;
    plain("connection", name, "account", &declared.account)?;
    let service = service_of(declared, wanted, found)?;
    for person in declared.owner.iter().chain(&declared.approvers) {
        is_person(person, wanted, found).map_err(|why| format!("connection {name}: {why}"))?;
    }
    let before = found.connections.get(name);
    before.map_or(Ok(()), |it| unmoved(it, declared))?;
    let seal = match before {
        None => true,
        Some(it) => wanted.reseal || found.unusable.contains(name) || moves(it, service, found),
    };
    let details = details(before, declared, seal);
    if details.is_empty() {
        return Ok(None);
    }
    // Where nothing is asked for there is nothing to enter.
    let needs_secret = seal && service.auth != AuthStyle::None;
    if needs_secret && !declared.has_secret {
        let how = "secret = { file = \"…\" } or { env = \"…\" }";
        return Err(format!("connection {name}: its secret is needed: write {how}"));
    }
    if seal && found.sealed {
        return Err(format!("connection {name}: the vault is sealed, so no secret can be stored"));
    }
    let mut difference = Difference::new(before.is_none(), "connection", name, details);
    difference.needs_secret = needs_secret.then(|| name.clone());
    let version = before.map_or(0, |it| it.version) + i64::from(seal);
    let connection = Connection {
        id: name.clone(),
        service: declared.service.clone(),
        account: declared.account.clone(),
        owner: declared.owner.clone(),
        approvers: declared.approvers.clone(),
        version,
        record: before.map(|it| it.record.clone()).unwrap_or_default(),
    };
    Ok(Some(Change { step: Step::Connection { connection, seal }, difference }))
}

fn service_of<'a>(
    declared: &WantedConnection,
    wanted: &'a Wanted,
    found: &'a Found,
) -> Result<&'a ServiceDefinition, String> {
    let declared_here = wanted.services.iter().find(|it| it.id == declared.service);
    let stored = || found.services.get(&declared.service).map(|it| &it.definition);
    let (name, service) = (&declared.name, &declared.service);
    declared_here.or_else(stored).ok_or_else(|| format!("connection {name}: there is no service {service}"))
}

/// Service and owner of a connection never change: requests have pinned them.
fn unmoved(before: &Connection, declared: &WantedConnection) -> Result<(), String> {
    let name = &declared.name;
    if before.service != declared.service {
        return Err(format!("connection {name}: it belongs to service {} for good", before.service));
    }
    if before.owner != declared.owner {
        let whose =
            before.owner.as_ref().map_or("it is shared".to_owned(), |it| format!("it belongs to {it}"));
        return Err(format!("connection {name}: {whose} for good; declare a new one instead"));
    }
    Ok(())
}

fn moves(connection: &Connection, service: &ServiceDefinition, found: &Found) -> bool {
    let before = found.services.get(&connection.service);
    before.is_none_or(|it| context(&it.definition, connection).ok() != context(service, connection).ok())
}

fn details(before: Option<&Connection>, declared: &WantedConnection, seal: bool) -> Vec<String> {
    let whose = match &declared.owner {
        Some(owner) => format!("personal to {owner}"),
        None => format!("shared, approved by {}", approvers(&declared.approvers)),
    };
    let Some(before) = before else {
        let what = format!("{} as {}, {whose}", declared.service, declared.account);
        return vec![what, "its secret is sealed in the vault".to_owned()];
    };
    let again = seal.then(|| format!("its secret is sealed again (version {})", before.version + 1));
    moved("account", &before.account, &declared.account)
        .into_iter()
        .chain(moved("approved by", &approvers(&before.approvers), &approvers(&declared.approvers)))
        .chain(again)
        .collect()
}

fn approvers(approvers: &[Slug]) -> String {
    if approvers.is_empty() { "everybody with the role".to_owned() } else { names(approvers) }
}
