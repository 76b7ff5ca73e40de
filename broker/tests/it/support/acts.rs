//! What a test lets agents and people do, each through the ledger.

use super::installation::{Installation, slug};
use broker::{
    ledger::{
        Answer, Authorise, CallFacts, Facts, Finish, Intent, LedgerError, Mint, Revocation,
        acts::{Act, Approval, Denial},
    },
    store::{connections, grants::Sameness, grants::Stored, services},
};
use chrono::TimeDelta;
use domain::{
    digest,
    narrowing::{Rules, keep_all, narrow},
    pin::{Offered, pin},
    policy::Policy,
    proof::Means,
    quorum::Quorum,
    state::{Approving, Grant, Verdict},
};
use protocol::{
    AskedLine, CallId, GrantId, Limits, RequestId, Slug, Terms,
    access::EndReason,
    lines::LineType,
    record::Actor,
    revoke::{Stopped, Subject},
    terms::{AgentRef, LineId},
};
use std::collections::BTreeMap;

/// A line that asks to read and comment in one project.
pub fn line(service: &str, max_calls: Option<u32>) -> AskedLine {
    AskedLine {
        kind: LineType::ServiceAccess,
        service: slug(service),
        actions: vec!["items.read".to_owned(), "items.comment".to_owned()],
        resources: vec!["acme".to_owned()],
        conditions: Vec::new(),
        limits: Limits { max_calls },
        connection: None,
    }
}

/// A person who decides by a click.
pub fn verdict(it: &Installation, by: &str) -> Verdict {
    Verdict {
        by: slug(by),
        via: "link".to_owned(),
        at: it.clock.now(),
        reason: None,
        took_ms: None,
        let_in_by: Vec::new(),
    }
}

/// What approves the whole of a request.
pub fn approval(it: &Installation, stored: &Stored, by: &str) -> Act {
    let choices = BTreeMap::new();
    let rules = Rules { policy: &Policy::DEFAULT, means: Means::default(), choices: &choices };
    let terms = narrow(&stored.grant.asked, &keep_all(&stored.grant.asked), &rules).unwrap();
    let approving = Approving {
        verdict: verdict(it, by),
        grant_digest: digest::grant_digest(&terms),
        terms,
        request_digest: stored.grant.request_digest.clone(),
        redeem_within: TimeDelta::seconds(600),
        evidence: None,
        quorum: Quorum::of(&stored.grant.asked, &Policy::DEFAULT),
        fallen: Vec::new(),
        seen: 0,
    };
    let (request, policy) = (stored.grant.id.clone(), Policy::DEFAULT);
    Act::Approve(Box::new(Approval { request, approving, policy, answered: None, session: None }))
}

/// What denies a request.
pub fn denial(it: &Installation, stored: &Stored, by: &str) -> Act {
    let shown = stored.grant.request_digest.clone();
    Act::Deny(Box::new(Denial {
        request: stored.grant.id.clone(),
        verdict: verdict(it, by),
        shown,
        policy: Policy::DEFAULT,
        session: None,
    }))
}

/// What redeems a grant that was approved as it was asked.
pub fn redemption(stored: &Stored) -> Act {
    let (request, agent) = (stored.grant.id.clone(), stored.grant.asked.agent.id.clone());
    Act::Redeem { request, agent, proven: Some(digest::grant_digest(&stored.grant.asked)) }
}

impl Installation {
    /// A new id.
    pub fn call_id(&self) -> CallId {
        CallId::from_u128(self.app.rng.id(self.clock.now()).unwrap())
    }

    /// The act by which an agent asks, with its idempotency key.
    pub async fn asking(&self, agent: &str, lines: &[AskedLine], purpose: &str, key: Option<&str>) -> Act {
        let mut conn = self.app.store.read().await.unwrap();
        let mut offered = BTreeMap::new();
        for asked in lines {
            let service = services::find(&mut conn, &asked.service).await.unwrap().unwrap();
            let mine = connections::of_service(&mut conn, &asked.service).await.unwrap();
            let connections = mine.iter().map(connections::Connection::pinned).collect();
            let (definition, version) = (service.definition, service.version);
            offered.insert(asked.service.clone(), Offered { definition, version, connections });
        }
        let agent = broker::store::agents::find(&mut conn, &slug(agent)).await.unwrap().unwrap();
        let now = self.clock.now();
        let pinned: AgentRef = agent.pinned();
        let terms = Terms {
            instance: self.app.instance.clone(),
            request: RequestId::from_u128(self.app.rng.id(now).unwrap()),
            agent: pinned,
            owner: agent.owner,
            lines: pin(lines, &offered, &Policy::DEFAULT).unwrap(),
            duration: 3_600,
            purpose: purpose.to_owned(),
            binding_message: None,
            unchosen: false,
        };
        let ask = digest::of_json(&(&terms.lines, terms.duration, &terms.purpose));
        let same = Sameness { ask, idempotency: key.map(str::to_owned), undecided: false };
        let grant = Box::new(Grant::open(terms, 0, now, now + TimeDelta::seconds(600)));
        // Tests that are not about it deny as often as they like.
        let policy = Policy { cool_down_after: 0, ..Policy::DEFAULT };
        Act::Open { grant, same, policy }
    }

    /// An agent asks for something that it has not asked for before.
    pub async fn ask(&self, agent: &str, lines: &[AskedLine]) -> Stored {
        let purpose = format!("purpose {}", self.call_id());
        let act = self.asking(agent, lines, &purpose, None).await;
        self.app.ledger.advance(act).await.unwrap()
    }

    /// A person approves all of it.
    pub async fn approve(&self, stored: &Stored, by: &str) -> Result<Stored, LedgerError> {
        self.app.ledger.advance(approval(self, stored, by)).await
    }

    /// A session that can be used.
    pub async fn session(&self, agent: &str, lines: &[AskedLine]) -> GrantId {
        let stored = self.ask(agent, lines).await;
        self.approve(&stored, "ana").await.unwrap();
        self.app.ledger.advance(redemption(&stored)).await.unwrap();
        stored.grant.grant_id()
    }

    /// A call of the bot that asks to be authorised.
    pub fn call(&self, grant: &GrantId, service: &str, line: LineId) -> Authorise {
        Authorise {
            call: self.call_id(),
            token: false,
            grant: grant.clone(),
            agent: slug("bot"),
            service: slug(service),
            line,
            idempotency: None,
            revision: None,
            facts: CallFacts { action: "items.read".to_owned(), ..CallFacts::default() },
        }
    }

    /// Lets a call be authorised, or not.
    pub async fn authorise(&self, call: Authorise) -> Result<Answer, LedgerError> {
        self.app.ledger.submit(Intent::Authorise(Box::new(call))).await
    }

    /// Makes a call on line 1 of a grant for the tracker.
    pub async fn use_tracker(&self, grant: &GrantId) -> Result<Answer, LedgerError> {
        self.authorise(self.call(grant, "tracker", 1)).await
    }

    /// Mints a call token of the bot for a minute.
    pub async fn mint(&self, grant: &GrantId, service: &str, line: LineId) -> Result<CallId, LedgerError> {
        let call = self.call_id();
        let mint = Mint {
            revision: None,
            call: call.clone(),
            grant: grant.clone(),
            agent: slug("bot"),
            service: slug(service),
            line,
            expires_at: self.clock.now() + TimeDelta::seconds(60),
            facts: CallFacts::default(),
        };
        self.app.ledger.submit(Intent::Mint(Box::new(mint))).await?;
        Ok(call)
    }

    /// Says what became of a call of the bot.
    pub async fn finish(&self, grant: &GrantId, call: &CallId, kind: &'static str) {
        let (call, grant, facts) = (call.clone(), grant.clone(), Facts::new().into());
        let finish = Finish { call, grant, agent: slug("bot"), kind, facts };
        self.app.ledger.submit(Intent::Finish(Box::new(finish))).await.unwrap();
    }

    /// An admin ends something.
    pub async fn revoke(&self, subject: Subject) -> Result<Stopped, LedgerError> {
        self.app.ledger.revoke(revocation(subject)).await
    }
}

/// An admin's revocation.
pub fn revocation(subject: Subject) -> Revocation {
    let actor = Actor::Person { person: slug("adm"), via: "link".to_owned() };
    Revocation { subject, actor, reason: None, block: false, end: EndReason::Revoked }
}

/// A subject of revocations by name.
pub fn person(id: &str) -> Subject {
    Subject::Person { person: slug(id) }
}

/// A service's name, as a subject.
pub fn service(id: &str) -> Subject {
    let service: Slug = slug(id);
    Subject::Service { service }
}
