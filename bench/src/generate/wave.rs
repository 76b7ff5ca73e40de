//! Sessions that run side by side, from the request to the end.

use super::{
    bulk::{Bulk, column},
    cast::Cast,
};
use anyhow::{Context as _, Result};
use broker::ledger::acts::terms_facts;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    digest,
    quorum::Quorum,
    state::{Approving, Grant, State, Verdict},
};
use protocol::{CallId, GrantId, RequestId, Slug, Terms, access::EndReason, record::Actor};
use serde_json::{Value, json};

/// How long the sessions of all waves but the last may take.
const HOUR: u32 = 3_600;
/// Those of the last wave still run.
const TWELVE_HOURS: u32 = 43_200;
/// The time in which a wave's calls are made.
const CALLING: i64 = 3_000_000;
/// Of so many sessions, one has a limit.
const LIMITED: u64 = 10;
/// Of so many sessions, one makes half of all calls: work is as unevenly spread everywhere.
const BUSY: u64 = 20;

/// What is played in one wave.
pub struct Plan {
    /// When it begins.
    pub at: DateTime<Utc>,
    /// The number of its first session.
    pub from: u64,
    /// How many there are.
    pub sessions: u64,
    /// How many calls all waves make.
    pub calls: u64,
    /// How many sessions all waves have.
    pub grants: u64,
    /// Whether it still runs.
    pub is_last: bool,
}

struct Session {
    grant: Grant,
    id: GrantId,
    agent: Actor,
    calls: u64,
    watermark: i64,
    same_ask: String,
    last_call: Option<DateTime<Utc>>,
}

/// A wave.
pub struct Wave<'a> {
    cast: &'a Cast,
    plan: &'a Plan,
    ids: Ids,
    sessions: Vec<Session>,
}

impl<'a> Wave<'a> {
    pub fn new(cast: &'a Cast, plan: &'a Plan, seed: u64) -> Result<Self> {
        let mut wave = Self { cast, plan, ids: Ids(seed ^ plan.from), sessions: Vec::new() };
        for number in plan.from..plan.from + plan.sessions {
            let session = wave.open(number)?;
            wave.sessions.push(session);
        }
        Ok(wave)
    }

    fn open(&mut self, number: u64) -> Result<Session> {
        let Plan { at, calls, grants, is_last, .. } = *self.plan;
        let index = usize::try_from(number)?;
        let agent = self.cast.agents[index % self.cast.agents.len()].clone();
        let [free, limited] = &self.cast.lines[index % self.cast.lines.len()];
        let line = if number.is_multiple_of(LIMITED) { limited } else { free };
        let terms = Terms {
            instance: self.cast.instance.clone(),
            request: RequestId::from_u128(self.ids.next(at)),
            agent: agent.clone(),
            owner: self.cast.owner.clone(),
            lines: vec![line.clone()],
            duration: if is_last { TWELVE_HOURS } else { HOUR },
            purpose: format!("Work number {number} of many that look alike"),
            binding_message: None,
            unchosen: false,
        };
        let same_ask = digest::of_json(&(&terms.lines, terms.duration, &terms.purpose)).into();
        let grant = Grant::open(terms, 0, at, at + TimeDelta::minutes(10));
        let calls = share(calls, grants, number);
        let (id, agent) = (grant.grant_id(), Actor::Agent { agent: agent.id });
        Ok(Session { grant, id, agent, calls, watermark: 0, same_ask, last_call: None })
    }

    /// Plays it, and writes everything down.
    pub async fn play(mut self, bulk: &mut Bulk) -> Result<()> {
        let begun = self.plan.at;
        for session in &self.sessions {
            let facts = opened(&session.grant);
            bulk.record(begun, "request.opened", session.agent.clone(), (Some(&session.id), None), facts)
                .await?;
        }
        let decided = begun + TimeDelta::seconds(60);
        for session in &mut self.sessions {
            session.watermark = bulk.revoked;
            let facts = session.approve(&self.cast.approver, decided)?;
            let person = Actor::Person { person: self.cast.approver.clone(), via: "link".to_owned() };
            bulk.record(decided, "request.approved", person, (Some(&session.id), None), facts).await?;
        }
        let redeemed = begun + TimeDelta::seconds(90);
        for session in &mut self.sessions {
            session.grant = session.grant.clone().redeem(redeemed)?.to;
            let agent = session.agent.clone();
            bulk.record(redeemed, "grant.redeemed", agent, (Some(&session.id), None), json!({})).await?;
        }
        self.call(bulk).await?;
        if !self.plan.is_last {
            self.end(bulk).await?;
        }
        self.store(bulk).await
    }

    async fn call(&mut self, bulk: &mut Bulk) -> Result<()> {
        let rounds = self.sessions.iter().map(|it| it.calls).max().unwrap_or_default();
        let step = CALLING / i64::try_from(rounds.max(1))?;
        for round in 0..rounds {
            let at =
                self.plan.at + TimeDelta::milliseconds(120_000 + step.min(1_000) * i64::try_from(round)?);
            for session in self.sessions.iter_mut().filter(|it| round < it.calls) {
                let call = CallId::from_u128(self.ids.next(at));
                session.last_call = Some(at);
                let about = (Some(&session.id), Some(&call));
                let [minted, authorised, finished] =
                    session.facts(&self.cast.owner, &self.cast.approver, round);
                bulk.record(at, "token.minted", session.agent.clone(), about, minted).await?;
                bulk.record(at, "call.authorised", session.agent.clone(), about, authorised).await?;
                bulk.record(at, "call.finished", session.agent.clone(), about, finished).await?;
            }
        }
        Ok(())
    }

    /// One session is stopped by a person, the others end with their time.
    async fn end(&mut self, bulk: &mut Bulk) -> Result<()> {
        let stopped = self.plan.at + TimeDelta::seconds(3_300);
        let over = self.plan.at + TimeDelta::seconds(i64::from(HOUR) + 60);
        for (place, session) in self.sessions.iter_mut().enumerate() {
            let about = (Some(&session.id), None);
            let (at, reason, actor) = if place == 0 {
                let person = Actor::Person { person: self.cast.owner.clone(), via: "link".to_owned() };
                let number = bulk.revoke(&session.id, stopped).await?;
                let facts = json!({"number": number, "subject": {"what": "session", "grant": session.id},
                    "block": false, "sessions": 1, "narrowed": 0, "requests": 0, "tokens": 0});
                bulk.record(stopped, "revoked", person.clone(), about, facts).await?;
                (stopped, EndReason::Revoked, person)
            } else {
                (over, EndReason::Expired, Actor::Broker)
            };
            session.grant = session.grant.clone().end(reason, at)?.to;
            bulk.record(at, "grant.ended", actor, about, json!({"why": reason})).await?;
        }
        Ok(())
    }

    async fn store(&self, bulk: &mut Bulk) -> Result<()> {
        let (mut grants, mut services, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for session in &self.sessions {
            grants.push(session.columns()?);
            for line in &session.grant.terms().lines {
                let digits = session.id.digits();
                services.push((digits, line.service.id.as_str()));
                lines.extend(line.limits.max_calls.map(|max| (digits, line.id, max, session.calls)));
            }
        }
        bulk.grants(&grants, &services, &lines).await
    }
}

impl Session {
    /// Approves all that was asked; gives the facts of the record.
    fn approve(&mut self, by: &Slug, at: DateTime<Utc>) -> Result<Value> {
        let terms = self.grant.asked.clone();
        let grant_digest = digest::grant_digest(&terms);
        let facts = json!({
            "agent": terms.agent.id,
            "owner": terms.owner,
            "request_digest": self.grant.request_digest,
            "grant_digest": grant_digest,
            "lines": terms_facts(&terms),
            "duration": terms.duration,
            "reason": null,
        });
        let approving = Approving {
            verdict: Verdict {
                by: by.clone(),
                via: "link".to_owned(),
                at,
                reason: None,
                took_ms: None,
                let_in_by: Vec::new(),
            },
            request_digest: self.grant.request_digest.clone(),
            grant_digest,
            terms,
            redeem_within: TimeDelta::minutes(10),
            evidence: None,
            quorum: Quorum { approvals: 1, ..Quorum::default() },
            fallen: Vec::new(),
            seen: 0,
        };
        self.grant = self.grant.clone().approve(approving)?.to;
        Ok(facts)
    }

    /// What the records of a call say: of its token, of the call, of its end.
    fn facts(&self, owner: &Slug, person: &Slug, round: u64) -> [Value; 3] {
        let line = &self.grant.asked.lines[0];
        let service = &line.service.id;
        let minted = json!({"service": service, "action": "items.read", "line": line.id, "owner": owner, "person": person});
        let authorised = json!({
            "service": service, "service_version": 1, "action": "items.read", "connection": service,
            "secret_version": 1, "line": line.id, "method": "GET", "template": "/projects/{project}/items",
            "names": {"project": "acme"}, "resource": "acme",
            "arguments_digest": digest::of_json(&("GET", "/projects/acme/items", round)),
            "query_bytes": 0, "direct": false, "owner": owner, "person": person,
        });
        let finished =
            json!({"outcome": "complete", "status": 200, "bytes": 1_234 + round, "sent_bytes": 0, "ms": 12});
        [minted, authorised, finished]
    }

    fn columns(&self) -> Result<Value> {
        let grant = &self.grant;
        let approval = grant.approval().context("it was not approved")?;
        let (state, ends_at) = match &grant.state {
            State::Ended { at, .. } => ("ended", *at),
            _ => ("active", approval.ends_at),
        };
        Ok(json!([
            grant.id.digits(),
            grant.asked.agent.id,
            grant.asked.owner,
            approval.verdict.by,
            state,
            grant.version,
            self.watermark,
            self.same_ask,
            column(grant.asked_at),
            column(grant.expires_at),
            column(approval.verdict.at),
            column(ends_at),
            self.last_call.map(column),
            serde_json::to_string(grant)?,
        ]))
    }
}

/// How many of all calls a session makes. The busy ones make half of them; so one of them has far more records than a
/// page shows.
fn share(calls: u64, grants: u64, number: u64) -> u64 {
    let busy = grants.div_ceil(BUSY);
    let (its, among, place) = match (number.is_multiple_of(BUSY), grants - busy) {
        (_, 0) => (calls, grants, number),
        (true, _) => (calls / 2, busy, number / BUSY),
        (false, others) => (calls - calls / 2, others, number - number / BUSY - 1),
    };
    its / among + u64::from(place < its % among)
}

fn opened(grant: &Grant) -> Value {
    json!({
        "agent": grant.asked.agent.id,
        "owner": grant.asked.owner,
        "request_digest": grant.request_digest,
        "lines": terms_facts(&grant.asked),
        "duration": grant.asked.duration,
        "purpose": grant.asked.purpose,
    })
}

/// UUIDv7-like numbers: the time, then what the seed gives (splitmix64).
struct Ids(u64);

impl Ids {
    fn next(&mut self, at: DateTime<Utc>) -> u128 {
        let mut draw = || {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        let random = (u128::from(draw()) << 64) | u128::from(draw());
        let millis = u128::from(at.timestamp_millis().unsigned_abs());
        let (high, low) = ((random >> 64) & 0xfff, random & ((1 << 62) - 1));
        (millis << 80) | (7 << 76) | (high << 64) | (0b10 << 62) | low
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn all_calls_are_made_half_of_them_by_the_busy() {
        for (calls, grants) in [(0, 1), (7, 1), (10, 19), (41, 20), (1_000, 21), (2_003, 1_000)] {
            let shares: Vec<u64> = (0..grants).map(|number| share(calls, grants, number)).collect();
            assert_eq!(shares.iter().sum::<u64>(), calls, "{shares:?}");
        }
        assert_eq!([0, 1, 20, 999].map(|number| share(2_000, 1_000, number)), [20, 2, 20, 1]);
    }
}
