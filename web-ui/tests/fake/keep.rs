//! The desk of services and agents: a tracker that works, a wiki that was moved, and agents in every state of trust.

use super::{Fake, clients, not_found, sample, tools};
use chrono::TimeDelta;
use domain::definition::form::to_pairs;
use protocol::{
    agents::AgentSummary,
    ids::Slug,
    problem::Problem,
    services::{AuthStyle, ServiceDefinition, ServiceKind},
};
use web_ui::{
    ActionUsage, AgentDesk, AgentView, CatalogueEntry, ConnectionView, FormOf, FormView, KeyView, Once,
    OperationView, PersonChoice, Proof, RecentSession, Review, Said, ServiceDesk, ServiceView, Tested, Tried,
    Trust,
};

#[async_trait::async_trait]
impl ServiceDesk for Fake {
    async fn service_views(&self) -> Result<Vec<ServiceView>, Problem> {
        self.works()?;
        Ok(if self.empty { Vec::new() } else { views(!self.plain) })
    }
    async fn service_view(&self, id: &Slug) -> Result<ServiceView, Problem> {
        self.works()?;
        views(!self.plain).into_iter().find(|it| it.summary.id == *id).ok_or_else(not_found)
    }
    fn catalogue(&self) -> Vec<CatalogueEntry> {
        let entry = |id: &str, title: &str, origin: &str, actions| CatalogueEntry {
            id: id.to_owned(),
            title: title.to_owned(),
            origin: origin.to_owned(),
            actions,
        };
        vec![entry("github", "GitHub", "https://api.github.com", 12)]
    }
    async fn service_form(&self, of: FormOf) -> Result<FormView, Problem> {
        self.works()?;
        let mut fields = match of {
            FormOf::Service(id) => to_pairs(&self.service_view(&id).await?.definition),
            FormOf::NewService(_) => vec![("row".to_owned(), "0".to_owned())],
            FormOf::NewServer => vec![("kind".to_owned(), "mcp".to_owned())],
        };
        fields.push(("version".to_owned(), "4".to_owned()));
        Ok(FormView { fields, ..FormView::default() })
    }
    async fn people_to_choose(&self) -> Result<Vec<PersonChoice>, Problem> {
        self.works()?;
        let person =
            |id: &str, approver| PersonChoice { id: sample::slug(id), title: id.to_uppercase(), approver };
        Ok(vec![person("ana", true), person("paul", false)])
    }
    fn filled(&self) -> Option<FormView> {
        self.filled.clone()
    }
}

fn definition(id: &str, title: &str) -> ServiceDefinition {
    let summary = sample::services().remove(0);
    ServiceDefinition {
        id: sample::slug(id),
        title: title.to_owned(),
        kind: ServiceKind::Http,
        origin: format!("https://{id}.example"),
        auth: AuthStyle::Header { name: "X-Api-Key".to_owned(), prefix: String::new() },
        allow_private: id == "wiki",
        sensitive: id == "wiki",
        approvals: 1,
        four_eyes: id == "wiki",
        default_actions: Vec::new(),
        mcp: None,
        resource: Some("{owner}/{project}".to_owned()),
        actions: summary.actions,
    }
}

fn connection(id: &str, account: &str, personal: bool) -> ConnectionView {
    let (now, tried) = (sample::now(), |hours, status| Tried {
        at: sample::now() - TimeDelta::hours(hours),
        status,
        outcome: if status.is_some() { "complete" } else { "upstream_unreachable" }.to_owned(),
    });
    ConnectionView {
        id: sample::slug(id),
        account: account.to_owned(),
        owner: personal.then(|| sample::slug("paul")),
        approvers: if personal { Vec::new() } else { vec![sample::slug("ana"), sample::slug("paul")] },
        secret_version: 3,
        entered_at: now - TimeDelta::days(40),
        opens: Some(personal),
        last_call: Some(tried(2, Some(200))),
        last_test: personal.then(|| Tested {
            tried: tried(30, Some(200)),
            by: "paul".to_owned(),
            call: "GET /user".to_owned(),
            ms: 41,
            outdated: false,
        }),
        may_test: true,
        may_reconnect: true,
    }
}

fn views(may_keep: bool) -> Vec<ServiceView> {
    let view = |id: &str, title: &str, connections: Vec<ConnectionView>| {
        let definition = definition(id, title);
        let mut summary = sample::services().remove(0);
        summary.id = definition.id.clone();
        summary.title.clone_from(&definition.title);
        summary.origin.clone_from(&definition.origin);
        summary.blocked = id == "wiki";
        let used = |at: usize, name: &str| ActionUsage {
            action: name.to_owned(),
            granted: 12,
            calls: if at == 0 { 214 } else { 0 },
            refused: i64::from(at == 0),
        };
        ServiceView {
            usage: definition.actions.iter().enumerate().map(|(at, it)| used(at, &it.name)).collect(),
            last_used: (!connections.is_empty()).then(|| sample::now() - TimeDelta::hours(2)),
            summary,
            definition,
            connections,
            server: None,
            may_keep,
        }
    };
    let hostile = view("hostile", &sample::hostile(), vec![connection("h", &sample::hostile(), false)]);
    let tracker = view(
        "issue-tracker",
        "Issue tracker",
        vec![connection("tracker-paul", "@paul", true), connection("tracker-team", "@team-bot", false)],
    );
    let servers = tools::views(&tracker);
    [tracker, view("wiki", "Wiki", Vec::new()), hostile].into_iter().chain(servers).collect()
}

#[async_trait::async_trait]
impl AgentDesk for Fake {
    async fn agent_views(&self) -> Result<Vec<AgentView>, Problem> {
        self.works()?;
        Ok(if self.empty { Vec::new() } else { agents(!self.plain) })
    }
    async fn agent_view(&self, id: &Slug) -> Result<AgentView, Problem> {
        self.works()?;
        let found = agents(!self.plain).into_iter().find(|it| it.summary.id == *id);
        let mut agent = found.ok_or_else(not_found)?;
        let sessions = sample::inbox(sample::now()).decided;
        let recent = |session| RecentSession { session, asked: 9, granted: 5 };
        agent.recent =
            if agent.trust == Trust::New { Vec::new() } else { sessions.into_iter().map(recent).collect() };
        Ok(agent)
    }
    fn public_url(&self) -> String {
        "https://countersign.example".to_owned()
    }
    fn operations(&self) -> Vec<OperationView> {
        let operation = |method: &str, path: &str, whose: &str| OperationView {
            method: method.to_owned(),
            path: path.to_owned(),
            says: "Ask for access".to_owned(),
            whose: whose.to_owned(),
            takes: Some("AccessRequest".to_owned()),
            gives: None,
        };
        vec![operation("POST", "/v1/requests", "agent"), operation("GET", "/v1/inbox", "person")]
    }
}

fn agents(admin: bool) -> Vec<AgentView> {
    let now = sample::now();
    let agent = |id: &str, title: &str, trust, seen: bool| AgentView {
        summary: AgentSummary {
            id: sample::slug(id),
            title: title.to_owned(),
            owner: sample::slug("paul"),
            blocked: trust == Trust::Paused,
            direct: id == "nightly" || id.starts_with("brought"),
            live_sessions: i64::from(seen),
        },
        registered_at: now - TimeDelta::days(240),
        first_seen: seen.then(|| now - TimeDelta::days(200)),
        last_seen: seen.then(|| now - TimeDelta::minutes(3)),
        last_call: (seen && id != "cooling").then(|| now - TimeDelta::minutes(4)),
        secret: (id != "nightly" && !id.starts_with("brought")).then_some(2),
        keys: if id.starts_with("brought") {
            Vec::new()
        } else {
            vec![KeyView {
                kid: "2026".to_owned(),
                thumbprint: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".to_owned(),
            }]
        },
        client: match id {
            "brought" => Some(clients::unverified()),
            "brought-known" => Some(clients::known()),
            "brought-hostile" => Some(clients::hostile_one()),
            _ => None,
        },
        twins: if id == "brought" { clients::twins() } else { Vec::new() },
        redirect_uris: Vec::from_iter(
            (id == "build-agent").then(|| "https://build.example/callback".to_owned()),
        ),
        trust,
        pending: i64::from(seen),
        recent: Vec::new(),
        may_change: true,
        may_lift: admin,
        seen: "00".to_owned(),
    };
    vec![
        agent("build-agent", "Build agent", Trust::Known, true),
        agent("nightly", "Nightly report", Trust::New, false),
        agent("paused", "Paused one", Trust::Paused, true),
        agent("cooling", "Cooling one", Trust::CoolingDown { until: now + TimeDelta::minutes(20) }, true),
        agent("hostile", &sample::hostile(), Trust::New, false),
        agent("brought", "Claude Code", Trust::New, false),
        agent("brought-known", "Claude Code", Trust::Known, true),
        agent("brought-hostile", "Claude Code", Trust::New, false),
    ]
}

/// What is shown where a client asked for nothing.
fn of_client(services: &[&str]) -> FormView {
    let back = "https://app.example/callback?error=invalid_scope";
    let mut fields = vec![("client", "MCP Inspector"), ("host", "app.example"), ("back", back)];
    fields.extend(services.iter().map(|it| ("service", *it)));
    let owned = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    FormView { fields: owned.collect(), ..FormView::default() }
}

/// What is shown where a client that nobody vouches for asked for what cannot be.
fn refused(client: &str, why: &str) -> FormView {
    let fields = [
        ("client", client),
        ("host", "phish.example"),
        ("back", "https://phish.example/?error=invalid_request"),
        ("error", "invalid_request"),
        ("why", why),
    ];
    let owned = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    FormView { fields: owned.collect(), ..FormView::default() }
}

/// A form as it comes back, by a word.
pub fn filled(word: &str) -> Option<FormView> {
    let fields = to_pairs(&definition("issue-tracker", "Issue tracker"));
    let form = FormView { fields, ..FormView::default() };
    let error = |field: &str, why: &str| (field.to_owned(), Said::English(why.to_owned()));
    Some(match word {
        "named-nothing" => of_client(&[]),
        "asked-wrong" => refused("Your bank", "code_challenge is missing"),
        "asked-hostile" => refused(&sample::hostile(), &sample::hostile()),
        "named-services" => of_client(&["issue-tracker", "wiki"]),
        "wrong" => FormView {
            log: "0193a5".to_owned(),
            errors: vec![
                error("origin", "must start with https:// or http://"),
                error("path.1", &sample::hostile()),
            ],
            ..form
        },
        "overtaken" => FormView {
            overtaken: Some(vec!["title: Tracker → Issue tracker".to_owned()]),
            log: "0193a5".to_owned(),
            ..form
        },
        "review" => FormView {
            review: Some(Review {
                shown: "ab".repeat(32),
                changes: vec![(
                    "service issue-tracker".to_owned(),
                    vec!["origin: https://a.example → https://b.example".to_owned(), sample::hostile()],
                )],
                sessions_lose_it: Some(3),
                effects: Vec::new(),
                secrets: vec![(sample::slug("tracker-paul"), "@paul".to_owned())],
            }),
            ..form
        },
        "effects" => FormView {
            fields: vec![
                ("account".to_owned(), "@team".to_owned()),
                ("approver".to_owned(), "ana".to_owned()),
            ],
            review: Some(Review {
                shown: "ab".repeat(32),
                changes: vec![("connection tracker-team".to_owned(), vec![sample::hostile()])],
                effects: vec![
                    Said::new("effect-account-nobody").with("name", sample::hostile()),
                    Said::new("effect-agent-only").with("name", "Helper").with("person", "ana"),
                ],
                ..Review::default()
            }),
            ..FormView::default()
        },
        "prove" => FormView {
            fields: vec![("account".to_owned(), sample::hostile())],
            errors: vec![error("", "this passkey is not known here")],
            proof: Some(Proof { action: "/services/github/connect".to_owned(), secret_again: true }),
            ..FormView::default()
        },
        "once" => FormView {
            once: Some(Once {
                agent: sample::slug("build-agent"),
                secret: "csn_a_0000000000000000000000000000000000000000000".to_owned(),
                says: Said::new("done-agent-secret").with("ended", 0),
            }),
            ..FormView::default()
        },
        _ => return None,
    })
}
