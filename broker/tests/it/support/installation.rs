//! A broker in a database of its own: people, services with real sealed secrets, agents, all declared through the
//! ledger. Its clock stands still until a test moves it.

use super::database::Database;
use broker::{
    app::{App, Parts},
    clock::Clock,
    keys::RootKeys,
    ledger::acts::{Act, Declaration},
    store::{Store, agents::Agent, connections::Connection, people::Person},
    vault::{Origin, Secret, SecretContext, create_root_key_file},
};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::{
    Action, Effect, Slug,
    people::Scope,
    services::{AuthStyle, Recogniser, ServiceDefinition, ServiceKind},
    sessions::Role,
};
use std::{path::PathBuf, sync::Arc};
use tokio::task::JoinHandle;

/// A secret that must never be found anywhere in the clear.
pub const CANARY: &str = "canary-7Jq2xWb9LkT4-never-in-the-clear";

/// When the tests begin.
pub fn start_of_time() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000).unwrap()
}

/// A name.
pub fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

/// What a test changes before the broker is put together.
pub type Change<'a> = &'a (dyn Fn(&mut Parts) + Sync);

/// A running broker.
pub struct Installation {
    pub app: Arc<App>,
    pub clock: Clock,
    pub url: String,
    pub root: PathBuf,
    writer: JoinHandle<()>,
}

impl Installation {
    /// The first broker of a database: people, services, agents are declared.
    pub async fn start(database: &Database) -> Self {
        Self::start_with(database, |_| ()).await
    }

    /// The same with other parts.
    pub async fn start_with(database: &Database, change: impl FnOnce(&mut Parts)) -> Self {
        let root = database.folder.path().join("root.key");
        if !root.exists() {
            create_root_key_file(&root, broker::clock::Rng::default().source()).unwrap();
        }
        let keys = RootKeys::file(&root);
        let it = Self::assemble(&database.url, Clock::held(start_of_time()), root, keys, change).await;
        it.declare_everything().await;
        it
    }

    /// Another broker of the same database, with the same clock.
    pub async fn another(&self) -> Self {
        Self::open(&self.url, self.clock.clone(), self.root.clone()).await
    }

    /// A broker in a database that is set up already.
    pub async fn open(url: &str, clock: Clock, root: PathBuf) -> Self {
        let keys = RootKeys::file(&root);
        Self::open_with(url, clock, root, keys).await
    }

    /// The same, with the root key in another place.
    pub async fn open_with(url: &str, clock: Clock, root: PathBuf, keys: RootKeys) -> Self {
        Self::assemble(url, clock, root, keys, |_| ()).await
    }

    /// The same with other parts.
    pub async fn open_changed(
        url: &str,
        clock: Clock,
        root: PathBuf,
        change: impl FnOnce(&mut Parts),
    ) -> Self {
        let keys = RootKeys::file(&root);
        Self::assemble(url, clock, root, keys, change).await
    }

    async fn assemble(
        url: &str,
        clock: Clock,
        root: PathBuf,
        keys: RootKeys,
        change: impl FnOnce(&mut Parts),
    ) -> Self {
        let mut parts = Parts { root: keys, ..parts(url, &clock).await };
        change(&mut parts);
        let (app, writer) = App::open(parts).await.unwrap();
        Self { app, clock, url: url.to_owned(), root, writer }
    }

    /// Stops the broker as a kill would: nothing is written any more.
    pub async fn stop(self) {
        self.writer.abort();
        let _ = self.writer.await;
        self.app.store.close().await;
    }

    /// From now on nothing can be recorded.
    pub fn stop_writing(&self) {
        self.writer.abort();
    }

    /// Moves the clock on.
    pub fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Declares something, which must work.
    pub async fn declare(&self, declaration: Declaration) {
        self.app.ledger.act(Act::Declare(Box::new(declaration))).await.unwrap();
    }

    /// Gives a person these roles.
    pub async fn person(&self, id: &str, roles: &[Role]) {
        let person = Person {
            id: slug(id),
            title: id.to_uppercase(),
            roles: roles.to_vec(),
            scope: Scope::default(),
            blocked: false,
        };
        self.declare(Declaration::Person(person)).await;
    }

    async fn declare_everything(&self) {
        self.person("paul", &[Role::Developer, Role::Approver]).await;
        self.person("ana", &[Role::Approver]).await;
        self.person("adm", &[Role::Admin]).await;
        self.person("aud", &[Role::Auditor]).await;
        for (service, owner) in [("tracker", None), ("mail", None), ("diary", Some("paul"))] {
            self.declare(Declaration::Service(definition(service))).await;
            self.connection(service, owner).await;
        }
        for agent in ["bot", "crawler"] {
            self.agent(agent, "paul").await;
        }
    }

    async fn agent(&self, id: &str, owner: &str) {
        let agent = Agent {
            id: slug(id),
            title: format!("The {id}"),
            owner: slug(owner),
            direct: true,
            blocked: false,
            key: 0,
            created_at: self.clock.now(),
            client: None,
            redirect_uris: Vec::new(),
            via: None,
        };
        let secret_mac = Some(self.mac(id));
        self.declare(Declaration::Agent { agent, secret_mac, credentials: None }).await;
    }

    async fn connection(&self, service: &str, owner: Option<&str>) {
        let context = SecretContext {
            owner,
            connection: service,
            version: 1,
            field: "secret",
            service,
            origin: Origin { scheme: "https", host: "service.example", port: 443 },
            auth_style: "bearer",
        };
        let secret = Secret::new(CANARY.as_bytes()).unwrap();
        let record = self.app.vault.seal_secret(&context, &secret, self.app.rng.source()).unwrap();
        let connection = Connection {
            id: slug(service),
            service: slug(service),
            account: format!("@{}", owner.unwrap_or("team")),
            owner: owner.map(slug),
            approvers: Vec::new(),
            version: 1,
            record,
        };
        self.declare(Declaration::Connection(connection)).await;
    }

    /// The HMAC of some token.
    pub fn mac(&self, of: &str) -> String {
        use broker::tokens::{OpaqueKind, OpaqueToken};
        let token = OpaqueToken::mint(OpaqueKind::Agent, self.app.rng.source()).unwrap();
        format!("{of}:{}", token.mac(&self.app.mac_key))
    }
}

async fn parts(url: &str, clock: &Clock) -> Parts {
    let parts = Parts::new(Store::open(url).await.unwrap(), "http://localhost:8420");
    Parts { clock: clock.clone(), ..parts }
}

/// A service that can read, write and delete, in projects.
pub fn definition(id: &str) -> ServiceDefinition {
    let actions = [
        ("read", Effect::Read, true, "GET", "/projects/{project}/items"),
        ("comment", Effect::Write, true, "POST", "/projects/{project}/items/{item}/comments"),
        ("close", Effect::Write, true, "PATCH", "/projects/{project}/items/{item}"),
        ("delete", Effect::Delete, false, "DELETE", "/projects/{project}/items/{item}"),
    ];
    let action = |(verb, effect, reversible, method, path): (&str, _, _, &str, &str)| Action {
        name: format!("items.{verb}"),
        verb: verb.to_owned(),
        object: "items".to_owned(),
        effect,
        reversible,
        ask: false,
        recogniser: Recogniser::Http { method: method.to_owned(), path: path.to_owned() },
    };
    ServiceDefinition {
        id: slug(id),
        title: id.to_uppercase(),
        kind: ServiceKind::Http,
        origin: "https://service.example".to_owned(),
        auth: AuthStyle::Bearer,
        allow_private: false,
        sensitive: false,
        resource: Some("{project}".to_owned()),
        approvals: 1,
        four_eyes: false,
        default_actions: Vec::new(),
        mcp: None,
        actions: actions.map(action).to_vec(),
    }
}
