//! One session with its timeline, read from the record.

use super::{Visitor, grounds, list::summarised, seen_by, usage, visible};
use crate::{
    app::App,
    fault::Fault,
    people::permission::may_stop,
    store::{audit, grants::Stored, lines, time},
};
use protocol::{
    CallId, GrantId,
    access::{EndReason, RequestStatus},
    mcp::ResultRule,
    record::Record,
    sessions::{LimitState, Session},
    timeline::{CallResult, Cleaned, Happened, TimelineItem, TimelineKind},
};
use serde::{
    Deserialize as _,
    de::{IntoDeserializer as _, value::StrDeserializer},
};
use serde_json::Value;
use std::collections::HashMap;

/// How many records a page shows.
const SHOWN: u16 = 400;
/// How much of a tool's arguments a row shows; the record has all that is kept of them.
const MOST_ARGUMENTS: usize = 300;

/// A session as a person sees it.
pub async fn session(app: &App, visitor: &Visitor, grant: &GrantId) -> Result<Session, Fault> {
    let (stored, connections) = seen_by(app, visitor, &grant.request()).await?;
    let mut conn = app.store.read().await?;
    let mut records = audit::of_grant(&mut conn, grant, i64::from(SHOWN) + 1).await?;
    let used = lines::of_grant(&mut conn, grant).await?;
    let usage = usage::of_session(&mut conn, &stored).await?;
    drop(conn);
    let more = records.len() > usize::from(SHOWN);
    records.truncate(usize::from(SHOWN));
    let summary = summarised(app, &[&stored]).await?.pop().ok_or(Fault::NotFound("session"))?;
    let live = matches!(summary.status, RequestStatus::Approved | RequestStatus::Active);
    Ok(Session {
        approved_at: stored.grant.approval().map(|it| it.verdict.at),
        limits: used.iter().map(|it| limit(&stored, it)).collect(),
        timeline: timeline(&stored, &records),
        more,
        usage,
        may_stop: live && may_stop(&visitor.person, stored.grant.terms(), grounds(app, &connections)),
        summary,
        now: app.clock.now(),
    })
}

fn limit(stored: &Stored, used: &lines::Used) -> LimitState {
    let line = u16::try_from(used.line).unwrap_or_default();
    let of = stored.grant.terms().lines.iter().find(|it| it.id == line);
    let of = of.map(|it| it.service.title.clone()).unwrap_or_default();
    LimitState { line, of, used: used.used, max: used.max_calls }
}

/// Newest first. What became of a call is shown with the call.
fn timeline(stored: &Stored, records: &[Record]) -> Vec<TimelineItem> {
    let ends: HashMap<&CallId, &Record> = records
        .iter()
        .filter(|it| ["call.finished", "call.not_sent", "call.outcome_unknown"].contains(&it.kind.as_str()))
        .filter_map(|it| it.call.as_ref().map(|call| (call, it)))
        .collect();
    records.iter().filter_map(|record| item(stored, record, &ends)).collect()
}

fn item(stored: &Stored, record: &Record, ends: &HashMap<&CallId, &Record>) -> Option<TimelineItem> {
    use TimelineKind::{Agent, Broker, Person, Refused};
    let (kind, happened) = match record.kind.as_str() {
        "call.authorised" => {
            let end = record.call.as_ref().and_then(|call| ends.get(call).copied());
            let (kind, result) = call_result(end);
            (kind, Happened::Called { does: action(stored, record), result })
        }
        "call.refused" | "token.refused" => {
            (Refused, Happened::Refused { does: action(stored, record), why: text(record, "why") })
        }
        "token.minted" | "call.finished" | "call.not_sent" | "call.outcome_unknown" => return None,
        "request.opened" => (Agent, Happened::Asked),
        "request.approved" => (Person, Happened::Approved),
        "request.consented" => (Person, Happened::Consented),
        "request.denied" => (Person, Happened::Denied),
        "request.withdrawn" => (Agent, Happened::Withdrawn),
        "request.lapsed" => (Broker, Happened::Lapsed),
        "grant.redeemed" => (Agent, Happened::Started),
        "grant.ended" => (Broker, Happened::Ended { why: end_reason(record) }),
        "revoked" => (Person, revoked(record)),
        other => (Broker, Happened::Other { kind: other.to_owned() }),
    };
    let (at, call) = (time(record.at.timestamp_millis()), record.call.clone());
    Some(TimelineItem { at, kind, happened, by: record.actor.clone(), detail: detail(record), call })
}

fn call_result(end: Option<&Record>) -> (TimelineKind, CallResult) {
    let Some(end) = end else { return (TimelineKind::Call, CallResult::OnItsWay) };
    match end.kind.as_str() {
        "call.finished" => {
            let number = |fact| end.facts.get(fact).and_then(Value::as_u64).unwrap_or_default();
            let outcome = text(end, "outcome");
            let trouble = Some(outcome).filter(|it| !it.is_empty() && it != "complete");
            let failed = end.facts.get("failed").and_then(Value::as_bool).unwrap_or_default();
            let kind = if failed || trouble.is_some() { TimelineKind::Trouble } else { TimelineKind::Call };
            let status = u16::try_from(number("status")).unwrap_or_default();
            (kind, CallResult::Answered { status, ms: number("ms"), trouble, failed, cleaned: cleaned(end) })
        }
        "call.not_sent" => (TimelineKind::Trouble, CallResult::NotSent { why: text(end, "why") }),
        _ => (TimelineKind::Trouble, CallResult::Unknown { why: text(end, "why") }),
    }
}

/// What was changed in the answer of an MCP server, by rule.
fn cleaned(end: &Record) -> Vec<Cleaned> {
    let changed = end.facts.get("changed").and_then(Value::as_object).into_iter().flatten();
    let one = |(rule, places): (&String, &Value)| {
        let rule = read_rule(rule)?;
        Some(Cleaned { rule, places: places.as_u64()? })
    };
    changed.filter_map(one).collect()
}

fn read_rule(word: &str) -> Option<ResultRule> {
    let word: StrDeserializer<'_, serde::de::value::Error> = word.into_deserializer();
    ResultRule::deserialize(word).ok()
}

fn end_reason(record: &Record) -> Option<EndReason> {
    record.facts.get("why").and_then(|why| EndReason::deserialize(why).ok())
}

fn action(stored: &Stored, record: &Record) -> String {
    let name = text(record, "action");
    let lines = stored.grant.asked.lines.iter();
    let known = lines.flat_map(|line| &line.actions).find(|action| action.name == name);
    let Some(action) = known else {
        return if name.is_empty() { text(record, "method") } else { name };
    };
    let words = domain::definition::does(action);
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The method and the path with its names filled in; a value that could be mistaken for more than one stands apart.
fn detail(record: &Record) -> String {
    let mut path = text(record, "template");
    let mut parts = Vec::new();
    let names = record.facts.get("names").and_then(Value::as_object);
    for (name, value) in names.into_iter().flatten() {
        let (hole, value) = (format!("{{{name}}}"), visible(value.as_str().unwrap_or_default()));
        if path.contains(&hole) && !value.contains(['/', '{', ' ', '%', '?', '#']) {
            path = path.replace(&hole, &value);
        } else {
            parts.push(format!("{name} {value}"));
        }
    }
    if !path.is_empty() {
        parts.insert(0, format!("{} {path}", text(record, "method")));
    }
    parts.extend(
        record.facts.get("arguments").map(|it| domain::mcp::visible(&it.to_string(), MOST_ARGUMENTS)),
    );
    let definition = text(record, "definition");
    parts.extend(definition.get(..12).map(|it| format!("definition {it}")));
    for said in ["purpose", "reason"] {
        let words = text(record, said);
        if !words.is_empty() {
            parts.push(format!("“{words}”"));
        }
    }
    parts.join(" · ")
}

fn revoked(record: &Record) -> Happened {
    match record.facts.get("subject").and_then(|it| it.get("what")).and_then(Value::as_str) {
        Some("session_service") => Happened::ServiceTaken,
        _ => Happened::Stopped,
    }
}

fn text(record: &Record, fact: &str) -> String {
    visible(record.facts.get(fact).and_then(Value::as_str).unwrap_or_default())
}
