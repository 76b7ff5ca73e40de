//! Judging the calls of a batch: in memory against content, time and revocations; then in one statement each against
//! what can be used once (tokens) and what can be used up (limits).

use super::{
    facts::{CanonicalFacts, Judged, Parties},
    intent::{Authorise, Mint, Why},
    memory::{ActiveGrants, Content, Found},
    pen::Pen,
};
use crate::{
    events::Event,
    store::{Conn, calls, lines, millis},
};
use chrono::{TimeDelta, Utc};
use domain::watermark::Watermarks;
use protocol::{CallId, GrantId, Slug, record::Actor, terms::LineId};
use std::collections::{BTreeMap, HashSet, btree_map::Entry};

/// A done call's row is kept so long, for its token to be refused as used rather than unknown.
const KEEP: TimeDelta = TimeDelta::seconds(120);

/// What every call names.
struct Asked<'a> {
    grant: &'a GrantId,
    agent: &'a Slug,
    service: &'a Slug,
    line: LineId,
    revision: Option<i64>,
}

/// The judge of one batch.
pub(super) struct Judge<'a> {
    pub conn: &'a mut Conn,
    /// Whether it is judged without reading: then what it presumes is made sure of by what commits it.
    pub at_once: bool,
    pub active: &'a ActiveGrants,
    pub revision: i64,
    pub marks: &'a Watermarks,
    pub pen: &'a mut Pen,
}

type Verdict = Result<Content, Why>;

impl Judge<'_> {
    async fn judge(&mut self, asked: &Asked<'_>) -> sqlx::Result<Verdict> {
        if asked.revision.is_some_and(|of_intent| of_intent != self.revision) {
            return Ok(Err(Why::Stale));
        }
        let content = match self.active.find_within(self.conn, asked.grant).await? {
            Found::Active(content) => content,
            Found::Other { status, .. } => return Ok(Err(Why::NotActive(status))),
            Found::Missing => return Ok(Err(Why::Missing("session"))),
        };
        Ok(self.stands(&content, asked).map(|()| content))
    }

    fn stands(&self, content: &Content, asked: &Asked<'_>) -> Result<(), Why> {
        if self.marks.suspended().is_some() {
            return Err(Why::NotAccepted);
        }
        if self.marks.sealed().is_some() {
            return Err(Why::Sealed);
        }
        if content.agent.id != *asked.agent {
            return Err(Why::Foreign);
        }
        if self.pen.now >= content.ends_at {
            return Err(Why::Expired(content.ends_at));
        }
        // Whatever ends something later than this has a higher number.
        if self.marks.seen() > content.watermark {
            self.goes_on(content, asked)?;
        }
        let line = content.line(asked.line).filter(|line| line.service.id == *asked.service);
        line.map(drop).ok_or(Why::Missing("line"))
    }

    /// Whether nothing that came after its approval ended the grant, or took the service away.
    fn goes_on(&self, content: &Content, asked: &Asked<'_>) -> Result<(), Why> {
        let bearings = content.bearings(asked.grant);
        if let Some(number) = self.marks.ended(&bearings, content.watermark) {
            return Err(Why::Revoked(number));
        }
        if let Some(number) = self.marks.taken_away(&bearings, asked.service, content.watermark) {
            return Err(Why::TakenAway(number));
        }
        Ok(())
    }

    /// Authorises calls: each that passes is open and recorded, each that does not is recorded as refused.
    pub async fn authorise(&mut self, wanted: &[&Authorise]) -> sqlx::Result<Vec<Result<(), Why>>> {
        let mut verdicts = Vec::with_capacity(wanted.len());
        for call in wanted {
            verdicts.push(self.judge(&call.asked()).await?);
        }
        self.refuse_repeats(wanted, &mut verdicts).await?;
        self.take_tokens(wanted, &mut verdicts).await?;
        self.spend(wanted, &mut verdicts).await?;
        self.remember_keys(wanted, &verdicts).await?;
        self.open(wanted, &verdicts);
        let verdicts = wanted.iter().zip(verdicts).map(|(call, verdict)| self.record(call, verdict));
        Ok(verdicts.collect())
    }

    /// A key that stands for an earlier call, recorded or earlier in this batch.
    async fn refuse_repeats(&mut self, wanted: &[&Authorise], verdicts: &mut [Verdict]) -> sqlx::Result<()> {
        let mut claimed: BTreeMap<(&str, &str), (String, String)> = BTreeMap::new();
        for (call, verdict) in wanted.iter().zip(verdicts) {
            let (Some((key, digest)), Ok(_)) = (&call.idempotency, &verdict) else { continue };
            let (earlier, bound) = match claimed.entry((call.grant.digits(), key.as_str())) {
                Entry::Occupied(taken) => taken.get().clone(),
                Entry::Vacant(free) => {
                    let Some(taken) = calls::repeat(self.conn, &call.grant, key).await? else {
                        free.insert((call.call.to_string(), digest.clone()));
                        continue;
                    };
                    free.insert(taken).clone()
                }
            };
            *verdict = Err(Why::Repeat { call: earlier, same: bound == *digest });
        }
        Ok(())
    }

    /// Binds keys to the calls that were authorised: one that was refused may be tried again under its key.
    async fn remember_keys(&mut self, wanted: &[&Authorise], verdicts: &[Verdict]) -> sqlx::Result<()> {
        for (call, verdict) in wanted.iter().zip(verdicts) {
            if let (Some((key, digest)), Ok(_)) = (&call.idempotency, verdict) {
                calls::remember(self.conn, &call.grant, key, &call.call, digest).await?;
            }
        }
        Ok(())
    }

    async fn take_tokens(&mut self, wanted: &[&Authorise], verdicts: &mut [Verdict]) -> sqlx::Result<()> {
        let with_token = |(call, verdict): (&&Authorise, &Verdict)| {
            (call.token && verdict.is_ok()).then(|| call.call.clone())
        };
        let tokens: Vec<CallId> = wanted.iter().zip(verdicts.iter()).filter_map(with_token).collect();
        if tokens.is_empty() {
            return Ok(());
        }
        // The same token twice in one batch: the first in order of arrival has it.
        let mut taken: HashSet<String> = if self.at_once {
            tokens.iter().map(ToString::to_string).collect()
        } else {
            calls::take(self.conn, &tokens, &self.pen.chain.name).await?.into_iter().collect()
        };
        for (call, verdict) in wanted.iter().zip(verdicts) {
            if !call.token || verdict.is_err() {
                continue;
            }
            if !taken.remove(call.call.as_str()) {
                *verdict = Err(Why::TokenUsed);
            } else if self.at_once {
                self.pen.taken.push(call.call.clone());
            }
        }
        Ok(())
    }

    async fn spend(&mut self, wanted: &[&Authorise], verdicts: &mut [Verdict]) -> sqlx::Result<()> {
        let mut wants: BTreeMap<(String, LineId), i64> = BTreeMap::new();
        for (call, verdict) in wanted.iter().zip(verdicts.iter()) {
            if is_limited(call, verdict) {
                *wants.entry((call.grant.digits().to_owned(), call.line)).or_default() += 1;
            }
        }
        if wants.is_empty() {
            return Ok(());
        }
        let list: Vec<_> = wants.into_iter().map(|((grant, line), n)| lines::Want(grant, line, n)).collect();
        let spent = lines::spend(self.conn, &list).await?;
        let mut given: BTreeMap<(String, i64), i64> =
            spent.into_iter().map(|it| ((it.grant_id, it.line), it.given)).collect();
        for (call, verdict) in wanted.iter().zip(verdicts) {
            if !is_limited(call, verdict) {
                continue;
            }
            let left = given.entry((call.grant.digits().to_owned(), i64::from(call.line))).or_default();
            if *left > 0 {
                *left -= 1;
            } else {
                *verdict = Err(Why::Limit(call.line));
            }
        }
        Ok(())
    }

    /// A call that came with its grant token begins here; one whose token was taken in vain is over.
    fn open(&mut self, wanted: &[&Authorise], verdicts: &[Verdict]) {
        let expires = millis(self.pen.now + KEEP);
        for (call, verdict) in wanted.iter().zip(verdicts) {
            match verdict {
                Ok(_) if !call.token => {
                    self.pen.calls.push(row(&call.call, &call.grant, &call.service, "open", expires));
                }
                Err(Why::Limit(_)) if call.token => self.pen.over.push(call.call.clone()),
                _ => {}
            }
        }
    }

    fn record(&mut self, call: &Authorise, verdict: Verdict) -> Result<(), Why> {
        if let Err(Why::Stale) = verdict {
            return Err(Why::Stale);
        }
        let kind = if verdict.is_ok() { "call.authorised" } else { "call.refused" };
        let judged = call.facts.judged(&call.service, call.line, said(&verdict));
        self.write(kind, &call.agent, &call.grant, &call.call, &judged);
        self.pen.events.push(Event::Call { grant: call.grant.clone() });
        verdict.map(drop)
    }

    fn write(&mut self, kind: &str, agent: &Slug, grant: &GrantId, call: &CallId, judged: &Judged<'_>) {
        let (actor, facts) = (Actor::Agent { agent: agent.clone() }, CanonicalFacts::of(judged));
        self.pen.write(kind, actor, Some(grant.clone()), Some(call.clone()), facts);
    }

    /// Mints call tokens: checked and recorded, spending nothing.
    pub async fn mint(&mut self, wanted: &[&Mint]) -> sqlx::Result<Vec<Result<(), Why>>> {
        let mut verdicts = Vec::with_capacity(wanted.len());
        for mint in wanted {
            let verdict = self.judge(&mint.asked()).await?;
            if verdict.is_ok() {
                let expires = millis(mint.expires_at.max(chrono::DateTime::<Utc>::UNIX_EPOCH));
                self.pen.calls.push(row(&mint.call, &mint.grant, &mint.service, "minted", expires));
            }
            verdicts.push(verdict);
        }
        let recorded = wanted.iter().zip(verdicts).map(|(mint, verdict)| self.record_mint(mint, verdict));
        Ok(recorded.collect())
    }

    fn record_mint(&mut self, mint: &Mint, verdict: Verdict) -> Result<(), Why> {
        if let Err(Why::Stale) = verdict {
            return Err(Why::Stale);
        }
        let kind = if verdict.is_ok() { "token.minted" } else { "token.refused" };
        let judged = mint.facts.judged(&mint.service, mint.line, said(&verdict));
        self.write(kind, &mint.agent, &mint.grant, &mint.call, &judged);
        verdict.map(drop)
    }
}

fn said(verdict: &Verdict) -> Result<Parties<'_>, String> {
    verdict.as_ref().map(|it| (&it.owner, &it.approver)).map_err(ToString::to_string)
}

impl Authorise {
    fn asked(&self) -> Asked<'_> {
        let (grant, agent, service) = (&self.grant, &self.agent, &self.service);
        Asked { grant, agent, service, line: self.line, revision: self.revision }
    }
}

impl Mint {
    fn asked(&self) -> Asked<'_> {
        let (grant, agent, service) = (&self.grant, &self.agent, &self.service);
        Asked { grant, agent, service, line: self.line, revision: self.revision }
    }
}

fn row(call: &CallId, grant: &GrantId, service: &Slug, state: &'static str, expires: i64) -> calls::Row {
    calls::Row(call.clone(), grant.clone(), service.clone(), state, expires)
}

fn is_limited(call: &Authorise, verdict: &Verdict) -> bool {
    let line = verdict.as_ref().ok().and_then(|content| content.line(call.line));
    line.is_some_and(|line| line.limits.max_calls.is_some())
}
