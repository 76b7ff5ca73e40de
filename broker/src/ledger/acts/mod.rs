//! State changes and admins' acts: what the ledger does one by one, each in a savepoint of its own.
//!
//! To add an act: a variant here, a function in the file of its kind, and a record that names who did what.

pub mod authorize;
pub mod clients;
mod connections;
mod count;
pub mod credentials;
pub mod decide;
pub mod declare;
pub mod declare_as;
pub mod enter;
pub mod keys;
pub mod open;
pub mod passkeys;
pub mod person;
pub mod recover;
pub mod retain;
mod rotate;
mod run;
pub mod tools;
pub mod trial;

use super::{
    batch::Outcome,
    facts::Facts,
    intent::{Answer, Why},
    memory::ActiveGrants,
    pen::Pen,
};
use crate::{
    events::Event,
    store::{
        Conn, calls,
        grants::{self, Sameness, Stored},
        lines,
    },
};
use domain::{
    policy::Policy,
    state::{Grant, State, Transition},
    watermark::Watermarks,
};
use protocol::{Digest, RequestId, Slug, access::EndReason, record::Actor};
use serde_json::json;

pub use authorize::Authorizing;
pub use clients::ClientAct;
pub(crate) use connections::holds;
pub use count::Counting;
pub use credentials::Credentials;
pub use decide::{Approval, Denial};
pub use declare::Declaration;
pub use declare_as::{Before, By, Declaring};
pub use enter::Entering;
pub use keys::{KeyAct, Rewrapped};
pub(crate) use open::cooling;
pub use passkeys::{Ending, PasskeyAct};
pub use person::{PersonAct, PersonChange};
pub use recover::Recovery;
pub use retain::Retention;
pub(crate) use retain::is_due;
pub use tools::{Asking, Offered, Offering, Tooling};
pub use trial::{Trial, may_try};

/// A state change or an admin's act.
#[derive(Debug, Clone)]
pub enum Act {
    /// An agent asks.
    Open {
        /// The new request.
        grant: Box<Grant>,
        /// What makes it the same as another.
        same: Sameness,
        /// How many requests of one agent may be open, and when it cools down.
        policy: Policy,
    },
    /// A person approves.
    Approve(Box<Approval>),
    /// A person denies.
    Deny(Box<Denial>),
    /// The agent takes its request back.
    Withdraw {
        /// Which.
        request: RequestId,
        /// Whose it must be.
        agent: Slug,
    },
    /// The agent redeems its grant.
    Redeem {
        /// Which.
        request: RequestId,
        /// Whose it must be.
        agent: Slug,
        /// What was found to be approved: the very same must stand there still.
        proven: Option<Digest>,
    },
    /// A client asks through a browser, and the browser goes back with a code.
    Authorize(Box<Authorizing>),
    /// Nobody decided in time.
    Lapse {
        /// Which.
        request: RequestId,
    },
    /// Something that is over already is written down as ended.
    End {
        /// Which.
        request: RequestId,
        /// Why.
        reason: EndReason,
    },
    /// The host declares how things are.
    Declare(Box<Declaration>),
    /// Somebody declares how things are, if they may and nothing has moved.
    DeclareAs(Box<Declaring>),
    /// A person tries a connection's credential.
    Try(Box<Trial>),
    /// An MCP server is asked what it offers, or said it.
    Tools(Box<Tooling>),
    /// An OAuth client comes, changes or goes, or a person brings one along.
    Client(Box<ClientAct>),
    /// A person comes in or goes out.
    Enter(Box<Entering>),
    /// A passkey answers, comes or goes.
    Passkey(Box<PasskeyAct>),
    /// An admin changes who people are.
    Person(Box<PersonAct>),
    /// The vault is sealed or opened, or its keys change.
    Keys(Box<KeyAct>),
    /// The database is found to be an older copy, or accepted as it is.
    Recover(Box<Recovery>),
    /// What the record adds to the counts by day.
    Count(Box<Counting>),
    /// Old parts of the record are sealed, dropped, removed.
    Retain(Box<Retention>),
}

/// What an act works with.
pub(super) struct Acting<'a> {
    pub conn: &'a mut Conn,
    pub active: &'a ActiveGrants,
    pub marks: &'a Watermarks,
    pub pen: &'a mut Pen,
}

impl Act {
    /// Which request it is about.
    pub fn about(&self) -> Option<&RequestId> {
        match self {
            Self::Open { grant, .. } => Some(&grant.id),
            Self::Approve(it) => Some(&it.request),
            Self::Deny(it) => Some(&it.request),
            Self::Withdraw { request, .. }
            | Self::Redeem { request, .. }
            | Self::Lapse { request }
            | Self::End { request, .. } => Some(request),
            Self::Authorize(it) => it.about(),
            Self::Declare(_)
            | Self::DeclareAs(_)
            | Self::Try(_)
            | Self::Tools(_)
            | Self::Count(_)
            | Self::Client(_)
            | Self::Enter(_)
            | Self::Passkey(_)
            | Self::Person(_)
            | Self::Keys(_)
            | Self::Recover(_)
            | Self::Retain(_) => None,
        }
    }

    /// Whether it needs the lock that no other batch shares: a changed service, a removed credential and a seal end what
    /// is alive, and keys must not go while another broker seals something with them.
    pub fn is_alone(&self) -> bool {
        match self {
            Self::Declare(it) => it.is_alone(),
            Self::DeclareAs(it) => it.declaration.is_alone(),
            Self::Client(it) => it.is_alone(),
            Self::Keys(it) => it.is_alone(),
            Self::Recover(_) => true,
            // What is dropped at one moment must be so for every broker.
            Self::Retain(it) => matches!(**it, Retention::Drop { .. }),
            _ => false,
        }
    }

    /// Whether it is done in a database that nobody has accepted yet: what ends something, what lets somebody look, and
    /// what the broker needs to run at all.
    pub fn goes_while_suspended(&self) -> bool {
        match self {
            Self::Withdraw { .. }
            | Self::Lapse { .. }
            | Self::End { .. }
            | Self::Recover(_)
            | Self::Count(_) => true,
            Self::Enter(it) => it.goes_while_suspended(),
            Self::Passkey(it) => it.goes_while_suspended(),
            Self::Keys(it) => it.goes_while_suspended(),
            Self::Retain(it) => !matches!(**it, Retention::Drop { .. }),
            Self::Open { .. }
            | Self::Approve(_)
            | Self::Deny(_)
            | Self::Redeem { .. }
            | Self::Authorize(_)
            | Self::Declare(_)
            | Self::DeclareAs(_)
            | Self::Person(_)
            | Self::Try(_)
            | Self::Tools(_) => false,
            Self::Client(it) => it.goes_while_suspended(),
        }
    }

    /// Whether an agent does it.
    pub fn is_an_agents(&self) -> bool {
        match self {
            Self::Open { .. } | Self::Withdraw { .. } | Self::Redeem { .. } => true,
            Self::Enter(it) => matches!(**it, Entering::Assertion { .. } | Entering::Handle { .. }),
            Self::Authorize(it) => it.is_an_agents(),
            Self::Client(it) => it.is_an_agents(),
            _ => false,
        }
    }

    pub(super) async fn apply(&self, acting: Acting<'_>) -> sqlx::Result<Outcome> {
        match self {
            Self::Open { grant, same, policy } => acting.open(grant, same, policy).await,
            Self::Approve(approval) => acting.approve(approval).await,
            Self::Deny(denial) => acting.deny(denial).await,
            Self::Withdraw { request, agent } => acting.withdraw(request, agent).await,
            Self::Redeem { request, agent, proven } => {
                acting.redeem(request, agent, proven.as_ref(), Facts::new()).await
            }
            Self::Authorize(it) => acting.authorize(it).await,
            Self::Lapse { request } => acting.lapse(request).await,
            Self::End { request, reason } => acting.end(request, *reason).await,
            Self::Declare(declaration) => acting.declare(declaration, &Actor::Host).await,
            Self::DeclareAs(it) => acting.declare_as(it).await,
            Self::Try(it) => acting.trial(it).await,
            Self::Tools(it) => acting.tooling(it).await,
            Self::Count(it) => acting.count(it).await,
            Self::Client(it) => acting.client(it).await,
            Self::Enter(entering) => acting.enter(entering).await,
            Self::Passkey(act) => acting.passkey(act).await,
            Self::Person(act) => acting.person(act).await,
            Self::Keys(act) => acting.keys(act).await,
            Self::Recover(recovery) => acting.recover(recovery).await,
            Self::Retain(retention) => acting.retain(retention).await,
        }
    }
}

/// `?` for refusals inside a function that also fails with database errors.
macro_rules! ok_or_refuse {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(why) => return Ok(Err(why.into())),
        }
    };
}
use ok_or_refuse;

impl Acting<'_> {
    async fn find(&mut self, request: &RequestId) -> sqlx::Result<Result<Stored, Why>> {
        Ok(grants::find(self.conn, request).await?.ok_or(Why::Missing("request")))
    }

    /// Commits a transition: compare-and-set, the record, the event.
    async fn advance(
        &mut self,
        stored: &Stored,
        transition: Transition,
        kind: &str,
        actor: Actor,
        facts: Facts,
    ) -> sqlx::Result<Outcome> {
        let to = transition.to;
        // A grant remembers the revocations at its approval; everything later keeps what it remembers.
        let approved = matches!(to.state, State::Approved { .. });
        let watermark = if approved { self.marks.seen() } else { stored.watermark };
        if !grants::advance(self.conn, transition.from, &to, watermark).await? {
            return Ok(Err(Why::Changed));
        }
        if let (true, Some(approval)) = (approved, to.approval()) {
            for line in &approval.terms.lines {
                if let Some(max) = line.limits.max_calls {
                    lines::add(self.conn, &to.grant_id(), line.id, max).await?;
                }
            }
        }
        let grant = to.grant_id();
        self.active.forget(&grant);
        if matches!(to.state, State::Ended { .. }) {
            calls::forget_keys(self.conn, &grant).await?;
        }
        self.pen.write(kind, actor, Some(grant), None, facts);
        self.changed(&to);
        let stored = Stored { grant: to, watermark, last_call_at: stored.last_call_at };
        Ok(Ok(Answer::Grant(Box::new(stored))))
    }

    fn changed(&mut self, grant: &Grant) {
        let (request, version) = (grant.id.clone(), grant.version);
        self.pen.events.push(Event::Request { request, version, agent: grant.asked.agent.id.clone() });
    }
}

/// The facts of a record about terms: which services, actions and resources, by name.
pub fn terms_facts(terms: &protocol::Terms) -> serde_json::Value {
    let line = |line: &protocol::Line| {
        json!({
            "line": line.id,
            "service": line.service.id,
            "service_version": line.service.version,
            "connection": line.connection.as_ref().map(|it| &it.id),
            "actions": line.actions.iter().map(|it| &it.name).collect::<Vec<_>>(),
            "resources": line.resources,
            "conditions": line.conditions,
            "limits": line.limits,
        })
    };
    json!(terms.lines.iter().map(line).collect::<Vec<_>>())
}
