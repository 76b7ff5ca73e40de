//! Everything that a handler may hold, and how it is put together at the start.

use crate::{
    audit::Verifying,
    calls::{inflight::Inflight, refusals::Refusals},
    clients::{ClientSettings, Documents},
    clock::{Clock, Rng},
    config::Config,
    doctor::probe::Probes,
    egress::{Egress, EgressLimits, Resolve, SystemResolver},
    events::Events,
    keys::{self, Keys, RootKeys},
    ledger::{Ledger, Opened},
    limits::Limits,
    mcp::{
        Gateway,
        upstream::stdio::{Host, Programs},
    },
    metrics::Metrics,
    people::{
        notices::Notices,
        passkeys::relying::{Refused, Relying},
        seen::Seen,
    },
    polling::Polls,
    recovery::{self, AnchorFile, Recovering},
    retention::Keeping,
    services::directory::Directories,
    store::{Store, meta},
    tokens::{MacKey, Signer, hex},
    vault::{Secret, Vault},
};
use anyhow::Context as _;
use domain::policy::Policy;
use rustls::pki_types::CertificateDer;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use web_ui::Colour;

/// What the broker is started with.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub rng: Rng,
    /// Where the root key is.
    pub root: RootKeys,
    /// Where people and agents reach it, without a slash at the end.
    pub public_url: String,
    /// The name of the environment, shown on every page.
    pub environment: String,
    /// Its colour there.
    pub environment_colour: Colour,
    /// A permanent warning for every page.
    pub banner: Option<String>,
    /// The numbers.
    pub policy: Policy,
    /// How names of services are resolved.
    pub resolver: Arc<dyn Resolve>,
    /// How long upstreams may take.
    pub egress: EgressLimits,
    /// Certificate authorities of upstreams, beside the machine's.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Where the wasm half of the pages lies; without it they are plain forms.
    pub site: Option<PathBuf>,
    /// The numbers that operators see.
    pub metrics: Metrics,
    /// Where the anchor of the database is; without one an older copy is not noticed.
    pub anchor: Option<AnchorFile>,
    /// How long the record is kept.
    pub keeping: Keeping,
    /// Which OAuth clients people may bring along.
    pub clients: ClientSettings,
    /// The settings, if it is put together from some.
    pub config: Option<Arc<Config>>,
}

impl Parts {
    /// The usual parts around a database; whoever starts it has to enter a passphrase, or to say where the root key is.
    pub fn new(store: Store, public_url: impl Into<String>) -> Self {
        Self {
            store,
            clock: Clock::system(),
            rng: Rng::default(),
            root: RootKeys::Passphrase,
            public_url: public_url.into(),
            environment: "local".to_owned(),
            environment_colour: Colour::of_environment("local"),
            banner: None,
            policy: Policy::default(),
            resolver: Arc::new(SystemResolver),
            egress: EgressLimits::default(),
            authorities: Vec::new(),
            site: None,
            metrics: Metrics::off(),
            anchor: None,
            keeping: Keeping::default(),
            clients: ClientSettings::default(),
            config: None,
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
    /// What admins declared, for the data plane.
    pub directories: Directories,
    /// The way out.
    pub egress: Egress,
    /// Calls that are being made.
    pub inflight: Inflight,
    /// Calls that were refused unread, until they are recorded.
    pub refusals: Refusals,
    /// Who and what was in use, until it is written down.
    pub seen: Seen,
    /// The numbers.
    pub policy: Policy,
    /// How much anybody may ask.
    pub limits: Limits,
    /// Who has asked lately what became of a request.
    pub polls: Polls,
    /// Which OAuth clients people may bring along.
    pub clients: ClientSettings,
    /// What was fetched of such clients.
    pub documents: Documents,
    /// Where people and agents reach it, without a slash at the end.
    pub public_url: String,
    /// What asks browsers for passkeys, or why there can be none at this address.
    pub relying: Result<Relying, Refused>,
    /// The name of the environment.
    pub environment: String,
    /// Its colour.
    pub environment_colour: Colour,
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
    /// The verification of the record that runs, and what came of the last.
    pub verifying: Verifying,
    /// The numbers that operators see.
    pub metrics: Metrics,
    /// How long the record is kept.
    pub keeping: Keeping,
    /// The settings, if it was put together from some.
    pub config: Option<Arc<Config>>,
    /// The request of our own that looks at the way here.
    pub probes: Probes,
    /// Says that the broker stops.
    pub stopping: CancellationToken,
    /// Where its keys come from, and what it knows of them.
    pub keys: Keys,
    /// Whether the database is an older copy that nobody has accepted.
    pub recovering: Recovering,
    /// What the MCP gateway remembers.
    pub(crate) mcp: Gateway,
}

/// The programs of this host that may be MCP servers, as its configuration file declares them.
fn programs(config: Option<&Config>) -> anyhow::Result<Programs> {
    let executable = std::env::current_exe()?;
    let Some(config) = config else {
        return Ok(Programs::new(Host::new(executable, false, Vec::new()), BTreeMap::new()));
    };
    let host = Host::new(executable, config.programs.require_confinement, config.own_files());
    Ok(Programs::new(host, config.programs.declared.clone()))
}

impl App {
    /// Puts the broker together: identity, ledger, vault, signing keys.
    pub async fn open(parts: Parts) -> anyhow::Result<(Arc<Self>, JoinHandle<()>)> {
        let (instance, mac_key) = identity(&parts).await?;
        let events = Events::default();
        let chain = parts.rng.name(parts.clock.now())?;
        let (store, clock) = (parts.store.clone(), parts.clock.clone());
        let Opened { ledger, writer } =
            Ledger::open(store, clock, events.clone(), chain, "start", parts.metrics.ledger.clone()).await?;
        let app = Self {
            ledger,
            vault: Vault::sealed(instance.clone()),
            directories: Directories::new(parts.store.clone()),
            egress: Egress::new(parts.egress, parts.resolver, parts.authorities)?,
            inflight: Inflight::default(),
            refusals: Refusals::default(),
            seen: Seen::default(),
            stopping: CancellationToken::new(),
            keys: Keys::sealed(parts.root),
            recovering: Recovering::new(parts.anchor),
            mcp: Gateway::new(programs(parts.config.as_deref())?),
            limits: Limits::new(&parts.policy, &parts.clock),
            polls: Polls::new(&parts.clock),
            clients: parts.clients,
            documents: Documents::default(),
            store: parts.store,
            clock: parts.clock,
            rng: parts.rng,
            policy: parts.policy,
            relying: Relying::new(&parts.public_url),
            public_url: parts.public_url,
            environment: parts.environment,
            environment_colour: parts.environment_colour,
            banner: parts.banner,
            site: parts.site,
            metrics: parts.metrics,
            keeping: parts.keeping,
            config: parts.config,
            probes: Probes::default(),
            notices: Notices::default(),
            verifying: Verifying::default(),
            instance,
            mac_key,
            events,
        };
        recovery::start(&app).await?;
        keys::start(&app).await?;
        Ok((Arc::new(app), writer))
    }

    /// What signs and checks tokens; none while the vault is sealed.
    pub fn signer(&self) -> Option<Signer> {
        if self.vault.is_sealed() {
            return None;
        }
        self.keys.signer()
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
