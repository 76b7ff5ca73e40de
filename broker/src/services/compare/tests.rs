use super::*;
use crate::{
    services::{WantedAgent, WantedConnection, WantedPerson},
    store::{services::Service, time},
};
use protocol::{
    Action,
    people::Scope,
    services::{AuthStyle, Effect, Recogniser, ServiceKind},
    sessions::Role,
};
use std::sync::Arc;

fn slug(name: &str) -> Slug {
    name.parse().unwrap()
}

fn action(name: &str, path: &str) -> Action {
    Action {
        name: name.to_owned(),
        verb: "read".to_owned(),
        object: "issues".to_owned(),
        effect: Effect::Read,
        reversible: true,
        ask: false,
        recogniser: Recogniser::Http { method: "GET".to_owned(), path: path.to_owned() },
    }
}

fn wanted() -> Wanted {
    Wanted {
        people: vec![WantedPerson {
            name: slug("paul"),
            title: "Paul".to_owned(),
            roles: vec![Role::Admin, Role::Approver, Role::Admin],
            decides_for: Scope::default(),
        }],
        services: vec![ServiceDefinition {
            id: slug("git"),
            title: "Git".to_owned(),
            kind: ServiceKind::Http,
            origin: "https://git.example".to_owned(),
            auth: AuthStyle::Bearer,
            allow_private: false,
            sensitive: false,
            resource: None,
            approvals: 1,
            four_eyes: false,
            default_actions: Vec::new(),
            mcp: None,
            actions: vec![action("issues.read", "/issues")],
        }],
        connections: vec![WantedConnection {
            name: slug("git-paul"),
            service: slug("git"),
            account: "@paul".to_owned(),
            owner: Some(slug("paul")),
            approvers: Vec::new(),
            has_secret: true,
        }],
        agents: vec![WantedAgent {
            name: slug("bot"),
            title: "Bot".to_owned(),
            owner: slug("paul"),
            direct: false,
            secret: None,
            keys: None,
            redirect_uris: None,
        }],
        reseal: false,
        left_unusable: Vec::new(),
        new_secrets: Vec::new(),
        end_sessions: false,
        agent_as_seen: None,
    }
}

/// What is stored after the wanted was applied.
fn applied(wanted: &Wanted) -> Found {
    let mut found = Found::default();
    for change in compare(wanted, &Found::default()).unwrap() {
        match change.step {
            Step::Person(it) => drop(found.people.insert(it.id.clone(), it)),
            Step::Service(definition) => {
                let id = definition.id.clone();
                found.live.insert(id.clone(), 3);
                found
                    .services
                    .insert(id, Service { definition, version: 1, blocked: false, tools: Arc::default() });
            }
            Step::Connection { connection: mut it, seal } => {
                assert!(seal);
                it.record = "sealed".to_owned();
                found.connections.insert(it.id.clone(), it);
            }
            Step::Agent { agent: mut it, new_secret, credentials } => {
                if new_secret {
                    found.secrets.insert(it.id.clone());
                }
                found.keys.extend(credentials.added.into_iter().map(|key| (it.id.clone(), key)));
                (it.key, it.created_at) = (1, time(1));
                found.agents.insert(it.id.clone(), it);
            }
        }
    }
    found
}

/// The words and what else is asked for, after a change of what is wanted.
fn changed(change: impl FnOnce(&mut Wanted)) -> Vec<Change> {
    let found = applied(&wanted());
    let mut wanted = wanted();
    change(&mut wanted);
    compare(&wanted, &found).unwrap()
}

fn words(changes: &[Change]) -> String {
    changes.iter().map(|it| it.difference.to_string()).collect::<Vec<_>>().join("\n")
}

/// What is refused, after a change of both.
fn refused(change: impl FnOnce(&mut Wanted, &mut Found)) -> Vec<String> {
    let (mut wanted, mut found) = (wanted(), applied(&wanted()));
    change(&mut wanted, &mut found);
    compare(&wanted, &found).unwrap_err()
}

#[test]
fn everything_new_is_shown_in_the_order_in_which_it_is_made() {
    let changes = compare(&wanted(), &Found::default()).unwrap();
    let expected = "\
+ person paul
    Paul, approver, admin
+ service git
    Git, https://git.example, bearer token
    + issues.read: read issues (read), GET /issues
+ connection git-paul
    git as @paul, personal to paul
    its secret is sealed in the vault
+ agent bot
    Bot, of paul
    gets a secret";
    assert_eq!(words(&changes), expected);
    assert_eq!(changes[2].difference.needs_secret, Some(slug("git-paul")));
    assert_eq!(changes[3].difference.new_secret, Some(slug("bot")));
}

#[test]
fn what_is_so_already_is_no_change() {
    let changes = changed(|_| ());
    assert!(changes.is_empty(), "{}", words(&changes));
    // Nor when the file no longer says where the secret is, or lists roles in another order.
    assert!(changed(|it| it.connections[0].has_secret = false).is_empty());
    assert!(changed(|it| it.people[0].roles.reverse()).is_empty());
    assert!(changed(|it| *it = Wanted::default()).is_empty(), "what is left out stays");
}

#[test]
fn changes_are_named_with_what_they_cost() {
    let changes = changed(|it| {
        it.services[0].title = "Git forge".to_owned();
        it.services[0].actions = vec![action("issues.read", "/v2/issues"), action("issues.list", "/all")];
    });
    let expected = "\
~ service git
    title: Git → Git forge
    ~ issues.read: read issues (read), GET /v2/issues
    + issues.list: read issues (read), GET /all
    3 live sessions lose it";
    assert_eq!(words(&changes), expected);
    let removed = changed(|it| it.services[0].actions[0].name = "issues.look".to_owned());
    assert!(words(&removed).contains("\n    - issues.read"));

    let people = changed(|it| it.people[0].roles = vec![Role::Auditor]);
    assert_eq!(words(&people), "~ person paul\n    roles: approver, admin → auditor");
    let agents = changed(|it| it.agents[0].direct = true);
    assert_eq!(words(&agents), "~ agent bot\n    grant token at the proxy: no → yes");
    assert_eq!(agents[0].difference.new_secret, None);
    let secret = changed(|it| it.new_secrets = vec![slug("bot")]);
    assert_eq!(
        words(&secret),
        "~ agent bot\n    gets a new secret; the old one stops working, live sessions go on \
        (--end-sessions ends them)"
    );
}

#[test]
fn a_secret_is_sealed_again_where_it_would_not_open_and_on_demand_only() {
    let sealed = |changes: &[Change]| {
        let version = |it: &Change| match &it.step {
            Step::Connection { connection, seal } => Some((connection.version, *seal)),
            _ => None,
        };
        changes.iter().find_map(version)
    };
    assert_eq!(sealed(&changed(|it| it.connections[0].account = "@p".to_owned())), Some((1, false)));
    assert_eq!(sealed(&changed(|it| it.services[0].title = "Other".to_owned())), None);
    assert_eq!(
        sealed(&changed(|it| it.services[0].origin = "https://other.example".to_owned())),
        Some((2, true))
    );
    let header = AuthStyle::Header { name: "X-Key".to_owned(), prefix: String::new() };
    assert_eq!(sealed(&changed(|it| it.services[0].auth = header)), Some((2, true)));
    assert_eq!(sealed(&changed(|it| it.reseal = true)), Some((2, true)));
    // A run that was interrupted after the service and before the connection.
    let mut found = applied(&wanted());
    found.unusable = vec![slug("git-paul")];
    assert_eq!(sealed(&compare(&wanted(), &found).unwrap()), Some((2, true)));
}

#[test]
fn what_cannot_be_is_refused_in_words_and_all_at_once() {
    let move_git = |it: &mut Wanted| it.services[0].origin = "https://other.example".to_owned();
    let table: Vec<(&str, Vec<String>)> = vec![
        (
            "git-paul: its secret is needed",
            refused(|it, _| {
                move_git(it);
                it.connections[0].has_secret = false;
            }),
        ),
        (
            "also declare, with its secret: git-paul",
            refused(|it, _| {
                move_git(it);
                it.connections.clear();
            }),
        ),
        (
            "the vault is sealed",
            refused(|it, found| {
                it.reseal = true;
                found.sealed = true;
            }),
        ),
        ("git-paul: it belongs to paul for good", refused(|it, _| it.connections[0].owner = None)),
        (
            "git-paul: it belongs to service git for good",
            refused(|it, _| {
                it.services.push(ServiceDefinition { id: slug("hub"), ..it.services[0].clone() });
                it.connections[0].service = slug("hub");
            }),
        ),
        (
            "git-paul: there is no person ana",
            refused(|it, _| {
                it.connections[0].approvers = vec![slug("ana")];
            }),
        ),
        ("git-paul: there is no service hub", refused(|it, _| it.connections[0].service = slug("hub"))),
        ("bot: there is no person ana", refused(|it, _| it.agents[0].owner = slug("ana"))),
        (
            "bot: it belongs to paul for good",
            refused(|it, _| {
                let ana = WantedPerson { name: slug("ana"), ..it.people[0].clone() };
                it.people.push(ana);
                it.agents[0].owner = slug("ana");
            }),
        ),
        ("service git: origin must start with", refused(|it, _| it.services[0].origin = "git".to_owned())),
        ("person paul: title", refused(|it, _| it.people[0].title = "Pa\u{202e}ul".to_owned())),
        ("agent bot stands there twice", refused(|it, _| it.agents.push(it.agents[0].clone()))),
        ("agent cat is to get a new secret", refused(|it, _| it.new_secrets = vec![slug("cat")])),
    ];
    for (expected, problems) in table {
        assert_eq!(problems.len(), 1, "{expected}: {problems:?}");
        assert!(problems[0].contains(expected), "{expected}: {problems:?}");
    }
    let many = refused(|it, _| {
        it.agents[0].owner = slug("ana");
        it.connections[0].service = slug("hub");
    });
    assert_eq!(many.len(), 2);
}

#[test]
fn as6_redirect_addresses_are_named_checked_and_stay_when_left_out() {
    let to = |uris: &[&str]| Some(uris.iter().map(|&it| it.to_owned()).collect::<Vec<_>>());
    let added = changed(|it| it.agents[0].redirect_uris = to(&["https://bot.example/cb"]));
    assert_eq!(words(&added), "~ agent bot\n    codes for it go to https://bot.example/cb");
    let mut found = applied(&wanted());
    let bot = found.agents.get_mut(&slug("bot")).unwrap();
    bot.redirect_uris = vec!["https://bot.example/cb".to_owned()];
    assert!(compare(&wanted(), &found).unwrap().is_empty(), "left out, it stays");
    let mut other = wanted();
    other.agents[0].redirect_uris = to(&["http://127.0.0.1/cb"]);
    let changes = compare(&other, &found).unwrap();
    let expected = "~ agent bot\n    codes no longer go to https://bot.example/cb\n    codes for it go to http://127.0.0.1/cb";
    assert_eq!(words(&changes), expected);
    for bad in ["http://bot.example/cb", "javascript:alert(1)", "https://bot.example/cb#x", "bot://cb"] {
        let why = refused(|it, _| it.agents[0].redirect_uris = to(&[bad]));
        assert!(why[0].starts_with("agent bot: redirect_uris: must"), "{bad}: {why:?}");
    }
}

#[test]
fn an_agent_that_a_person_brought_along_is_not_declared() {
    let why = refused(|_, found| {
        found.agents.get_mut(&slug("bot")).unwrap().client = Some("csn_c_x".to_owned());
    });
    assert!(why[0].contains("brought it along as the OAuth client csn_c_x"), "{why:?}");
}
