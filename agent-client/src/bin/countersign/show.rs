//! What requests and sessions look like in a terminal, as lines of words.

use agent_client::protocol::{
    AskedLine, Condition, RequestStatus, RequestView, Test,
    access::{EndReason, LiveGrant, Me},
    card::Span,
    sessions::SessionSummary,
};
use chrono::{DateTime, SecondsFormat, Utc};

pub fn status(status: RequestStatus) -> &'static str {
    match status {
        RequestStatus::Pending => "pending",
        RequestStatus::Approved => "approved",
        RequestStatus::Active => "active",
        RequestStatus::Denied => "denied",
        RequestStatus::Withdrawn => "withdrawn",
        RequestStatus::Lapsed => "lapsed",
        RequestStatus::Ended => "ended",
    }
}

fn end_reason(why: EndReason) -> &'static str {
    match why {
        EndReason::Expired => "its time was up",
        EndReason::Revoked => "revoked",
        EndReason::Closed => "closed by the agent",
        EndReason::Exhausted => "every limit is used up",
        EndReason::Idle => "nothing was called for too long",
        EndReason::NotRedeemed => "not redeemed in time",
    }
}

pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// A request that was just made: what the person needs.
pub fn asked(view: &RequestView) -> Vec<String> {
    let mut lines = vec![
        format!("Request {} is {}.", view.id, status(view.status)),
        format!("Approve at {}", view.approve_url),
        format!("Matching code {}", view.matching_code),
        format!("Lapses at {}", time(view.expires_at)),
    ];
    if view.removed_characters > 0 {
        lines
            .push(format!("{} invisible characters were removed from the purpose.", view.removed_characters));
    }
    lines
}

/// A request with what became of it.
pub fn view(view: &RequestView) -> Vec<String> {
    if view.status == RequestStatus::Pending {
        let mut lines = asked(view);
        lines.extend(view.asked.iter().map(|line| format!("  asks {}", self::line(line))));
        return lines;
    }
    let why = view.end_reason.map(|why| format!(": {}", end_reason(why))).unwrap_or_default();
    let mut lines = vec![format!("Request {} is {}{why}.", view.id, status(view.status))];
    lines.extend(view.reason.as_ref().map(|reason| format!("The person says: {reason}")));
    if let Some(granted) = &view.granted {
        lines.push(format!("Session {} until {}", granted.grant, time(granted.ends_at)));
        lines.extend(
            granted.authorization_details.iter().map(|line| format!("  granted {}", self::line(line))),
        );
    }
    for diff in view.diff.iter().filter(|diff| diff.granted.as_ref() != Some(&diff.asked)) {
        lines.push(format!("  asked   {}", line(&diff.asked)));
        lines.extend(diff.why.iter().map(|why| format!("          {why}")));
    }
    lines
}

/// One line of a request, as `tracker: issues.read, issues.comment in acme/site, at most 50 calls`.
pub fn line(line: &AskedLine) -> String {
    let mut parts = vec![format!("{}: {}", line.service, line.actions.join(", "))];
    if !line.resources.is_empty() {
        parts.push(format!(" in {}", line.resources.join(", ")));
    }
    parts.extend(line.connection.as_ref().map(|connection| format!(" with {connection}")));
    parts.extend(line.conditions.iter().map(|condition| format!(", if {}", self::condition(condition))));
    parts.extend(line.limits.max_calls.map(|max| format!(", at most {max} calls")));
    parts.concat()
}

fn condition(Condition { at, test }: &Condition) -> String {
    match test {
        Test::Equals(text) => format!("{at} is {text:?}"),
        Test::OneOf(texts) => format!("{at} is one of {texts:?}"),
        Test::Prefix(text) => format!("{at} starts with {text:?}"),
        Test::AtMost(number) => format!("{at} is at most {number}"),
        Test::AtLeast(number) => format!("{at} is at least {number}"),
        Test::MaxLength(number) => format!("{at} has at most {number} characters"),
        Test::Glob(pattern) => format!("{at} is of the form {pattern:?}"),
        Test::MinLength(number) => format!("{at} has at least {number} characters"),
    }
}

/// What may I do now.
pub fn me(me: &Me) -> Vec<String> {
    let mut lines = vec![format!("{}, an agent of {}", me.agent, me.owner)];
    lines.extend(me.pending.iter().map(|id| format!("Pending {id}")));
    lines.extend(me.grants.iter().flat_map(live));
    for service in &me.services {
        lines.push(format!("May ask for {} ({})", service.service, service.title));
        let named = service.resource.as_ref().map(|resource| format!("  resources are named {resource}"));
        lines.extend(named);
        lines.extend(service.actions.iter().map(|a| format!("  {}: {} ({})", a.name, a.does, a.call)));
    }
    lines
}

fn live(grant: &LiveGrant) -> Vec<String> {
    let mut lines =
        vec![format!("Session {} is {} until {}", grant.grant, status(grant.status), time(grant.ends_at))];
    lines.extend(grant.authorization_details.iter().map(|line| format!("  {}", self::line(line))));
    lines.extend(grant.left.iter().map(|left| format!("  line {}: {} calls left", left.line, left.calls)));
    lines
}

/// A session in a person's list.
pub fn summary(session: &SessionSummary) -> Vec<String> {
    let why = session.end_reason.map(|why| format!(" ({})", end_reason(why))).unwrap_or_default();
    let until = session.ends_at.map(|ends_at| format!(" until {}", time(ends_at))).unwrap_or_default();
    let dropped = |at| format!("  perhaps more: records up to {} were moved out by retention", time(at));
    let mut lines = vec![
        format!("{} {} {}{why}{until}", session.grant, session.agent.title, status(session.status)),
        format!("  {}", plain(&session.sentence)),
        format!("  {} calls, {} refused", session.calls, session.refused),
    ];
    lines.extend(session.dropped_until.map(dropped));
    lines
}
