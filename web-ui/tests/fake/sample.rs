//! Sample data: an issue tracker, three agents, one day.

use chrono::{DateTime, TimeDelta, Utc};
use protocol::{
    access::{EndReason, RequestStatus},
    card::{
        Card, CardAction, CardLine, CardQuorum, CardResource, CleanText, DurationChoice, Given, History,
        Narrowing, Outcome, PasskeyQuestion, Permission, Span, Worst,
    },
    digest::Digest,
    ids::{CallId, GrantId, RequestId, Slug},
    record::Actor,
    services::{Action, ConnectionSummary, Effect, Recogniser, ServiceSummary, Tier},
    sessions::{Inbox, LimitState, Routine, Session, SessionService, SessionSummary, Waiting},
    step_up::StepUp,
    terms::{AgentRef, ConnectionRef},
    timeline::{CallResult, Happened, TimelineItem, TimelineKind},
    usage::{AskedGrantedUsed, Earlier, Lost, Replay, Why},
};

/// 22 November 2026, 16:08 UTC, in seconds.
pub const NOW: i64 = 1_795_363_680;

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap_or_default()
}

pub fn slug(name: &str) -> Slug {
    name.parse().expect("a name")
}

/// Text that an agent would like to be taken for the page itself.
pub fn hostile() -> String {
    "</bdi><script>alert(1)</script><b>Approved by your admin</b> \"quoted\" <a href=//evil.example>here</a>"
        .to_owned()
}

fn agent(id: &str, title: &str) -> AgentRef {
    AgentRef { id: slug(id), title: title.to_owned(), key: 2, thumbprint: None, direct: false, client: None }
}

/// `*strong*` pieces of a sentence.
pub fn sentence(text: &str) -> Vec<Span> {
    let pieces = text.split('*').enumerate().filter(|(_, piece)| !piece.is_empty());
    pieces.map(|(at, piece)| Span { text: piece.to_owned(), strong: at % 2 == 1 }).collect()
}

fn action(name: &str, label: &str, effect: Effect, tier: Tier) -> CardAction {
    let why = "needs a passkey";
    let disabled_because = (tier >= Tier::High).then(|| why.to_owned());
    CardAction {
        name: name.to_owned(),
        label: label.to_owned(),
        effect,
        tier,
        ticked: disabled_because.is_none(),
        disabled_because,
        tool: None,
    }
}

fn connection() -> ConnectionRef {
    ConnectionRef { id: slug("tracker-paul"), account: "@paul".to_owned(), owner: Some(slug("paul")) }
}

fn line() -> CardLine {
    CardLine {
        line: 1,
        service: slug("issue-tracker"),
        title: "Issue tracker".to_owned(),
        origin: "https://tracker.example".to_owned(),
        connection: Some(connection()),
        choices: Vec::new(),
        actions: vec![
            action("issues.read", "read issues", Effect::Read, Tier::Low),
            action("issues.comment", "comment on issues", Effect::Write, Tier::Medium),
            action("issues.close", "close issues", Effect::Write, Tier::Medium),
            action("issues.delete", "delete issues", Effect::Delete, Tier::High),
        ],
        resources: vec![
            CardResource { name: "acme/site".to_owned(), ticked: true },
            CardResource { name: "acme/docs".to_owned(), ticked: true },
        ],
        conditions: vec!["the comment has at most 500 characters".to_owned()],
        max_calls_asked: Some(50),
        max_calls: Some(50),
    }
}

/// Request 1 as it stands; 2 with hostile words, 3 denied, 4 for somebody else, 5 lapsing, 6 with a choice of
/// accounts, 7 in need of a second person, 12 to 14 of clients, 15 for tools, the others over.
pub fn card(request: &RequestId, narrowing: Option<&Narrowing>, now: DateTime<Utc>) -> Option<Card> {
    let number = (1..=15).find(|number| *request == RequestId::from_u128(*number))?;
    let mut card = plain(request, now);
    match number {
        2 => {
            card.purpose = CleanText { text: hostile(), removed: 3 };
            card.agent.title = hostile();
        }
        3 => {
            card.status = RequestStatus::Denied;
            card.outcome = Some(Outcome {
                let_in_by: Vec::new(),
                by: Some("ana".to_owned()),
                at: now - TimeDelta::seconds(5),
                says: "Denied. Build agent can do nothing new.".to_owned(),
                reason: Some("Ask for one project, not all of them".to_owned()),
                ends_at: None,
                end_reason: None,
            });
        }
        4 => {
            card.yours = false;
            let why = "The account @ana is personal: only ana can approve this.";
            card.permission = Permission { allowed: false, why_not: Some(why.to_owned()), may_pause: false };
        }
        5 => card.expires_at = now - TimeDelta::seconds(1),
        6 => choose_account(&mut card),
        7 => {
            one_of_two(&mut card, now);
            card.binding_message = Some("Order #12: K7-42".to_owned());
        }
        12..=14 => super::clients::set(number, &mut card),
        15 => super::tools::set(&mut card),
        _ => super::outcomes::set(number, &mut card, now),
    }
    if let Some(narrowing) = narrowing {
        narrow(&mut card, narrowing);
    }
    Some(card)
}

/// High, and somebody else has approved exactly this already.
fn one_of_two(card: &mut Card, now: DateTime<Utc>) {
    card.worst.tier = Tier::Critical;
    "Approve “delete issues”".clone_into(&mut card.approve_label);
    let given = Given {
        by: slug("ana"),
        at: now - TimeDelta::seconds(90),
        reason: Some("Looks right".to_owned()),
        let_in_by: vec![slug("eve")],
    };
    card.quorum = CardQuorum { approvals: 2, given: vec![given], ..CardQuorum::default() };
    card.passkey = Some(PasskeyQuestion { nonce: "n".to_owned(), options: "{}".to_owned() });
    let lost = |what: &str, why, calls| Lost { what: what.to_owned(), why, calls };
    card.earlier = Earlier {
        first: vec!["delete issues".to_owned(), "acme/docs".to_owned()],
        unused: vec!["close issues".to_owned()],
        replay: Some(Replay {
            sessions: 3,
            since: now - TimeDelta::days(30),
            calls: 43,
            covered: 41,
            lost: vec![
                lost("close issues in acme/site", Why::Action, 1),
                lost("read issues in acme/ops", Why::Resource, 1),
            ],
            more: false,
        }),
        step_up: Some(StepUp {
            has: vec!["read issues in acme/site".to_owned(), "comment on issues in acme/site".to_owned()],
            adds: vec!["close issues in acme/site".to_owned(), "read issues in acme/docs".to_owned()],
            ends_at: now + TimeDelta::minutes(47),
        }),
    };
}

fn choose_account(card: &mut Card) {
    let team = ConnectionRef { id: slug("tracker-team"), account: "@team-bot".to_owned(), owner: None };
    card.lines[0].connection = None;
    card.lines[0].choices = vec![connection(), team];
    card.blocked_because = vec!["Choose an account for Issue tracker.".to_owned()];
    card.grant_digest = None;
}

fn plain(request: &RequestId, now: DateTime<Utc>) -> Card {
    let text = "wants to *read, comment on and close issues* in *acme/site and acme/docs* on *Issue tracker* as @paul, \
                for *1 hour*.";
    Card {
        request: request.clone(),
        version: 1,
        status: RequestStatus::Pending,
        agent: agent("build-agent", "Build agent"),
        twins: Vec::new(),
        owner: slug("paul"),
        yours: true,
        agent_since: now - TimeDelta::days(240),
        sentence: sentence(text),
        worst: Worst {
            tier: Tier::Medium,
            headline: "Can change data.".to_owned(),
            detail: "Reversible, and stays inside acme/site and acme/docs.".to_owned(),
        },
        purpose: CleanText {
            text: "Triage the failing CI issues and close what is fixed.".to_owned(),
            removed: 0,
        },
        history: History { asked: 3, approved: 3, denied: 0, calls_on_average: 11 },
        earlier: Earlier::default(),
        matching_code: "K7-QF".to_owned(),
        binding_message: None,
        lines: vec![line()],
        duration: DurationChoice {
            asked: 28_800,
            chosen: 3600,
            options: vec![900, 3600, 14_400],
            ends_at: now + TimeDelta::hours(1),
        },
        expires_at: now + TimeDelta::seconds(252),
        asked_at: now - TimeDelta::seconds(348),
        request_digest: Digest::from_bytes(&[1; 32]),
        grant_digest: Some(Digest::from_bytes(&[2; 32])),
        blocked_because: Vec::new(),
        permission: Permission { allowed: true, why_not: None, may_pause: true },
        approve_label: "Approve as shown".to_owned(),
        quorum: CardQuorum { approvals: 1, ..CardQuorum::default() },
        passkey: None,
        outcome: None,
    }
}

/// Not the rules (they are `domain`'s), only enough of them to see a card change.
fn narrow(card: &mut Card, narrowing: &Narrowing) {
    for line in &mut card.lines {
        let kept = narrowing.lines.iter().find(|kept| kept.line == line.line);
        for action in &mut line.actions {
            action.ticked = kept.is_some_and(|kept| kept.actions.contains(&action.name));
        }
        for resource in &mut line.resources {
            let listed =
                kept.map(|kept| kept.resources.as_ref().is_none_or(|list| list.contains(&resource.name)));
            resource.ticked = listed.unwrap_or(false);
        }
        line.max_calls = kept.and_then(|kept| kept.max_calls);
    }
    let labels: Vec<_> =
        card.lines[0].actions.iter().filter(|it| it.ticked).map(|it| it.label.clone()).collect();
    card.sentence = sentence(&format!("wants to *{}* on *Issue tracker* as @paul.", labels.join(", ")));
    card.grant_digest = (!labels.is_empty()).then(|| Digest::from_bytes(&[3; 32]));
    if labels.is_empty() {
        card.blocked_because = vec!["Nothing is ticked.".to_owned()];
    }
    card.duration.chosen = narrowing.duration.unwrap_or(card.duration.chosen);
    card.duration.ends_at = card.expires_at + TimeDelta::seconds(i64::from(card.duration.chosen) - 252);
}

pub fn inbox(now: DateTime<Utc>) -> Inbox {
    let waiting = |number, id, title, text, purpose: &str, tier, seconds| Waiting {
        request: RequestId::from_u128(number),
        agent: agent(id, title),
        sentence: sentence(text),
        purpose: CleanText { text: purpose.to_owned(), removed: 0 },
        tier,
        expires_at: now + TimeDelta::seconds(seconds),
        may_decide: number != 4,
    };
    let write =
        "wants to *read, comment on and close issues* in *acme/site* on *Issue tracker*, for *1 hour*.";
    let read = "wants to *read invoices* of *October* on *Billing*, for *15 minutes*.";
    let purpose = "Triage the failing CI issues and close what is fixed.";
    Inbox {
        routine: Some(Routine { decisions: 60, approved: 59, median_ms: Some(1_400) }),
        waiting: vec![
            waiting(1, "build-agent", "Build agent", write, purpose, Tier::Medium, 252),
            waiting(4, "nightly", "Nightly report", read, "Build the monthly revenue table", Tier::Low, 7500),
        ],
        active: vec![summary(11, RequestStatus::Active, None, now)],
        decided: vec![
            summary(12, RequestStatus::Ended, Some(EndReason::Expired), now),
            summary(13, RequestStatus::Denied, None, now),
        ],
    }
}

fn summary(
    number: u128,
    status: RequestStatus,
    end_reason: Option<EndReason>,
    now: DateTime<Utc>,
) -> SessionSummary {
    let denied = status == RequestStatus::Denied;
    SessionSummary {
        grant: GrantId::from_u128(number),
        agent: agent("data-helper", "Data helper"),
        owner: slug("paul"),
        status,
        end_reason,
        sentence: sentence("can *read and comment on issues* in *acme/site* on *Issue tracker*."),
        services: vec![
            SessionService {
                service: slug("issue-tracker"),
                title: "Issue tracker".to_owned(),
                taken_away: false,
            },
            SessionService { service: slug("wiki"), title: "Wiki".to_owned(), taken_away: false },
        ],
        decided_by: Some(slug("paul")),
        decided_at: Some(now - TimeDelta::minutes(19)),
        reason: denied.then(|| "Ask for one project, not all of them".to_owned()),
        ends_at: (!denied).then(|| now + TimeDelta::minutes(41)),
        calls: if denied { 0 } else { 14 },
        refused: i64::from(!denied),
        last_call_at: (!denied).then(|| now - TimeDelta::seconds(3)),
        // Of what is over, some was dropped.
        dropped_until: (status != RequestStatus::Active).then(|| now - TimeDelta::days(400)),
    }
}

pub fn session(grant: &GrantId, now: DateTime<Utc>) -> Option<Session> {
    let numbers = [(11, RequestStatus::Active, None), (12, RequestStatus::Ended, Some(EndReason::Expired))];
    let (number, status, reason) =
        numbers.into_iter().find(|(number, ..)| *grant == GrantId::from_u128(*number))?;
    let paul = || Actor::Person { person: slug("paul"), via: "link".to_owned() };
    let item = |seconds, kind, happened, detail: &str| TimelineItem {
        at: now - TimeDelta::seconds(seconds),
        kind,
        by: if kind == TimelineKind::Person { paul() } else { Actor::Broker },
        happened,
        detail: detail.to_owned(),
        call: matches!(kind, TimelineKind::Call).then(|| CallId::from_u128(9)),
    };
    let called = |does: &str, result| Happened::Called { does: does.to_owned(), result };
    let answered =
        |status, ms| CallResult::Answered { status, ms, trouble: None, failed: false, cleaned: Vec::new() };
    let of_tool = super::tools::call_result();
    let arguments = r#"{"message":"Hello</bdi><b>"} · definition 010101010101"#;
    let silent = CallResult::Unknown { why: "upstream_timeout".to_owned() };
    let refused = Happened::Refused { does: "Delete issues".to_owned(), why: "not granted".to_owned() };
    let comment = "POST /projects/{project}/issues/{issue}/comments · project acme/site";
    let delete = "DELETE /projects/{project}/issues/{issue} · project acme/site";
    Some(Session {
        summary: summary(number, status, reason, now),
        approved_at: Some(now - TimeDelta::minutes(19)),
        limits: vec![LimitState { line: 1, of: "Issue tracker".to_owned(), used: 14, max: 50 }],
        timeline: vec![
            item(3, TimelineKind::Call, called("Comment on issues", answered(201, 204)), comment),
            item(35, TimelineKind::Refused, refused, delete),
            item(
                129,
                TimelineKind::Call,
                called("Read issues", answered(200, 96)),
                "GET /projects/{project}/issues/{issue}",
            ),
            item(135, TimelineKind::Trouble, called("Use echo", of_tool), arguments),
            item(140, TimelineKind::Trouble, called("Read issues", silent), ""),
            item(1140, TimelineKind::Person, Happened::Approved, ""),
            item(1240, TimelineKind::Agent, Happened::Asked, "“Triage the failing CI issues”"),
        ],
        more: status == RequestStatus::Ended,
        usage: Some(AskedGrantedUsed {
            asked: 9,
            granted: 5,
            used: 2,
            unused: vec!["close issues".to_owned()],
            more: false,
        }),
        may_stop: status == RequestStatus::Active,
        now,
    })
}

pub fn services() -> Vec<ServiceSummary> {
    let http =
        |method: &str, path: &str| Recogniser::Http { method: method.to_owned(), path: path.to_owned() };
    let action = |name: &str, verb: &str, effect, recogniser| Action {
        name: name.to_owned(),
        verb: verb.to_owned(),
        object: "issues".to_owned(),
        effect,
        reversible: effect != Effect::Delete,
        ask: false,
        recogniser,
    };
    vec![ServiceSummary {
        id: slug("issue-tracker"),
        title: "Issue tracker".to_owned(),
        origin: "https://tracker.example".to_owned(),
        version: 3,
        blocked: false,
        connections: vec![ConnectionSummary {
            id: slug("tracker-paul"),
            account: "@paul".to_owned(),
            owner: Some(slug("paul")),
        }],
        actions: vec![
            action("issues.read", "read", Effect::Read, http("GET", "/projects/{project}/issues/{issue}")),
            action(
                "issues.delete",
                "delete",
                Effect::Delete,
                http("DELETE", "/projects/{project}/issues/{issue}"),
            ),
        ],
        live_sessions: 2,
    }]
}
