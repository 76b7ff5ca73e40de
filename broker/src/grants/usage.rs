//! How sessions are used, from the record: what earlier ones say about a decision, and what became of one that was
//! granted. Bounded: a card looks at a few sessions, and at the newest calls of each.

use crate::{
    app::App,
    fault::Fault,
    store::{Conn, audit, grants::Stored, history},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::replay::{self, Call};
use protocol::{
    Terms,
    record::Record,
    usage::{AskedGrantedUsed, Earlier, Replay},
};
use serde_json::Value;

/// How far back a card looks.
const BACK: TimeDelta = TimeDelta::days(30);
/// At how many earlier requests a card looks.
const REQUESTS: i64 = 20;
/// At the calls of how many of them.
const SESSIONS: usize = 5;
/// At how many records of each.
const RECORDS: u16 = 200;

/// What earlier sessions of the same agent on these services say about what a card would grant.
pub(super) async fn earlier(app: &App, stored: &Stored, granting: Option<&Terms>) -> Result<Earlier, Fault> {
    let since = app.clock.now() - BACK;
    let mut conn = app.store.read().await?;
    let before = history::earlier(&mut conn, stored, since, REQUESTS).await?;
    let asked = &stored.grant.asked;
    let asks: Vec<Terms> = before.iter().map(|it| it.grant.asked.clone()).collect();
    let first = replay::first_seen(asked, &asks);
    let mut sessions = Vec::new();
    let (mut more, mut unused) = (false, None);
    for one in before.iter().filter(|it| it.grant.approval().is_some()).take(SESSIONS) {
        let made = calls(&mut conn, one).await?;
        more |= made.more;
        if unused.is_none() && !made.calls.is_empty() {
            unused = of(one, &made).map(|it| it.unused);
        }
        sessions.push(made.calls);
    }
    let replay = granting.map(|terms| replay::judge(terms, asked, &sessions)).filter(|it| it.calls > 0);
    let replay = replay.map(|it| Replay {
        sessions: u32::try_from(sessions.iter().filter(|calls| !calls.is_empty()).count())
            .unwrap_or_default(),
        since,
        calls: it.calls,
        covered: it.covered,
        lost: it.lost,
        more,
    });
    Ok(Earlier { first, unused: unused.unwrap_or_default(), replay, step_up: None })
}

/// How much of a session was asked, granted and used; none if nothing was granted.
pub(super) async fn of_session(conn: &mut Conn, stored: &Stored) -> sqlx::Result<Option<AskedGrantedUsed>> {
    let made = calls(conn, stored).await?;
    Ok(of(stored, &made))
}

fn of(stored: &Stored, made: &Made) -> Option<AskedGrantedUsed> {
    let approval = stored.grant.approval()?;
    Some(replay::used(&stored.grant.asked, &approval.terms, &made.calls, made.more))
}

/// The calls of a session in the order in which they were made, and whether there were more before.
struct Made {
    calls: Vec<Call>,
    more: bool,
}

async fn calls(conn: &mut Conn, stored: &Stored) -> sqlx::Result<Made> {
    let Some(approval) = stored.grant.approval() else {
        return Ok(Made { calls: Vec::new(), more: false });
    };
    let grant = stored.grant.grant_id();
    let records = audit::of_grant(conn, &grant, i64::from(RECORDS)).await?;
    let more = records.len() >= usize::from(RECORDS);
    let made = records.iter().rev().filter(|it| it.kind == "call.authorised");
    Ok(Made { calls: made.filter_map(|it| call(it, approval.verdict.at)).collect(), more })
}

fn call(record: &Record, approved_at: DateTime<Utc>) -> Option<Call> {
    let text = |name: &str| record.facts.get(name).and_then(Value::as_str).map(str::to_owned);
    let names = record.facts.get("names").and_then(Value::as_object);
    let name = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    Some(Call {
        service: text("service")?.parse().ok()?,
        action: text("action")?,
        line: record.facts.get("line").and_then(Value::as_u64).and_then(|it| u16::try_from(it).ok())?,
        resource: text("resource"),
        names: names.into_iter().flatten().filter_map(name).collect(),
        after: (record.at - approved_at).num_seconds(),
    })
}
