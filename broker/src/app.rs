//! Everything that a handler may hold, and how it is put together at the start.

use crate::{
    calls::inflight::Inflight,
    clock::{Clock, Rng},
    egress::{Egress, EgressLimits, Resolve, SystemResolver},
    events::Events,
    ledger::{
        Ledger, Opened,
        acts::{Act, Declaration},
    },
    people::{notices::Notices, seen::Seen},
    store::{
        Conn, Store,
        keys::{self, WrappedKey},
        meta,
    },
    tokens::{MacKey, Signer, SigningKey, hex},
    vault::{KeyringRow, Origin, RootKey, Secret, SecretContext, Vault},
};
use anyhow::Context as _;
use domain::policy::Policy;
use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What the broker is started with.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub rng: Rng,
    /// The root key; without one the vault stays sealed.
    pub root: Option<RootKey>,
    /// Where people and agents reach it, without a slash at the end.
    pub public_url: String,
    /// The name of the environment, shown on every page.
    pub environment: String,
    /// A permanent warning for every page.
    pub banner: Option<String>,
    /// The numbers.
    pub policy: Policy,
    /// How names of services are resolved.
    pub resolver: Arc<dyn Resolve>,
    /// How long upstreams may take.
    pub egress: EgressLimits,
    /// Where the wasm half of the pages lies; without it they are plain forms.
    pub site: Option<PathBuf>,
}

impl Parts {
    /// The usual parts around a database.
    pub fn new(store: Store, public_url: impl Into<String>) -> Self {
        Self {
            store,
            clock: Clock::System,
            rng: Rng::default(),
            root: None,
            public_url: public_url.into(),
            environment: "local".to_owned(),
            banner: None,
            policy: Policy::default(),
            resolver: Arc::new(SystemResolver),
            egress: EgressLimits::default(),
            site: None,
        }
    }
}

/// The running broker.
pub struct App {
    /// The database, for reading.
    pub store: Store,
    /// The only writer.
    pub ledger: Ledger,
    /// The sealed secrets.
    pub vault: Vault,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub rng: Rng,
    /// Fan-out.
    pub events: Events,
    /// The way out.
    pub egress: Egress,
    /// Calls that are being made.
    pub inflight: Inflight,
    /// Who and what was in use, until it is written down.
    pub seen: Seen,
    /// The numbers.
    pub policy: Policy,
    /// Where people and agents reach it, without a slash at the end.
    pub public_url: String,
    /// The name of the environment.
    pub environment: String,
    /// A permanent warning for every page.
    pub banner: Option<String>,
    /// Which installation.
    pub instance: String,
    /// The key of token HMACs.
    pub mac_key: MacKey,
    /// Where the wasm half of the pages lies.
    pub site: Option<PathBuf>,
    /// What came of a form, until its page shows it.
    pub notices: Notices,
    /// Says that the broker stops.
    pub stopping: CancellationToken,
    signer: RwLock<Option<Signer>>,
}

impl App {
    /// Puts the broker together: identity, ledger, vault, signing keys.
    pub async fn open(parts: Parts) -> anyhow::Result<(Arc<Self>, JoinHandle<()>)> {
        let (instance, mac_key) = identity(&parts).await?;
        let events = Events::default();
        let chain = parts.rng.name(parts.clock.now())?;
        let (store, clock) = (parts.store.clone(), parts.clock.clone());
        let Opened { ledger, writer } = Ledger::open(store, clock, events.clone(), chain, "start").await?;
        let app = Self {
            ledger,
            vault: Vault::sealed(instance.clone()),
            egress: Egress::new(parts.egress, parts.resolver)?,
            inflight: Inflight::default(),
            seen: Seen::default(),
            stopping: CancellationToken::new(),
            signer: RwLock::new(None),
            store: parts.store,
            clock: parts.clock,
            rng: parts.rng,
            policy: parts.policy,
            public_url: parts.public_url,
            environment: parts.environment,
            banner: parts.banner,
            site: parts.site,
            notices: Notices::default(),
            instance,
            mac_key,
            events,
        };
        if let Some(root) = &parts.root {
            app.unseal(root).await?;
        }
        Ok((Arc::new(app), writer))
    }

    /// Opens the vault with the root key, and makes its first keys in a new installation.
    pub async fn unseal(&self, root: &RootKey) -> anyhow::Result<()> {
        let mut conn = self.store.read().await?;
        if keys::keyring(&mut conn).await?.is_empty() {
            let row = self.vault.create_keyring(root, self.clock.now(), self.rng.source())?;
            let key = WrappedKey {
                id: row.id,
                wrapped: row.wrapped,
                check_value: row.check,
                root_id: row.root_id,
                created_at: row.created_at.timestamp_millis(),
            };
            // Another broker that starts at the same moment may have been first: what counts is what is stored.
            let _ = self.ledger.act(Act::Declare(Box::new(Declaration::Key(key)))).await;
        }
        let rows = keys::keyring(&mut conn).await?;
        let rows: Vec<KeyringRow> = rows.into_iter().map(keyring_row).collect();
        self.vault.unlock(root, &rows)?;
        let signer = self.load_signer(&mut conn).await?;
        *self.signer.write().unwrap_or_else(PoisonError::into_inner) = Some(signer);
        Ok(())
    }

    /// What signs and checks tokens; none while the vault is sealed.
    pub fn signer(&self) -> Option<Signer> {
        if self.vault.is_sealed() {
            return None;
        }
        self.signer.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn load_signer(&self, conn: &mut Conn) -> anyhow::Result<Signer> {
        let mut stored = keys::signing(conn).await?;
        if stored.is_empty() {
            let key = SigningKey::generate(self.rng.source())?;
            let record = self.vault.seal_secret(&signing_context(), key.pkcs8(), self.rng.source())?;
            let public = key.jwk().to_string();
            let (kid, created_at) = (key.kid().to_owned(), self.clock.now());
            let row = keys::SigningKey { kid, record, public, created_at };
            let _ = self.ledger.act(Act::Declare(Box::new(Declaration::SigningKey(row)))).await;
            stored = keys::signing(conn).await?;
        }
        let open = |row: &keys::SigningKey| -> anyhow::Result<SigningKey> {
            let secret: Secret = self.vault.open_secret(&signing_context(), &row.record)?;
            Ok(SigningKey::from_pkcs8(secret)?)
        };
        let mut opened = stored.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?;
        let current = opened.pop().context("there is no signing key")?;
        Ok(Signer::new(self.public_url.clone(), current, &opened))
    }
}

/// Which installation this is, made at the first start.
async fn identity(parts: &Parts) -> anyhow::Result<(String, MacKey)> {
    let mut conn = parts.store.writer().await?;
    if meta::get(&mut conn, meta::INSTANCE).await?.is_none() {
        let key = MacKey::generate(parts.rng.source())?;
        let hex = hex(key.expose());
        meta::init(&mut conn, meta::MAC_KEY, &hex).await?;
        meta::init(&mut conn, meta::INSTANCE, &parts.rng.name(parts.clock.now())?).await?;
    }
    let instance = meta::get(&mut conn, meta::INSTANCE).await?.context("the installation has no name")?;
    let hex = meta::get(&mut conn, meta::MAC_KEY).await?.context("the installation has no key for tokens")?;
    let digits = hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16));
    let key = digits.collect::<Result<Vec<u8>, _>>().context("the key for tokens is damaged")?;
    Ok((instance, MacKey::new(&Secret::key(key))))
}

fn keyring_row(key: WrappedKey) -> KeyringRow {
    KeyringRow {
        id: key.id,
        wrapped: key.wrapped,
        check: key.check_value,
        root_id: key.root_id,
        created_at: crate::store::time(key.created_at),
    }
}

/// Signing keys are sealed for a place of their own, which no connection can have.
fn signing_context() -> SecretContext<'static> {
    SecretContext {
        owner: None,
        connection: "(broker)",
        version: 1,
        field: "signing-key",
        service: "(broker)",
        origin: Origin { scheme: "countersign", host: "broker", port: 0 },
        auth_style: "es256",
    }
}
