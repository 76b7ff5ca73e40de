//! The broker, the people, the services and the agents of a flow.

use super::tracker::{KEY, Tracker};
use agent_client::{Client, Pending, PeopleClient};
use broker::{
    app::{App, Parts},
    clock::{Clock, Rng},
    host::{self, Command, Reply, SecretText, set_up},
    keys::RootKeys,
    services::Wanted,
    store::{Store, meta},
    sweeper,
    vault::create_root_key_file,
};
use protocol::{AccessRequest, Slug};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

type Secrets = BTreeMap<Slug, SecretText>;

/// A broker that serves.
pub struct Stage {
    pub app: Arc<App>,
    pub url: String,
    pub tracker: Tracker,
    agents: BTreeMap<String, String>,
    tasks: Vec<JoinHandle<()>>,
    _folder: TempDir,
}

impl Stage {
    /// Starts a broker on a free port, with the usual people, services and agents.
    pub async fn open(site: &Path, change: impl FnOnce(&mut Parts)) -> Self {
        Self::with(site, change, |_| ()).await
    }

    /// The same with changes to what is declared.
    pub async fn with(
        site: &Path,
        change: impl FnOnce(&mut Parts),
        declared: impl FnOnce(&mut Value),
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let store = database(&folder).await;
        let mut it = Self::start(site, folder, store, change).await;
        let mut wanted = wanted(&it.tracker.origin);
        declared(&mut wanted);
        it.declare(wanted).await;
        it
    }

    /// Starts a broker with nobody in it, and gives the code that it would print.
    pub async fn empty(site: &Path) -> (Self, String) {
        let folder = TempDir::new().unwrap();
        let store = database(&folder).await;
        let code = set_up::mint(Rng::default().source(), Clock::system().now()).unwrap();
        meta::put(&mut store.writer().await.unwrap(), meta::SETUP_CODE, &code.stored).await.unwrap();
        (Self::start(site, folder, store, |_| ()).await, code.text)
    }

    async fn start(site: &Path, folder: TempDir, store: Store, change: impl FnOnce(&mut Parts)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let mut parts = Parts::new(store, url.clone());
        parts.site = Some(site.to_owned());
        "production".clone_into(&mut parts.environment);
        let key = folder.path().join("root.key");
        create_root_key_file(&key, parts.rng.source()).unwrap();
        parts.root = RootKeys::file(key);
        change(&mut parts);
        let (app, writer) = App::open(parts).await.unwrap();
        let served = app.clone();
        let server = tokio::spawn(async { broker::http::serve(served, listener).await.unwrap() });
        let tasks = vec![server, tokio::spawn(sweeper::run(app.clone())), writer];
        Self { app, url, tracker: Tracker::start().await, agents: BTreeMap::new(), tasks, _folder: folder }
    }

    /// Ends it without waiting for streams that browsers hold.
    pub async fn close(self) {
        self.app.stopping.cancel();
        for task in &self.tasks {
            task.abort();
        }
        self.app.store.close().await;
    }

    async fn host(&self, command: Command) -> Reply {
        host::handle(&self.app, command).await.unwrap()
    }

    async fn declare(&mut self, wanted: Value) {
        let names =
            wanted["connections"].as_array().into_iter().flatten().map(|it| it["name"].as_str().unwrap());
        let secrets = names.map(|it| (it.parse().unwrap(), SecretText::new(KEY))).collect();
        let secrets = self.apply(wanted, secrets).await;
        self.agents =
            secrets.iter().map(|(id, secret)| (id.to_string(), secret.expose().to_owned())).collect();
    }

    /// Declares the usual with something changed.
    pub async fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut wanted = wanted(&self.tracker.origin);
        change(&mut wanted);
        self.apply(wanted, BTreeMap::new()).await;
    }

    async fn apply(&self, wanted: Value, secrets: Secrets) -> Secrets {
        let wanted: Wanted = serde_json::from_value(wanted).unwrap();
        let Reply::Compared { digest: shown, .. } =
            self.host(Command::Compare { wanted: wanted.clone() }).await
        else {
            panic!("no comparison");
        };
        let Reply::Applied { secrets } = self.host(Command::Apply { wanted, shown, secrets }).await else {
            panic!("not applied");
        };
        secrets
    }

    /// A link that signs Paul in.
    pub async fn sign_in_link(&self) -> String {
        self.link_of("paul").await
    }

    /// A link that signs somebody in.
    pub async fn link_of(&self, person: &str) -> String {
        self.issued(Command::SignInLink { person: person.parse().unwrap() }).await
    }

    /// Somebody with a token for the people's API.
    pub async fn person(&self, name: &str) -> PeopleClient {
        let token = self.issued(Command::PersonToken { person: name.parse().unwrap(), seconds: 3_600 }).await;
        PeopleClient::new(&self.url, token).unwrap()
    }

    async fn issued(&self, command: Command) -> String {
        let Reply::Issued { text, .. } = self.host(command).await else { panic!("nothing was issued") };
        text.expose().to_owned()
    }

    /// An agent, with its secret.
    pub fn agent(&self, name: &str) -> Client {
        Client::new(&self.url, name, self.agents[name].clone()).unwrap()
    }

    /// The usual request: to read, comment on, close and delete issues of one project.
    pub async fn ask(&self) -> Pending {
        let actions = ["issues.read", "issues.comment", "issues.close", "issues.delete"];
        let lines = json!([{
            "service": "tracker", "actions": actions, "resources": ["acme/site"], "limits": {"max_calls": 50},
        }]);
        self.ask_for(
            "triage-bot",
            &lines,
            "Answer the questions in new issues, and close those that are settled.",
        )
        .await
    }

    pub async fn ask_for(&self, agent: &str, lines: &Value, purpose: &str) -> Pending {
        let asked: AccessRequest = serde_json::from_value(
            json!({"authorization_details": lines, "purpose": purpose, "duration": 4 * 3_600}),
        )
        .unwrap();
        self.agent(agent).request(&asked).await.unwrap()
    }
}

async fn database(folder: &TempDir) -> Store {
    Store::open(&format!("sqlite:{}", folder.path().join("countersign.db").display())).await.unwrap()
}

fn action(service: &str, verb: &str, effect: &str, path: &str) -> Value {
    let (name, method) = (
        verb.split(' ').next().unwrap(),
        match verb {
            "read" => "GET",
            "delete" => "DELETE",
            _ => "POST",
        },
    );
    json!({
        "name": format!("{service}.{name}"), "verb": verb, "object": service, "effect": effect,
        "reversible": effect != "delete", "recogniser": {"by": "http", "method": method, "path": path},
    })
}

/// What a file for `apply` would say.
fn wanted(tracker: &str) -> Value {
    let auth = json!({"style": "header", "name": "X-Api-Key"});
    let issue = "/projects/{owner}/{project}/issues/{issue}";
    let issues = [
        action("issues", "read", "read", issue),
        action("issues", "comment on", "write", &format!("{issue}/comments")),
        action("issues", "close", "write", &format!("{issue}/close")),
        action("issues", "delete", "delete", issue),
    ];
    let messages = [
        action("messages", "read", "read", "/channels/{channel}/messages"),
        action("messages", "draft", "write", "/channels/{channel}/drafts"),
    ];
    let service = |id: &str, title: &str, origin: &str, resource: &str, actions: &[Value]| {
        json!({
            "id": id, "title": title, "kind": "http", "origin": origin, "auth": auth,
            "allow_private": true, "resource": resource, "actions": actions,
        })
    };
    let connection = |service: &str, account: &str| {
        json!({
            "name": service, "service": service, "account": account, "owner": null, "approvers": [],
            "has_secret": true,
        })
    };
    let agent = |name: &str, title: &str, owner: &str| json!({"name": name, "title": title, "owner": owner, "direct": false});
    json!({
        "people": [
            {"name": "paul", "title": "Paul", "roles": ["developer", "approver", "admin"]},
            {"name": "ana", "title": "Ana", "roles": ["developer", "approver"]},
        ],
        "services": [
            service("tracker", "Issue tracker", tracker, "{owner}/{project}", &issues),
            service("chat", "Team chat", "https://chat.example", "{channel}", &messages),
        ],
        "connections": [connection("tracker", "@acme-bot"), connection("chat", "@acme")],
        "agents": [
            agent("triage-bot", "Triage bot", "paul"),
            agent("release-helper", "Release helper", "paul"),
            agent("claude-code", "Claude Code", "ana"),
        ],
        "reseal": false,
        "new_secrets": [],
        "end_sessions": false,
    })
}
