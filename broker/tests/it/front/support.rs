//! An installation with a cast, a service that can be called, and ears for every secret that must not be heard.

pub use super::acts::{Session, approval, exchange, line, wide};
use super::{
    cast::{COOKIE, Heard, Member, anonymous},
    upstream::Upstream,
};
use crate::support::installation::{CANARY, Change, Installation, definition, slug};
use axum::Router;
use broker::{
    app::App,
    clock::Clock,
    ledger::acts::{Act, Declaration, Entering},
    store::{Engine, agents::Agent, connections::Connection},
    tokens::{OpaqueKind, OpaqueToken},
    vault::Secret,
};
use chrono::TimeDelta;
use protocol::{
    Slug,
    services::{AuthStyle, ServiceDefinition},
    sessions::Role,
};
use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

/// The front door of an installation, and everybody who uses it.
pub struct Front {
    pub app: Arc<App>,
    /// Where the database is.
    pub url: String,
    pub clock: Clock,
    pub router: Router,
    pub upstream: Upstream,
    pub owner: Member,
    pub approver: Member,
    pub admin: Member,
    pub auditor: Member,
    pub other_owner: Member,
    pub agent: Member,
    pub other_agent: Member,
    /// An agent whose grant token may be used at the proxy.
    pub direct: Member,
    secrets: Mutex<Vec<String>>,
}

/// Makes one test of each name and engine out of an `async fn name(front: &Front)`.
macro_rules! on_each_front {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let test = async |front: &$crate::front::support::Front| super::$name(front).await;
                $crate::front::support::run(broker::store::Engine::Sqlite, test).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let test = async |front: &$crate::front::support::Front| super::$name(front).await;
                $crate::front::support::run(broker::store::Engine::Postgres, test).await;
            })*
        }
    };
    // Each is a function of its own that puts its broker together.
    (alone: $($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(broker::store::Engine::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(broker::store::Engine::Postgres).await;
            })*
        }
    };
}
pub(crate) use on_each_front;

/// Runs a test, then listens to the log and checks what must hold in every database.
pub async fn run(engine: Engine, test: impl AsyncFn(&Front)) {
    run_with(engine, &|_| {}, test).await;
}

/// The same with a broker that is put together in another way.
pub async fn run_with(engine: Engine, change: Change<'_>, test: impl AsyncFn(&Front)) {
    LazyLock::force(&LOG);
    crate::support::run_with(engine, change, async |it: &Installation| {
        let front = Front::open(it).await;
        test(&front).await;
        front.settle().await;
        let log = log();
        assert!(!log.is_empty(), "the log was not heard");
        front.holds_no_secret("the log", &log);
        front.holds_no_secret("the database", &crate::support::dump::dump(&front.app.store).await);
    })
    .await;
}

static HEARD: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Everything that is logged in this process, as JSON lines.
static LOG: LazyLock<()> = LazyLock::new(|| {
    struct Ear;
    impl io::Write for Ear {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            HEARD.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let subscriber =
        tracing_subscriber::fmt().json().with_env_filter("debug,broker=trace").with_writer(|| Ear);
    subscriber.try_init().unwrap();
});

/// The log so far.
pub fn log() -> String {
    String::from_utf8(HEARD.lock().unwrap().clone()).unwrap()
}

impl Front {
    pub async fn open(it: &Installation) -> Self {
        let upstream = Upstream::start().await;
        let mut front = Self {
            app: it.app.clone(),
            url: it.url.clone(),
            clock: it.clock.clone(),
            router: broker::http::router(&it.app),
            upstream,
            owner: Member::default(),
            approver: Member::default(),
            admin: Member::default(),
            auditor: Member::default(),
            other_owner: Member::default(),
            agent: Member::default(),
            other_agent: Member::default(),
            direct: Member::default(),
            secrets: Mutex::new(vec![CANARY.to_owned()]),
        };
        it.person("otto", &[Role::Developer]).await;
        it.person("mallory", &[Role::Developer]).await;
        front.owner = front.person("otto").await;
        front.approver = front.person("ana").await;
        front.admin = front.person("adm").await;
        front.auditor = front.person("aud").await;
        front.other_owner = front.person("mallory").await;
        front.declare_services().await;
        front.agent = front.declare_agent("helper", "otto", false).await;
        front.direct = front.declare_agent("direct", "otto", true).await;
        front.other_agent = front.declare_agent("intruder", "mallory", false).await;
        front
    }

    async fn declare_services(&self) {
        let here = self.upstream.origin();
        self.service("issues", &here, true, &[("issues", None)]).await;
        self.service("notes", &here, true, &[("notes", Some("otto"))]).await;
        self.service("twin", &here, true, &[("twin-a", None), ("twin-b", None)]).await;
        self.service("inside", &here, false, &[("inside", None)]).await;
        self.service("down", "http://127.0.0.1:1", true, &[("down", None)]).await;
    }

    /// Declares a service with connections and their owners; its credential is a header of its own.
    pub async fn service(&self, id: &str, origin: &str, private: bool, connections: &[(&str, Option<&str>)]) {
        let auth = AuthStyle::Header { name: "x-api-key".to_owned(), prefix: String::new() };
        let (origin, base) = (origin.to_owned(), definition(id));
        let declared = ServiceDefinition { origin, auth, allow_private: private, ..base };
        self.declare(Declaration::Service(declared.clone())).await;
        for (connection, owner) in connections {
            self.connection(&declared, connection, *owner).await;
        }
    }

    pub async fn connection(&self, service: &ServiceDefinition, id: &str, owner: Option<&str>) {
        let mut connection = Connection {
            id: slug(id),
            service: service.id.clone(),
            account: format!("@{id}"),
            owner: owner.map(slug),
            approvers: Vec::new(),
            version: 1,
            record: String::new(),
        };
        let place = broker::services::context(service, &connection).unwrap();
        let secret = Secret::new(CANARY.as_bytes()).unwrap();
        connection.record =
            self.app.vault.seal_secret(&place.bound(), &secret, self.app.rng.source()).unwrap();
        self.declare(Declaration::Connection(connection)).await;
    }

    /// Declares something, which must work.
    pub async fn declare(&self, declaration: Declaration) {
        self.app.ledger.act(Act::Declare(Box::new(declaration))).await.unwrap();
    }

    async fn declare_agent(&self, id: &str, owner: &str, direct: bool) -> Member {
        let secret = self.token(OpaqueKind::Agent);
        let created_at = self.clock.now();
        let (title, owner) = (format!("The {id}"), slug(owner));
        let agent = Agent {
            id: slug(id),
            title,
            owner,
            direct,
            blocked: false,
            key: 0,
            created_at,
            client: None,
            redirect_uris: Vec::new(),
            via: None,
        };
        let secret_mac = Some(secret.mac(&self.app.mac_key));
        self.declare(Declaration::Agent { agent, secret_mac, credentials: None }).await;
        Member { id: id.to_owned(), token: secret.expose().to_owned(), cookie: String::new() }
    }

    pub fn token(&self, kind: OpaqueKind) -> OpaqueToken {
        let token = OpaqueToken::mint(kind, self.app.rng.source()).unwrap();
        self.keep(token.expose());
        token
    }

    /// From now on this must not be heard.
    pub fn keep(&self, secret: &str) {
        self.secrets.lock().unwrap().push(secret.to_owned());
    }

    pub async fn enter(&self, entering: Entering) {
        self.app.ledger.act(Act::Enter(Box::new(entering))).await.unwrap();
    }

    /// A link that signs a person in.
    pub async fn link(&self, person: &str) -> String {
        let link = self.token(OpaqueKind::Link);
        let expires_at = self.clock.now() + TimeDelta::seconds(600);
        let mac = link.mac(&self.app.mac_key);
        self.enter(Entering::Link { mac, person: slug(person), expires_at }).await;
        link.expose().to_owned()
    }

    pub async fn person(&self, id: &str) -> Member {
        let token = self.token_of(id).await;
        Member { id: id.to_owned(), token, cookie: self.sign_in(id).await }
    }

    /// A person's token for the API.
    pub async fn token_of(&self, person: &str) -> String {
        let token = self.token(OpaqueKind::Person);
        let expires_at = self.clock.now() + TimeDelta::hours(12);
        let mac = token.mac(&self.app.mac_key);
        self.enter(Entering::Token { mac, person: slug(person), expires_at }).await;
        token.expose().to_owned()
    }

    /// Signs a person in by a link, and gives the value of the cookie.
    pub async fn sign_in(&self, person: &str) -> String {
        let link = self.link(person).await;
        let own = anonymous(self).header("sec-fetch-site", "same-origin");
        let heard = own.form("/sign-in/link", &[("token", &link)]).await;
        assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/"), "{}", heard.text());
        let cookie = heard.header("set-cookie");
        assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=43200"), "{cookie}");
        let value =
            cookie.split(';').next().and_then(|pair| pair.strip_prefix(&format!("{COOKIE}="))).unwrap();
        self.keep(value);
        value.to_owned()
    }

    /// Waits until no call is in flight and its end is on the record.
    pub async fn settle(&self) {
        eventually(|| async { self.app.inflight.is_empty() }).await;
        let open = "SELECT COUNT(*) FROM calls WHERE state = 'open'";
        eventually(|| async { crate::support::invariants::count(&self.app.store, open).await == 0 }).await;
    }

    pub fn look_for_secrets(&self, method: &str, path: &str, heard: &Heard) {
        let hands_out = path.ends_with("/redeem")
            || ["/oauth/token", "/oauth/register"].iter().any(|it| path.starts_with(it))
            || path.contains("sign-in/link");
        let text = format!("{:?}\n{}", heard.headers, heard.text());
        if hands_out {
            assert!(!text.contains(CANARY), "{method} {path} gave the secret away");
        } else {
            self.holds_no_secret(&format!("{method} {path}"), &text);
        }
    }

    pub fn holds_no_secret(&self, place: &str, text: &str) {
        for secret in self.secrets.lock().unwrap().iter() {
            assert!(!text.contains(secret.as_str()), "{place} holds the secret {secret}");
        }
    }
}

/// Waits for something that happens by itself, and fails if it does not.
pub async fn eventually<F: Future<Output = bool>>(is: impl Fn() -> F) {
    for _ in 0..1_000 {
        if is().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within ten seconds");
}

/// A service's name.
pub fn service(id: &str) -> Slug {
    slug(id)
}
