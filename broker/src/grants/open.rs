//! An agent asks: every name is pinned to what it means now, the text is cleaned, and the ledger takes it if the same
//! is not open already.

use super::{grounds, offers, view};
use crate::{
    app::App,
    clients,
    fault::Fault,
    ledger::{
        Answer, LedgerError,
        acts::{Act, open::ask as digest_of},
    },
    people::permission,
    store::{
        agents::Agent,
        connections,
        grants::{Sameness, Stored},
        people,
    },
};
use chrono::TimeDelta;
use domain::{pin, state::Grant, text, tier::tier_on};
use protocol::{
    AccessRequest, AskedLine, Line, RequestId, RequestView, Terms, card::CleanText, terms::AgentRef,
};

/// What an agent asks for, at whichever door.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// What for.
    pub lines: Vec<AskedLine>,
    /// Why, in the agent's words; none where the door has no place for it.
    pub purpose: Option<String>,
    /// For how long from the approval, in seconds; none for the usual time.
    pub duration: Option<u32>,
    /// How long it waits for a decision, in seconds; none for the usual time.
    pub patience: Option<u32>,
    /// What its own screen shows, for the person to compare; the door has looked at it.
    pub binding_message: Option<String>,
    /// Whether the lines are what is offered at several services to a client that named nothing.
    pub unchosen: bool,
    /// Whether it is by name that the agent asks its owner, which a limit of theirs counts.
    pub by_name: bool,
    /// A repeat with the same key gets the same request back.
    pub idempotency_key: Option<String>,
    /// Whether it is a request of its own even where an equal one was approved lately: its door gives each approval
    /// back once.
    pub undecided: bool,
}

/// Opens a request at the agents' API, or finds the one that is open already; says which.
pub async fn open(app: &App, agent: &Agent, wanted: &AccessRequest) -> Result<(RequestView, bool), Fault> {
    check_key(wanted, app.policy.max_key_chars)?;
    let asked = Ask {
        lines: wanted.authorization_details.clone(),
        purpose: Some(wanted.purpose.clone()),
        duration: wanted.duration,
        patience: wanted.asynchronous.then_some(app.policy.pending_asynchronous),
        binding_message: None,
        unchosen: false,
        by_name: false,
        idempotency_key: wanted.idempotency_key.clone(),
        undecided: false,
    };
    let (stored, same) = ask(app, agent, asked).await?;
    Ok((view(app, &stored).await?, same))
}

/// Opens a request, or finds the one that is open already; says which.
pub async fn ask(app: &App, agent: &Agent, asked: Ask) -> Result<(Stored, bool), Fault> {
    let policy = &app.policy;
    let duration = asked.duration.unwrap_or(policy.default_duration);
    if !(policy.min_duration..=policy.max_duration).contains(&duration) {
        let range = format!("must be {} to {} seconds", policy.min_duration, policy.max_duration);
        return Err(Fault::invalid("duration", range));
    }
    let purpose = match &asked.purpose {
        Some(said) => {
            text::clean(said, policy.max_purpose_chars).map_err(|refusal| Fault::text("purpose", &refusal))?
        }
        None => CleanText { text: String::new(), removed: 0 },
    };
    let offered = offers(app, &agent.owner).await?;
    let now = app.clock.now();
    let terms = Terms {
        instance: app.instance.clone(),
        request: RequestId::from_u128(app.rng.id(now)?),
        agent: AgentRef { client: clients::client_of(app, agent).await?.map(Box::new), ..agent.pinned() },
        owner: agent.owner.clone(),
        lines: pin::pin(&asked.lines, &offered, policy)?,
        duration,
        purpose: purpose.text,
        binding_message: asked.binding_message,
        unchosen: asked.unchosen,
    };
    somebody_could_approve(app, &terms).await?;
    // What nobody would see is not counted.
    if asked.by_name {
        app.limits.prompt(&agent.owner)?;
    }
    let patience = asked.patience.unwrap_or(policy.pending);
    let Ask { idempotency_key: idempotency, undecided, .. } = asked;
    let same = Sameness { ask: digest_of(&terms), idempotency, undecided };
    let expires_at = now + TimeDelta::seconds(i64::from(patience));
    let grant = Box::new(Grant::open(terms, purpose.removed, now, expires_at));
    let act = Act::Open { grant, same, policy: app.policy };
    match app.ledger.act(act).await? {
        Answer::Grant(stored) => Ok((*stored, false)),
        Answer::Same(stored) => Ok((*stored, true)),
        _ => Err(LedgerError::OutcomeUnknown.into()),
    }
}

/// Zero approvers means that nobody can approve, which is said at once: not after a request has waited in vain. A line
/// counts by the least of its actions, since people may narrow.
async fn somebody_could_approve(app: &App, terms: &Terms) -> Result<(), Fault> {
    let mut conn = app.store.read().await?;
    let people = people::list(&mut conn).await?;
    let connections = connections::list(&mut conn).await?;
    let grounds = grounds(app, &connections);
    let mut why = None;
    for line in &terms.lines {
        let least = line.actions.iter().min_by_key(|action| tier_on(action, line));
        let least = Line { actions: least.cloned().into_iter().collect(), ..line.clone() };
        let alone = Terms { lines: vec![least], ..terms.clone() };
        match permission::nobody_can(&people, &alone, grounds) {
            None => return Ok(()),
            Some(because) => why = Some(because),
        }
    }
    why.map_or(Ok(()), |why| Err(Fault::NotApprovable(why)))
}

fn check_key(wanted: &AccessRequest, max: usize) -> Result<(), Fault> {
    let Some(key) = &wanted.idempotency_key else { return Ok(()) };
    let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && (1..=max).contains(&key.len()) {
        Ok(())
    } else {
        Err(Fault::invalid("idempotency_key", format!("must be 1 to {max} visible ASCII characters")))
    }
}
