//! One service and one request for the tests of this crate.

use protocol::{
    Action, AskedLine, Effect, Limits, Line, RequestId, Terms,
    services::{AuthStyle, Recogniser, ServiceDefinition, ServiceKind},
    terms::{AgentRef, ConnectionRef, ServiceRef},
};

/// An action of the tracker.
pub fn action(
    name: &str,
    words: (&str, &str),
    effect: Effect,
    reversible: bool,
    call: (&str, &str),
) -> Action {
    Action {
        name: name.to_owned(),
        verb: words.0.to_owned(),
        object: words.1.to_owned(),
        effect,
        reversible,
        ask: false,
        recogniser: Recogniser::Http { method: call.0.to_owned(), path: call.1.to_owned() },
    }
}

/// Read, comment on, close and delete issues.
pub fn tracker() -> ServiceDefinition {
    const ISSUE: &str = "/projects/{project}/issues/{issue}";
    ServiceDefinition {
        id: "tracker".parse().unwrap(),
        title: "Issue tracker".to_owned(),
        kind: ServiceKind::Http,
        origin: "https://tracker.example".to_owned(),
        auth: AuthStyle::Bearer,
        allow_private: false,
        sensitive: false,
        resource: Some("{project}".to_owned()),
        approvals: 1,
        four_eyes: false,
        default_actions: Vec::new(),
        mcp: None,
        actions: vec![
            action(
                "issues.read",
                ("read", "issues"),
                Effect::Read,
                true,
                ("GET", "/projects/{project}/issues"),
            ),
            action(
                "issues.comment",
                ("comment on", "issues"),
                Effect::Write,
                true,
                ("POST", "/projects/{project}/issues/{issue}/comments"),
            ),
            action("issues.close", ("close", "issues"), Effect::Write, true, ("PATCH", ISSUE)),
            action("issues.delete", ("delete", "issues"), Effect::Delete, false, ("DELETE", ISSUE)),
        ],
    }
}

/// An account of the tracker.
pub fn account(id: &str) -> ConnectionRef {
    ConnectionRef { id: id.parse().unwrap(), account: format!("@{id}"), owner: None }
}

/// All actions in one project, through one account.
pub fn asked() -> AskedLine {
    AskedLine {
        kind: protocol::lines::LineType::ServiceAccess,
        service: "tracker".parse().unwrap(),
        actions: tracker().actions.into_iter().map(|action| action.name).collect(),
        resources: vec!["acme".to_owned()],
        conditions: Vec::new(),
        limits: Limits::default(),
        connection: None,
    }
}

/// A line with everything that [`tracker`] can do, in `acme`.
pub fn line(id: u16) -> Line {
    let definition = tracker();
    Line {
        id,
        service: ServiceRef {
            id: definition.id,
            title: definition.title,
            kind: definition.kind,
            version: 1,
            origin: definition.origin,
            sensitive: definition.sensitive,
            resource: definition.resource,
            approvals: 1,
            four_eyes: false,
        },
        connection: Some(account("paul")),
        actions: definition.actions,
        resources: vec!["acme".to_owned()],
        conditions: Vec::new(),
        limits: Limits::default(),
    }
}

/// A request for that line, for two hours.
pub fn terms() -> Terms {
    Terms {
        instance: "test".to_owned(),
        request: RequestId::from_u128(7),
        agent: AgentRef {
            id: "bot".parse().unwrap(),
            title: "CI bot".to_owned(),
            key: 1,
            thumbprint: None,
            direct: false,
            client: None,
        },
        owner: "paul".parse().unwrap(),
        lines: vec![line(1)],
        duration: 7_200,
        purpose: "Fix failing CI.".to_owned(),
        binding_message: None,
        unchosen: false,
    }
}
