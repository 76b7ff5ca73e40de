//! Who and what there is, declared through a real broker.

use anyhow::{Context as _, Result};
use broker::{
    app::{App, Parts},
    clock::{Clock, Rng},
    keys::RootKeys,
    ledger::acts::{Act, Declaration},
    store::{Store, agents::Agent, connections::Connection, people::Person},
    tokens::{OpaqueKind, OpaqueToken},
    vault::{Origin, Secret, SecretContext, create_root_key_file},
};
use chrono::{DateTime, Utc};
use domain::{
    pin::{Offered, pin},
    policy::Policy,
};
use protocol::{
    Action, AskedLine, Effect, Line, Slug,
    people::Scope,
    services::{AuthStyle, Recogniser, ServiceDefinition, ServiceKind},
    sessions::Role,
    terms::AgentRef,
};
use serde_json::json;
use std::{collections::BTreeMap, path::Path};

/// Agents, each with sessions in turn.
const AGENTS: usize = 20;

/// What the sessions are made of.
pub struct Cast {
    pub instance: String,
    pub agents: Vec<AgentRef>,
    pub owner: Slug,
    pub approver: Slug,
    /// One line for each service, without a limit and with one.
    pub lines: Vec<[Line; 2]>,
}

/// The root key of a data directory, made if there is none.
pub fn root_key(data: &Path) -> Result<RootKeys> {
    let file = data.join("root.key");
    if !file.exists() {
        create_root_key_file(&file, Rng::default().source())?;
    }
    Ok(RootKeys::file(file))
}

impl Cast {
    /// Declares everything, at a time before the first session.
    pub async fn declare(url: &str, data: &Path, at: DateTime<Utc>) -> Result<Self> {
        let mut parts = Parts::new(Store::open(url).await?, "http://localhost:8420");
        parts.clock = Clock::held(at);
        parts.root = root_key(data)?;
        let (app, writer) = App::open(parts).await?;
        let (owner, approver): (Slug, Slug) = ("paul".parse()?, "ana".parse()?);
        for (id, roles) in [
            (&owner, vec![Role::Developer, Role::Approver]),
            (&approver, vec![Role::Approver]),
            (&"adm".parse()?, vec![Role::Admin, Role::Auditor]),
        ] {
            let scope = Scope::default();
            let person = Person { id: id.clone(), title: id.to_string(), roles, scope, blocked: false };
            declare(&app, Declaration::Person(person)).await?;
        }
        let mut lines = Vec::new();
        for name in ["tracker", "mail", "calendar"] {
            lines.push(service(&app, name).await?);
        }
        let mut agents = Vec::new();
        for number in 1..=AGENTS {
            agents.push(agent(&app, &format!("worker-{number}"), &owner).await?);
        }
        let (instance, store) = (app.instance.clone(), app.store.clone());
        drop(app);
        writer.await?;
        store.close().await;
        Ok(Self { instance, agents, owner, approver, lines })
    }
}

async fn declare(app: &App, declaration: Declaration) -> Result<()> {
    app.ledger.act(Act::Declare(Box::new(declaration))).await?;
    Ok(())
}

async fn agent(app: &App, name: &str, owner: &Slug) -> Result<AgentRef> {
    let id: Slug = name.parse()?;
    let agent = Agent {
        id: id.clone(),
        title: name.to_owned(),
        owner: owner.clone(),
        direct: false,
        blocked: false,
        key: 0,
        created_at: app.clock.now(),
        client: None,
        redirect_uris: Vec::new(),
        via: None,
    };
    let secret = OpaqueToken::mint(OpaqueKind::Agent, app.rng.source())?;
    let secret_mac = Some(secret.mac(&app.mac_key));
    declare(app, Declaration::Agent { agent, secret_mac, credentials: None }).await?;
    let stored = broker::store::agents::find(&mut app.store.read().await?, &id).await?;
    Ok(stored.context("the agent is not there")?.pinned())
}

async fn service(app: &App, name: &str) -> Result<[Line; 2]> {
    let id: Slug = name.parse()?;
    let definition = definition(&id);
    declare(app, Declaration::Service(definition.clone())).await?;
    let context = SecretContext {
        owner: None,
        connection: name,
        version: 1,
        field: "secret",
        service: name,
        origin: Origin { scheme: "https", host: "service.example", port: 443 },
        auth_style: "bearer",
    };
    let secret = Secret::new(b"a secret that opens nothing")?;
    let record = app.vault.seal_secret(&context, &secret, app.rng.source())?;
    let connection = Connection {
        id: id.clone(),
        service: id.clone(),
        account: "@team".to_owned(),
        owner: None,
        approvers: Vec::new(),
        version: 1,
        record,
    };
    let connections = vec![connection.pinned()];
    declare(app, Declaration::Connection(connection)).await?;
    let offered = BTreeMap::from([(id, Offered { definition, version: 1, connections })]);
    Ok([line(name, &offered, &json!({}))?, line(name, &offered, &json!({"max_calls": 1_000_000}))?])
}

fn line(name: &str, offered: &BTreeMap<Slug, Offered>, limits: &serde_json::Value) -> Result<Line> {
    let asked: AskedLine = serde_json::from_value(json!({
        "type": "service_access",
        "service": name,
        "actions": ["items.read", "items.comment"],
        "resources": ["acme"],
        "limits": limits,
    }))?;
    let pinned = pin(&[asked], offered, &Policy::DEFAULT);
    let pinned = pinned.map_err(|refusals| anyhow::anyhow!("{refusals:?}"))?;
    pinned.into_iter().next().context("no line")
}

fn definition(id: &Slug) -> ServiceDefinition {
    let actions = [
        ("read", Effect::Read, "GET", "/projects/{project}/items"),
        ("comment", Effect::Write, "POST", "/projects/{project}/items/{item}/comments"),
    ];
    let action = |(verb, effect, method, path): (&str, Effect, &str, &str)| Action {
        name: format!("items.{verb}"),
        verb: verb.to_owned(),
        object: "items".to_owned(),
        effect,
        reversible: true,
        ask: false,
        recogniser: Recogniser::Http { method: method.to_owned(), path: path.to_owned() },
    };
    ServiceDefinition {
        id: id.clone(),
        title: format!("The {id}"),
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
