//! Who calls, under which grant, and whether the grant's lines hold this call; then the ledger.

use super::{
    facts,
    finish::Finisher,
    inflight::Place,
    must_be_open,
    refusals::{self, Caller},
};
use crate::{
    app::App,
    fault::Fault,
    keys,
    ledger::{Authorise, Entry, Intent, LedgerError, Why},
    store::{
        agents, connections,
        connections::Connection,
        grants::{self, Stored},
        services::{self, Service},
    },
    tokens::{CallClaims, TokenError},
};
use chrono::{DateTime, Utc};
use domain::{
    admit::{Admission, Call, Refusal},
    definition::Declared,
    path::{CanonicalPath, CanonicalQuery},
};
use http::{header::AUTHORIZATION, request::Parts};
use protocol::{CallId, Hint, LineId, Slug, record::Actor};
use std::{sync::Arc, time::Duration};

/// The agent's key that binds repeats of one call together.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest idempotency key.
const LONGEST_KEY: usize = 200;

/// A call that the grant's lines hold.
pub(super) struct Admitted {
    pub stored: Stored,
    pub agent: Slug,
    /// The id of the call if it came with a call token.
    pub token: Option<CallId>,
    pub lines: Vec<LineId>,
    pub service: Service,
    pub connection: Connection,
    pub admission: Admission,
    pub method: String,
    pub path: CanonicalPath,
    pub query: CanonicalQuery,
    pub declared_body: Option<u64>,
    pub idempotency: Option<(String, String)>,
    pub ends_at: DateTime<Utc>,
}

impl Admitted {
    /// What the upstream gets: exactly what policy saw.
    pub fn path_and_query(&self) -> String {
        if self.query.is_empty() {
            self.path.as_str().to_owned()
        } else {
            format!("{}?{}", self.path.as_str(), self.query.as_str())
        }
    }

    pub fn caller(&self) -> Caller {
        let (grant, agent) = (self.stored.grant.grant_id(), self.agent.clone());
        Caller { grant, agent, service: self.service.definition.id.clone() }
    }

    /// How long the grant still lasts.
    pub fn time_left(&self, app: &App) -> Duration {
        (self.ends_at - app.clock.now()).to_std().unwrap_or_default()
    }

    /// Comes back when the grant is over.
    pub async fn over(&self, app: &App) {
        tokio::time::sleep(self.time_left(app)).await;
    }
}

/// Whose token it is.
enum Bearer {
    Call(Arc<CallClaims>),
    Grant(protocol::GrantId, Slug),
}

pub(super) async fn admit(
    app: &App,
    parts: &Parts,
    service: &Slug,
    raw_path: &str,
) -> Result<Admitted, Fault> {
    must_be_open(app)?;
    let bearer = match bearer(app, parts, service) {
        Err(Fault::Token(TokenError::UnknownKey)) if keys::look_again(app).await => {
            bearer(app, parts, service)?
        }
        known => known?,
    };
    let (grant, agent) = match &bearer {
        Bearer::Call(claims) => (claims.grant_id.clone(), claims.client_id.clone()),
        Bearer::Grant(grant, agent) => (grant.clone(), agent.clone()),
    };
    let mut conn = app.store.read().await?;
    let stored = grants::find(&mut conn, &grant.request()).await?;
    let stored = stored.filter(|it| it.grant.asked.agent.id == agent).ok_or(Fault::Unauthenticated)?;
    if matches!(bearer, Bearer::Grant(..)) {
        // A call by a call token was counted when it was minted.
        app.limits.call(&agent)?;
        let current = agents::find(&mut conn, &agent).await?;
        if !stored.grant.asked.agent.direct || !current.is_some_and(|it| it.direct) {
            let why = "this agent must exchange its grant token for a call token at /oauth/token";
            drop(conn);
            let caller = Caller { grant, agent, service: service.clone() };
            return Err(refusals::noted(app, caller, Fault::Forbidden(why.to_owned())).await);
        }
    }
    let approval = stored.grant.approval().ok_or(Why::NotActive(stored.grant.status()))?;
    let ends_at = approval.ends_at;
    let service = services::find(&mut conn, service).await?.ok_or(Fault::NotFound("service"))?;
    let (seen, idempotency) = match read(parts, raw_path) {
        Ok(read) => read,
        Err(fault) => {
            drop(conn);
            let caller = Caller { grant, agent, service: service.definition.id };
            return Err(refusals::noted(app, caller, fault).await);
        }
    };
    let declared = Declared { definition: &service.definition, version: service.version };
    let call = Call { method: parts.method.as_str(), path: &seen.path, query: &seen.query };
    let judged = domain::admit::admit(&approval.terms, declared, &call).and_then(|it| bound(it, &bearer));
    let (admission, lines) = match judged {
        Ok(judged) => judged,
        Err(refusal) => {
            drop(conn);
            let from = Caller { grant, agent, service: service.definition.id.clone() };
            return Err(refuse(app, parts, &seen, &from, &service, refusal).await?);
        }
    };
    let connection = connections::find(&mut conn, &admission.connection.id).await?;
    let connection = connection.ok_or(Fault::NotFound("connection"))?;
    let token = match &bearer {
        Bearer::Call(claims) => Some(claims.jti.clone()),
        Bearer::Grant(..) => None,
    };
    Ok(Admitted {
        agent,
        token,
        lines,
        service,
        connection,
        admission,
        method: parts.method.to_string(),
        idempotency,
        declared_body: facts::declared_body(parts),
        path: seen.path,
        query: seen.query,
        ends_at,
        stored,
    })
}

fn bearer(app: &App, parts: &Parts, service: &Slug) -> Result<Bearer, Fault> {
    let signer = app.signer().ok_or(crate::vault::VaultError::Sealed)?;
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Fault::Unauthenticated) };
    let text = value.to_str().map_err(|_| Fault::Unauthenticated)?;
    let (scheme, token) = text.split_once(' ').ok_or(Fault::Unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Fault::Unauthenticated);
    }
    let now = app.clock.now();
    match signer.verify_call(token, service, now) {
        Ok(claims) => Ok(Bearer::Call(claims)),
        Err(TokenError::WrongKind) => {
            let claims = signer.verify_grant(token, now)?;
            Ok(Bearer::Grant(claims.grant_id.clone(), claims.client_id.clone()))
        }
        Err(error) => Err(error.into()),
    }
}

/// A call token is for one action. Which of the lines that hold it permits this call depends on its arguments, which
/// nobody knew yet when the token was minted; the line that was recorded then goes first where it is one of them.
fn bound(admission: Admission, bearer: &Bearer) -> Result<(Admission, Vec<LineId>), Refusal> {
    let mut lines = vec![admission.line];
    lines.extend(&admission.others);
    let Bearer::Call(claims) = bearer else { return Ok((admission, lines)) };
    if claims.action != admission.action.name {
        return Err(Refusal::NotGranted { action: admission.action.name, resource: admission.resource });
    }
    lines.sort_by_key(|line| *line != claims.line);
    Ok((admission, lines))
}

/// What was called, parsed once.
struct Seen {
    path: CanonicalPath,
    query: CanonicalQuery,
}

impl Seen {
    fn parse(parts: &Parts, raw_path: &str) -> Result<Self, Fault> {
        super::headers::request::check_method(&parts.method)
            .map_err(|it| Fault::Ambiguous { code: it.code(), detail: it.to_string() })?;
        Ok(Self { path: CanonicalPath::parse(raw_path)?, query: CanonicalQuery::parse(parts.uri.query())? })
    }

    fn digest(&self, method: &str) -> String {
        let (path, query) = (self.path.as_str(), self.query.as_str());
        domain::digest::of_json(&(method, path, query)).to_string()
    }
}

/// All that a call says about itself.
fn read(parts: &Parts, raw_path: &str) -> Result<(Seen, Option<(String, String)>), Fault> {
    let seen = Seen::parse(parts, raw_path)?;
    let idempotency = idempotency(parts, &seen)?;
    Ok((seen, idempotency))
}

fn idempotency(parts: &Parts, seen: &Seen) -> Result<Option<(String, String)>, Fault> {
    let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let bad = || Fault::invalid("Idempotency-Key", "must be one value of 1 to 200 visible ASCII characters");
    let key = value.to_str().map_err(|_| bad())?;
    let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain || !(1..=LONGEST_KEY).contains(&key.len()) || values.next().is_some() {
        return Err(bad());
    }
    Ok(Some((key.to_owned(), seen.digest(parts.method.as_str()))))
}

/// Records a refusal, and says what the smallest request would be that passes.
async fn refuse(
    app: &App,
    parts: &Parts,
    seen: &Seen,
    caller: &Caller,
    service: &Service,
    refusal: Refusal,
) -> Result<Fault, Fault> {
    let definition = &service.definition;
    let entry = Entry {
        kind: "call.refused",
        actor: Actor::Agent { agent: caller.agent.clone() },
        grant: Some(caller.grant.clone()),
        call: None,
        facts: facts::refused(&definition.id, parts.method.as_str(), &seen.path, &refusal),
    };
    app.ledger.submit(Intent::Refused(Box::new(entry))).await?;
    let example = refusal.smallest_request(definition, &app.policy);
    let hint = example.map(|example| Hint::RequestAccess { example: Box::new(example) });
    Ok(Fault::NotGranted { refusal, hint })
}

/// Has the call recorded as authorised. It takes its place among the calls in flight first, so that a revocation in
/// between finds it there.
pub(super) async fn authorise(app: &Arc<App>, admitted: &Admitted) -> Result<(Place, Finisher), Fault> {
    let grant = admitted.stored.grant.grant_id();
    let service = admitted.service.definition.id.clone();
    let bearings = Arc::new(admitted.stored.grant.bearings());
    let mut last = Why::Missing("line");
    for line in &admitted.lines {
        let call = match &admitted.token {
            Some(call) => call.clone(),
            None => CallId::from_u128(app.rng.id(app.clock.now())?),
        };
        let since = admitted.stored.watermark;
        let session = grant.request();
        let place = app.inflight.enter(call.clone(), session, bearings.clone(), service.clone(), since);
        let intent = Authorise {
            call: call.clone(),
            token: admitted.token.is_some(),
            grant: grant.clone(),
            agent: admitted.agent.clone(),
            service: service.clone(),
            line: *line,
            idempotency: admitted.idempotency.clone(),
            facts: facts::authorised(admitted, *line),
        };
        match app.ledger.submit(Intent::Authorise(Box::new(intent))).await {
            Ok(_) => {
                app.seen.grant(grant.request(), app.clock.now());
                let finisher = Finisher::new(app.clone(), call, grant, admitted.agent.clone());
                return Ok((place, finisher));
            }
            Err(LedgerError::Refused(why @ Why::Limit(_))) => last = why,
            // The limit before used the token up: that is what the agent has to know.
            Err(LedgerError::Refused(Why::TokenUsed)) if matches!(last, Why::Limit(_)) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Err(last.into())
}
