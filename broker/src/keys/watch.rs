//! Follows what other brokers did with the vault: on their events, and by looking every second where there may be
//! others.

use super::{drop_keys, install, signer, unseal};
use crate::{
    app::App,
    events::Event,
    store::{Engine, keys},
};
use std::time::Duration;
use tokio::time::sleep;

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

/// The open keys as they are in the database now.
pub(super) async fn refreshed(app: &App) -> Result<unseal::Ready, unseal::UnsealError> {
    let mut conn = app.store.read().await?;
    let rows = unseal::rows(&mut conn).await?;
    let root = app.vault.root()?;
    let keyring = app.vault.refresh_keyring(&root, &rows)?;
    let signer = signer::load(app, &mut conn, &keyring).await?;
    Ok(unseal::Ready { keyring, signer })
}
