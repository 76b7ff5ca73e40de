//! A new key for the keyring, while serving: it is added, every data key is wrapped by it in batches of a hundred, every
//! record is read again and opened with it, and only then the old key goes.
//!
//! Each step is a call of its own and leaves a state in which everything opens, so whoever calls them may die in
//! between: an unfinished rotation is one with two keys in the keyring, and beginning again goes on with it.

use super::{UnsealError, follow, install, root::RootKeys, signer, watch};
use crate::{
    app::App,
    failpoint,
    ledger::{
        Answer, LedgerError,
        acts::{Act, KeyAct, Rewrapped},
    },
    people::passkeys::{digest_of, is_trusted, place},
    services::context,
    store::{
        Conn,
        connections::{self, Connection},
        keys::{self, WrappedKey},
        passkeys, services,
    },
    vault::{RootKeyError, Secret, VaultError},
};
use protocol::{Slug, services::ServiceDefinition};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Records in one step.
const BATCH: i64 = 100;

/// Why a rotation does not go on. What was done before stays done, and everything opens as it did.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// A record that was wrapped anew does not open: the old key is kept.
    #[error(
        "{0} does not open with the new key; the old key is kept, and everything that opened before opens still"
    )]
    DoesNotOpen(String),
    /// The root key cannot be replaced where it is.
    #[error("nothing was changed: {0}")]
    Place(String),
    /// The vault is sealed, or could not be opened.
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// A key was refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A root key cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootKeyError),
    /// It could not be recorded.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database could not be read.
    #[error("the database could not be read: {0}")]
    Store(#[from] sqlx::Error),
}

/// What is to be done next; the first is [`Step::Begin`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A new key, unless a rotation is unfinished.
    Begin,
    /// The next hundred connections behind this one.
    Rewrap {
        /// The last that was looked at.
        after: String,
    },
    /// The next hundred connections behind this one are opened.
    Check {
        /// The last that was looked at.
        after: String,
    },
    /// The old key goes.
    Retire,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The newest key.
    pub key: i64,
    /// How many records are under it.
    pub under: i64,
    /// How many are not.
    pub left: i64,
    /// Connections whose secret does not open where their service is now: the old key stays until it is entered again.
    pub unusable: Vec<Slug>,
    /// What is to be done next; nothing at the end.
    pub next: Option<Step>,
}

/// Does one step.
pub async fn step(app: &App, step: Step) -> Result<Progress, RotateError> {
    follow(app).await?;
    let root = app.vault.root()?;
    let rows = keys::keyring(&mut app.store.read().await?).await?;
    let newest = rows.last().ok_or(VaultError::NoKeyring)?;
    let key = newest.id;
    match step {
        Step::Begin if rows.len() > 1 => {
            progress(app, Vec::new(), Some(Step::Rewrap { after: String::new() })).await
        }
        Step::Begin => {
            if newest.root_id != root.id() {
                return Err(app
                    .keys
                    .root
                    .find(&newest.root_id)
                    .map_or_else(Into::into, |_| behind(&app.keys.root)));
            }
            let row = app.vault.create_key(&root, key + 1, app.clock.now(), app.rng.source())?;
            act(app, KeyAct::Add(WrappedKey::from(row))).await?;
            failpoint::hit("keys.added").await?;
            renew(app).await?;
            progress(app, Vec::new(), Some(Step::Rewrap { after: String::new() })).await
        }
        Step::Rewrap { after } => rewrap(app, key, &after).await,
        Step::Check { after } => check(app, key, &after).await,
        Step::Retire => retire(app, key, &rows).await,
    }
}

fn behind(place: &RootKeys) -> RotateError {
    RotateError::Place(format!(
        "this broker works with the root key from before; unseal it again with that of {place}"
    ))
}

async fn rewrap(app: &App, key: i64, after: &str) -> Result<Progress, RotateError> {
    let mut conn = app.store.read().await?;
    let page = connections::not_under(&mut conn, key, after, BATCH).await?;
    let definitions = definitions(&mut conn).await?;
    let (mut wrapped, mut unusable) = (Vec::new(), Vec::new());
    for connection in &page {
        match rewrapped(app, &definitions, connection)? {
            Some(fresh) => wrapped.push(Rewrapped {
                id: connection.id.to_string(),
                before: connection.record.clone(),
                after: fresh,
            }),
            None => unusable.push(connection.id.clone()),
        }
    }
    let signing = if after.is_empty() { rewrapped_signing(app, &mut conn).await? } else { Vec::new() };
    let passkeys = if after.is_empty() { rewrapped_passkeys(app, &mut conn, key).await? } else { Vec::new() };
    drop(conn);
    if !wrapped.is_empty() || !signing.is_empty() || !passkeys.is_empty() {
        act(app, KeyAct::Rewrap { connections: wrapped, signing, passkeys, key }).await?;
        failpoint::hit("keys.rewrapped").await?;
    }
    let full = page.len() == usize::try_from(BATCH).unwrap_or_default();
    let next = match page.last().filter(|_| full) {
        Some(last) => Step::Rewrap { after: last.id.to_string() },
        None => Step::Check { after: String::new() },
    };
    progress(app, unusable, Some(next)).await
}

/// The record under the newest key; none if it does not open where its service is now.
fn rewrapped(
    app: &App,
    definitions: &BTreeMap<Slug, ServiceDefinition>,
    connection: &Connection,
) -> Result<Option<String>, RotateError> {
    let definition = definitions.get(&connection.service);
    let Some(place) = definition.and_then(|it| context(it, connection).ok()) else { return Ok(None) };
    match app.vault.rewrap(&place.bound(), &connection.record, app.rng.source()) {
        Ok(fresh) => Ok(Some(fresh)),
        Err(VaultError::DoesNotOpen | VaultError::BadRecord(_) | VaultError::UnknownKey { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn rewrapped_signing(app: &App, conn: &mut Conn) -> Result<Vec<Rewrapped>, RotateError> {
    let mut wrapped = Vec::new();
    for row in keys::signing(conn).await? {
        let after = app.vault.rewrap(&signer::place(), &row.record, app.rng.source())?;
        wrapped.push(Rewrapped { id: row.kid, before: row.record, after });
    }
    Ok(wrapped)
}

/// The seals of passkeys under the newest key. One that does not open is none of ours; it is taken off, so that it
/// does not hold the old key back.
async fn rewrapped_passkeys(app: &App, conn: &mut Conn, key: i64) -> Result<Vec<Rewrapped>, RotateError> {
    let mut wrapped = Vec::new();
    for passkey in passkeys::not_under(conn, key).await? {
        let digest = digest_of(&passkey.public);
        let place = place(&passkey.person, &passkey.credential, &digest);
        let after = match app.vault.rewrap(&place, &passkey.record, app.rng.source()) {
            Ok(after) => after,
            Err(VaultError::DoesNotOpen | VaultError::BadRecord(_) | VaultError::UnknownKey { .. }) => {
                tracing::error!(person = %passkey.person, "a passkey in the database is none of ours");
                String::new()
            }
            Err(error) => return Err(error.into()),
        };
        wrapped.push(Rewrapped { id: passkey.credential, before: passkey.record, after });
    }
    Ok(wrapped)
}

/// Reads what is stored now, and opens it: what was written is what counts, not what was meant.
async fn check(app: &App, key: i64, after: &str) -> Result<Progress, RotateError> {
    let mut conn = app.store.read().await?;
    let page = connections::page(&mut conn, after, BATCH).await?;
    let definitions = definitions(&mut conn).await?;
    for connection in page.iter().filter(|it| crate::vault::key_of(&it.record) == Some(key)) {
        let place = definitions.get(&connection.service).and_then(|it| context(it, connection).ok());
        let opened = place.map(|place| app.vault.open_secret(&place.bound(), &connection.record));
        // Where it is sealed for another place than its service's, no key opens it; it is named as unusable elsewhere.
        if !matches!(opened, Some(Ok(_))) && is_current(app, &connection.id, &connection.record).await? {
            return Err(RotateError::DoesNotOpen(format!("connection {}", connection.id)));
        }
    }
    if after.is_empty() {
        for row in keys::signing(&mut conn).await? {
            let _: Secret = app
                .vault
                .open_secret(&signer::place(), &row.record)
                .map_err(|_| RotateError::DoesNotOpen(format!("signing key {}", row.kid)))?;
        }
        for passkey in passkeys::list(&mut conn).await? {
            let under = crate::vault::key_of(&passkey.record) == Some(key);
            if under && !is_trusted(app, &passkey)? {
                return Err(RotateError::DoesNotOpen(format!("a passkey of {}", passkey.person)));
            }
        }
    }
    drop(conn);
    failpoint::hit("keys.checked").await?;
    let full = page.len() == usize::try_from(BATCH).unwrap_or_default();
    let next = match page.last().filter(|_| full) {
        Some(last) => Step::Check { after: last.id.to_string() },
        None => Step::Retire,
    };
    progress(app, Vec::new(), Some(next)).await
}

/// Whether the record is still the one that was read, and not one that somebody has entered since.
async fn is_current(app: &App, id: &Slug, record: &str) -> Result<bool, RotateError> {
    let now = connections::find(&mut app.store.read().await?, id).await?;
    Ok(now.is_some_and(|it| it.record == record))
}

async fn retire(app: &App, key: i64, rows: &[WrappedKey]) -> Result<Progress, RotateError> {
    let mut conn = app.store.read().await?;
    let rest = connections::not_under(&mut conn, key, "", BATCH).await?;
    let definitions = definitions(&mut conn).await?;
    let added = passkeys::not_under(&mut conn, key).await?;
    drop(conn);
    if !added.is_empty() {
        // Somebody sealed one with the old key meanwhile: another round.
        return progress(app, Vec::new(), Some(Step::Rewrap { after: String::new() })).await;
    }
    let mut unusable = Vec::new();
    for connection in rest {
        match rewrapped(app, &definitions, &connection)? {
            // Somebody sealed it with the old key meanwhile: another round.
            Some(_) => return progress(app, Vec::new(), Some(Step::Rewrap { after: String::new() })).await,
            None => unusable.push(connection.id),
        }
    }
    if !unusable.is_empty() {
        return progress(app, unusable, None).await;
    }
    let old: Vec<i64> = rows.iter().map(|row| row.id).filter(|id| *id < key).collect();
    if !old.is_empty() {
        act(app, KeyAct::Retire(old)).await?;
        failpoint::hit("keys.retired").await?;
    }
    renew(app).await?;
    if let Err(error) = app.store.overwrite_deleted().await {
        tracing::warn!(%error, "the old key is deleted, and is overwritten when the database next tidies up");
    }
    progress(app, Vec::new(), None).await
}

async fn progress(app: &App, unusable: Vec<Slug>, next: Option<Step>) -> Result<Progress, RotateError> {
    let records = keys::records(&mut app.store.read().await?).await?;
    let (key, under) = records.last().copied().ok_or(VaultError::NoKeyring)?;
    let left = records.iter().map(|(_, records)| records).sum::<i64>() - under;
    Ok(Progress { key, under, left, unusable, next })
}

async fn definitions(conn: &mut Conn) -> sqlx::Result<BTreeMap<Slug, ServiceDefinition>> {
    let all = services::list(conn).await?;
    Ok(all.into_iter().map(|it| (it.definition.id.clone(), it.definition)).collect())
}

/// Has a change of keys recorded.
pub(super) async fn act(app: &App, act: KeyAct) -> Result<Answer, RotateError> {
    Ok(app.ledger.act(Act::Keys(Box::new(act))).await?)
}

/// Works with the keys as they are stored now.
pub(super) async fn renew(app: &App) -> Result<(), RotateError> {
    let ticket = app.vault.ticket();
    Ok(install(app, ticket, watch::refreshed(app).await?)?)
}
