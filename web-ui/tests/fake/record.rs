//! A small record.

use super::{Fake, not_found, sample};
use chrono::TimeDelta;
use protocol::{
    activity::{Activity, Numbers},
    audit::{
        AuditEntry, AuditEvent, AuditPage, AuditQuery, ChainHead, Damage, Outcome, Place, RecordStanding,
        Verified,
    },
    ids::GrantId,
    problem::Problem,
    record::{Actor, Record},
};
use serde_json::{Map, Value, json};
use web_ui::RecordDesk;

const CHAIN: &str = "c0ffee00c0ffee00";

fn records() -> Vec<(Record, Outcome)> {
    let agent = || Actor::Agent { agent: sample::slug("build-agent") };
    let paul = || Actor::Person { person: sample::slug("paul"), via: "link".to_owned() };
    let rows = [
        (Outcome::Done, "broker.started", Actor::Broker, json!({"version": "0.1.0"})),
        (
            Outcome::Done,
            "request.opened",
            agent(),
            json!({"agent": "build-agent", "purpose": sample::hostile()}),
        ),
        (
            Outcome::Done,
            "request.approved",
            paul(),
            json!({"agent": "build-agent", "duration": 3600, "reason": "only the site", "request_digest": "11".repeat(32),
                "grant_digest": "33".repeat(32), "lines": [{"line": 1, "service": "issue-tracker", "connection": "tracker-paul",
                "actions": ["issues.read", "issues.comment"], "resources": ["acme/site"], "limits": {"max_calls": 40}}]}),
        ),
        (
            Outcome::Refused,
            "call.refused",
            agent(),
            json!({"service": "issue-tracker", "action": "issues.delete", "why": "not granted"}),
        ),
        (
            Outcome::Trouble,
            "call.finished",
            agent(),
            json!({"status": 502, "ms": 30_000, "outcome": "upstream_broke_off"}),
        ),
        (
            Outcome::Refused,
            "request.denied",
            paul(),
            json!({"reason": null, "request_digest": "22".repeat(32)}),
        ),
    ];
    let rows = rows.into_iter().zip(1..);
    let record = |((outcome, kind, actor, facts), seq): ((Outcome, &str, Actor, Value), i64)| {
        let facts: Map<String, Value> = facts.as_object().cloned().unwrap_or_default();
        let record = Record {
            chain: CHAIN.to_owned(),
            seq,
            at: sample::now() - TimeDelta::minutes(60 - seq * 9),
            watermark: 2,
            kind: kind.to_owned(),
            actor,
            grant: kind.starts_with("request").then(|| GrantId::from_u128(11)),
            call: None,
            facts,
        };
        (record, outcome)
    };
    rows.map(record).collect()
}

fn entry((record, outcome): (Record, Outcome)) -> AuditEntry {
    let facts = record.facts.values().filter_map(Value::as_str).take(3);
    AuditEntry {
        chain: record.chain,
        seq: record.seq,
        at: record.at,
        actor: record.actor,
        kind: record.kind,
        outcome,
        grant: record.grant,
        gist: facts.collect::<Vec<_>>().join(" · "),
    }
}

#[async_trait::async_trait]
impl RecordDesk for Fake {
    async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, Problem> {
        self.works()?;
        if self.empty {
            return Ok(AuditPage::default());
        }
        let kind = |record: &Record| query.kind.as_ref().is_none_or(|kind| record.kind == *kind);
        let entries = records().into_iter().rev().filter(|(record, _)| kind(record)).map(entry).collect();
        let far = query.kind.is_some();
        Ok(AuditPage {
            entries,
            next: Some(Place { at: 1, chain: 1, seq: 1 }).filter(|_| query.before.is_none()),
            looked_back_to: far.then(|| sample::now() - TimeDelta::days(2)),
            dropped_until: Some(sample::now() - TimeDelta::days(30)),
        })
    }

    async fn audit_event(&self, chain: &str, seq: i64) -> Result<AuditEvent, Problem> {
        self.works()?;
        let found = records().into_iter().find(|(record, _)| record.chain == chain && record.seq == seq);
        let (record, outcome) = found.ok_or_else(not_found)?;
        Ok(AuditEvent { later: seq < 6, earlier: seq > 1, hash: "ab".repeat(32), outcome, record })
    }

    async fn activity(&self) -> Result<Activity, Problem> {
        self.works()?;
        let today = sample::now().date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        let numbers = |n: u64| Numbers {
            decisions: n % 7,
            denied: n % 3,
            calls: n * 37 % 211,
            refused: n * 5 % 23,
            median_seconds: (!n.is_multiple_of(5)).then(|| i64::try_from(n * 47 % 200).unwrap_or_default()),
        };
        let day =
            |at: u64| (today - TimeDelta::days(13 - i64::try_from(at).unwrap_or_default()), numbers(at));
        let none = |(day, _)| (day, Numbers::default());
        let days = (0..14).map(day);
        Ok(Activity {
            days: if self.empty { days.map(none).collect() } else { days.collect() },
            agents: vec![("build-agent".to_owned(), numbers(9)), ("data-helper".to_owned(), numbers(4))],
            services: vec![("issue-tracker".to_owned(), numbers(11))],
            more: self.banner.is_some(),
        })
    }

    async fn record_standing(&self) -> Result<RecordStanding, Problem> {
        self.works()?;
        let head = ChainHead {
            chain: CHAIN.to_owned(),
            started_at: sample::now() - TimeDelta::hours(5),
            ended_at: None,
            seq: 6,
            hash: "cd".repeat(32),
        };
        let damage = Damage { chain: CHAIN.to_owned(), seq: 3, what: "its hash is another".to_owned() };
        let verified = Verified {
            at: sample::now() - TimeDelta::minutes(3),
            by: sample::slug("paul"),
            chains: 1,
            records: 6,
            approvals: 1,
            revocations: 0,
            calls: 1,
            dropped: 0,
            damage: self.banner.is_some().then_some(damage),
        };
        Ok(RecordStanding {
            chains: vec![head],
            anchored_at: (!self.empty).then(sample::now),
            verified: (!self.empty).then_some(verified),
        })
    }
}
