//! Putting the broker together from its configuration, for `serve` and for a command that works without it.

use super::{
    lock::Lock,
    set_up::{self, SetUpCode},
};
use crate::{
    app::{App, Parts},
    clock::{Clock, Rng},
    config::{Config, Lookup, RootKeyPlace},
    keys::RootKeys,
    metrics::Metrics,
    recovery::{AnchorFile, Standing},
    store::{Store, chains, meta, people},
    vault::RootKeySource,
};
use anyhow::Context as _;
use nix::unistd::{Uid, User};
use std::{sync::Arc, time::Duration};
use tokio::{task::JoinHandle, time::timeout};

/// How long the writer may take to finish what it has.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// A broker that has been put together, with the lock that makes it the only one.
pub struct Started {
    /// It.
    pub app: Arc<App>,
    writer: JoinHandle<()>,
    _lock: Lock,
}

/// Opens the database, whose lock is held.
pub async fn open(config: &Config, _lock: &Lock) -> anyhow::Result<Store> {
    Ok(Store::open(&config.storage.database.value).await?)
}

/// Puts the broker together over its database and opens the vault. Makes the root key of an empty installation, unless
/// one is configured. Where a passphrase has to be entered, or an operator sealed the vault, it stays sealed.
pub async fn start(config: &Config, store: Store, lock: Lock, lookup: Lookup<'_>) -> anyhow::Result<Started> {
    let mut parts = Parts::new(store, config.server.public_url.value.clone());
    parts.root = root_keys(config, lookup)?;
    parts.environment.clone_from(&config.server.environment.value);
    parts.environment_colour = config.server.environment_colour.value;
    parts.site = config.server.site.as_ref().map(|it| it.value.clone());
    if config.admin.listen.is_some() {
        parts.metrics = Metrics::on()?;
    }
    parts.banner = banner(lookup);
    parts.config = Some(Arc::new(config.clone()));
    parts.egress = config.upstream.limits();
    parts.authorities = config.upstream.authorities()?;
    parts.keeping = config.record.keeping();
    parts.policy = config.decisions.decisions.value.within(config.limits.policy.value);
    parts.clients = config.clients.clients.value.clone();
    let (path, usual) = (config.storage.anchor.value.clone(), config.storage.usual_anchor());
    parts.anchor = Some(AnchorFile { path, usual });
    let (app, writer) = App::open(parts).await?;
    Ok(Started { app, writer, _lock: lock })
}

/// Makes the set-up code of an installation without people. Before the broker is put together: afterwards, the
/// ledger has the only connection that writes.
pub async fn set_up_code(store: &Store) -> anyhow::Result<Option<SetUpCode>> {
    let mut conn = store.writer().await?;
    if !people::list(&mut conn).await?.is_empty() {
        return Ok(None);
    }
    let fresh = set_up::mint(Rng::default().source(), Clock::system().now())?;
    meta::put(&mut conn, meta::SETUP_CODE, &fresh.stored).await?;
    Ok(Some(fresh))
}

impl Started {
    /// Finishes what the writer has, ends the chain in good order and closes the database.
    pub async fn end(self) {
        let (store, clock) = (self.app.store.clone(), self.app.clock.clone());
        let chain = self.app.ledger.chain().to_owned();
        let recovering = &self.app.recovering;
        let anchor = recovering.anchor().filter(|_| !recovering.is_suspended()).cloned();
        self.app.stopping.cancel();
        drop(self.app);
        // The writer ends with the last handle to the ledger. Who still holds one is not waited for any longer: the
        // next start ends the chain then.
        if !matches!(timeout(LAST_WRITES, self.writer).await, Ok(Ok(()))) {
            tracing::warn!("something is still being done; it ends with the process");
        } else if let Err(error) = end_chain(&store, &chain, &clock).await {
            tracing::warn!(%error, "the chain of this start could not be ended");
        }
        if let Some(anchor) = anchor {
            match anchor.renew(&store).await {
                Ok(Standing::Reaches) => {}
                Ok(Standing::Behind(why)) => tracing::error!("the anchor was not moved: {why}"),
                Err(error) => tracing::warn!(%error, "the anchor was not moved"),
            }
        }
        let _ = timeout(LAST_WRITES, store.close()).await;
    }
}

async fn end_chain(store: &Store, chain: &str, clock: &Clock) -> sqlx::Result<()> {
    chains::end(&mut store.writer().await?, chain, clock.now()).await
}

/// Where the root key is, as it was configured.
pub fn root_keys(config: &Config, lookup: Lookup<'_>) -> anyhow::Result<RootKeys> {
    let place = &config.storage.root_key;
    Ok(match &place.value {
        RootKeyPlace::File(path) => RootKeys::file(path),
        RootKeyPlace::Own(path) => RootKeys::File { path: path.clone(), own: true },
        RootKeyPlace::Credential(name) => {
            let folder = lookup("CREDENTIALS_DIRECTORY").context("CREDENTIALS_DIRECTORY is not set")?;
            RootKeys::Credential { folder: folder.into(), name: (*name).to_owned() }
        }
        RootKeyPlace::Environment => {
            let loaded = RootKeySource::Environment.load(lookup);
            let loaded = loaded.with_context(|| format!("the root key of {}", place.source))?;
            if let Some(warning) = loaded.warning {
                tracing::warn!("{warning}");
            }
            RootKeys::Held(Arc::new(loaded.key))
        }
        RootKeyPlace::Passphrase => RootKeys::Passphrase,
    })
}

/// An agent under the broker's own user can read its files. That cannot be seen from here, so whoever does not run
/// the broker as a service of the system is told.
fn banner(lookup: Lookup<'_>) -> Option<String> {
    if lookup("STATE_DIRECTORY").is_some() { None } else { shared_user(Uid::effective()) }
}

/// What is to be said of a broker under a user that is not the system's.
pub fn shared_user(user: Uid) -> Option<String> {
    /// Users below this are the system's.
    const FIRST_PERSON: u32 = 1000;
    if (1..FIRST_PERSON).contains(&user.as_raw()) {
        return None;
    }
    Some(format!(
        "This broker runs as user {}. An agent under the same user can read its files. Install it under a user of its \
         own.",
        user_name(user)
    ))
}

/// The name of a user, or its number.
pub fn user_name(user: Uid) -> String {
    User::from_uid(user).ok().flatten().map_or_else(|| user.to_string(), |user| user.name)
}
