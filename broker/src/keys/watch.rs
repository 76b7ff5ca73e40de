//! Follows what other brokers did with the vault: on their events, and by looking every second where there may be
//! others.

use super::{drop_keys, install, signer, unseal};
use crate::{
    app::App,
    events::Event,
    store::{Engine, keys},
    vault::{KeyringRow, RootKey, VaultError},
};
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How often it is looked, whether events come or not.
const LOOK: Duration = Duration::from_secs(1);

/// Runs until the broker stops.
pub async fn watch(app: &App) {
    let mut events = app.events.listen();
    loop {
        if let Err(error) = follow(app).await {
            tracing::warn!(%error, "how the vault stands could not be followed; trying again");
        }
        let woken = async {
            while let Some(event) = events.next().await {
                if matches!(event, Event::Vault | Event::Resync) {
                    return;
                }
            }
            std::future::pending::<()>().await;
        };
        let look = async {
            match app.store.engine() {
                Engine::Postgres => sleep(LOOK).await,
                Engine::Sqlite => std::future::pending().await,
            }
        };
        tokio::select! {
            () = woken => {}
            () = look => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// Does what this broker has not done yet: drops its keys after a seal, opens the vault by its own root key when the
/// seal is lifted, takes in keys that were added and forgets those that are gone.
pub async fn follow(app: &App) -> Result<(), unseal::UnsealError> {
    let ticket = app.vault.ticket();
    let standing = keys::standing(&mut app.store.read().await?).await?;
    let known = app.keys.known();
    if standing == known {
        return Ok(());
    }
    if standing.is_sealed() {
        if !app.vault.is_sealed() {
            // Not inside the macro, which does nothing where nobody listens.
            let calls = drop_keys(app);
            tracing::warn!(calls, "the vault was sealed by an operator");
        }
    } else if !app.vault.is_sealed() {
        install(app, ticket, refreshed(app).await?)?;
    } else if standing.unsealed > known.unsealed {
        match unseal::prepare(app, None).await {
            Ok(ready) => {
                install(app, ticket, ready)?;
                tracing::info!("the seal was lifted; the vault is open");
            }
            Err(error) => tracing::warn!("the seal was lifted, but this broker stays sealed: {error}"),
        }
    }
    app.keys.know(standing);
    Ok(())
}

/// A token names a key that is not known here: another broker may have made it a moment ago. Looks, at most once a
/// second, since anybody can write such a token; says whether there is something new.
pub(crate) async fn look_again(app: &App) -> bool {
    let now = Instant::now();
    {
        let mut looked = app.keys.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.is_some_and(|last| now - last < LOOK) {
            return false;
        }
        *looked = Some(now);
    }
    let before = app.keys.known();
    follow(app).await.is_ok() && app.keys.known() != before
}

/// The open keys as they are in the database now.
pub(super) async fn refreshed(app: &App) -> Result<unseal::Ready, unseal::UnsealError> {
    let mut conn = app.store.read().await?;
    let rows = unseal::rows(&mut conn).await?;
    let root = root_now(app, rows.first())?;
    let keyring = app.vault.refresh_keyring(&root, &rows)?;
    let signer = signer::load(app, &mut conn, &keyring).await?;
    Ok(unseal::Ready { keyring, signer })
}

/// The root key that the rows are under, if this broker has it. Otherwise the one from before: it goes on with the keys
/// that are open, until it is started again.
fn root_now(app: &App, row: Option<&KeyringRow>) -> Result<Arc<RootKey>, VaultError> {
    let root = app.vault.root()?;
    match row {
        Some(row) if row.root_id != root.id() => match app.keys.root.find(&row.root_id) {
            Ok(next) => Ok(next),
            Err(error) => {
                tracing::warn!(%error, "the root key was replaced by another broker; this one needs it before it is restarted");
                Ok(root)
            }
        },
        _ => Ok(root),
    }
}
