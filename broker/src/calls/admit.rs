//! Who calls, under which grant, and whether the grant's lines hold this call; then the ledger.

use super::{
    bearer::{Bearer, bound},
    facts,
    finish::Finisher,
    holder::{Holder, holder},
    inflight::Place,
    refusals::{self, Caller},
    ticket::Ticket,
};
use crate::{
    app::App,
    fault::Fault,
    ledger::{LedgerError, Why, memory::Content},
    services::directory::{Directory, Reachable},
    store::services::Service,
};
use domain::{
    admit::{Admission, Call, Refusal},
    definition::Declared,
    path::{CanonicalPath, CanonicalQuery},
};
use http::request::Parts;
use protocol::{CallId, GrantId, Hint, LineId, Slug};
use std::{sync::Arc, time::Duration};

/// The agent's key that binds repeats of one call together.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest idempotency key.
const LONGEST_KEY: usize = 200;

/// A call that the grant's lines hold.
pub(super) struct Admitted {
    pub grant: GrantId,
    pub content: Content,
    /// The revision of what admins declared that it was admitted under.
    pub revision: i64,
    /// The id of the call if it came with a call token.
    pub token: Option<CallId>,
    pub lines: Vec<LineId>,
    pub service: Arc<Service>,
    pub through: Arc<Reachable>,
    pub admission: Admission,
    pub method: String,
    pub path: CanonicalPath,
    pub query: CanonicalQuery,
    pub declared_body: Option<u64>,
    pub idempotency: Option<(String, String)>,
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
        let (grant, agent) = (self.grant.clone(), self.content.agent.id.clone());
        Caller { grant, agent, service: self.service.definition.id.clone() }
    }

    /// How long the grant still lasts.
    pub fn time_left(&self, app: &App) -> Duration {
        (self.content.ends_at - app.clock.now()).to_std().unwrap_or_default()
    }

    /// Comes back when the grant is over.
    pub async fn over(&self, app: &App) {
        tokio::time::sleep(self.time_left(app)).await;
    }
}

/// What arrived, as far as it does not depend on what is declared.
struct Arrived<'a> {
    parts: &'a Parts,
    bearer: Bearer,
    caller: Caller,
    content: Content,
    seen: Seen,
    idempotency: Option<(String, String)>,
}

/// Whether the grant's lines hold the call. The directory may lag behind: the ledger judges what is admitted by it
/// under its revision, and a refusal only counts under the newest.
pub(super) async fn admit(
    app: &App,
    parts: &Parts,
    service: &Slug,
    raw_path: &str,
) -> Result<Admitted, Fault> {
    let held = holder(app, parts, Some(service)).await?;
    let caller = held.caller(service);
    let Holder { bearer, content, .. } = held;
    let mut directory = app.directories.current().await?;
    if directory.service(service).is_none() {
        directory = app.directories.newest().await?;
        directory.service(service).ok_or(Fault::NotFound("service"))?;
    }
    let (seen, idempotency) = match read(parts, raw_path) {
        Ok(read) => read,
        Err(fault) => return Err(refusals::noted(app, caller, fault).await),
    };
    let arrived = Arrived { parts, bearer, caller, content, seen, idempotency };
    loop {
        let refused = match arrived.judge(&directory) {
            Ok(admitted) => return Ok(admitted),
            Err(refused) => refused,
        };
        let newest = app.directories.newest().await?;
        if newest.revision() == directory.revision() {
            return Err(arrived.refuse(app, &directory, refused).await?);
        }
        directory = newest;
    }
}

/// Why a call is not admitted.
enum NotAdmitted {
    /// The lines do not hold it: recorded.
    Lines(Refusal),
    /// It cannot be judged.
    Fault(Fault),
}

impl From<Fault> for NotAdmitted {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Arrived<'_> {
    fn judge(&self, directory: &Directory) -> Result<Admitted, NotAdmitted> {
        let Self { parts, bearer, caller, content, seen, idempotency } = self;
        if matches!(bearer, Bearer::Grant(..)) {
            let agent = &content.agent;
            if !agent.direct || !directory.agent(&agent.id).is_some_and(|it| it.direct) {
                let why = "this agent must exchange its grant token for a call token at /oauth/token";
                return Err(Fault::Forbidden(why.to_owned()).into());
            }
        }
        let service = directory.service(&caller.service).ok_or(Fault::NotFound("service"))?;
        let declared = Declared { definition: &service.definition, version: service.version };
        let call = Call { method: parts.method.as_str(), path: &seen.path, query: &seen.query };
        let judged = domain::admit::admit(&content.lines, declared, &call).and_then(|it| bound(it, bearer));
        let (admission, lines) = judged.map_err(NotAdmitted::Lines)?;
        let through = directory.connection(&admission.connection.id).ok_or(Fault::NotFound("connection"))?;
        Ok(Admitted {
            grant: caller.grant.clone(),
            content: content.clone(),
            revision: directory.revision(),
            token: bearer.call().cloned(),
            lines,
            service: service.clone(),
            through: through.clone(),
            admission,
            method: parts.method.to_string(),
            idempotency: idempotency.clone(),
            declared_body: facts::declared_body(parts),
            path: seen.path.clone(),
            query: seen.query.clone(),
        })
    }

    /// Records a refusal of the lines, and says what the smallest request would be that passes.
    async fn refuse(&self, app: &App, directory: &Directory, refused: NotAdmitted) -> Result<Fault, Fault> {
        let refusal = match refused {
            NotAdmitted::Lines(refusal) => refusal,
            NotAdmitted::Fault(fault) => return Ok(refusals::noted(app, self.caller.clone(), fault).await),
        };
        let (Caller { grant, agent, service }, method) = (&self.caller, self.parts.method.as_str());
        let facts = facts::refused(service, method, &self.seen.path, &refusal);
        refusals::record_one(app, grant, agent, facts).await?;
        let definition = directory.service(service).map(|it| &it.definition);
        let example = definition.and_then(|it| refusal.smallest_request(it, &app.policy));
        let hint = example.map(|example| Hint::RequestAccess { example: Box::new(example) });
        Ok(Fault::NotGranted { refusal, hint })
    }
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

/// Has the call recorded as authorised. If what is declared changed since it was admitted, it is admitted once more from
/// what is so now.
pub(super) async fn authorise(
    app: &Arc<App>,
    mut admitted: Admitted,
    parts: &Parts,
    raw_path: &str,
) -> Result<(Admitted, Place, Finisher), Fault> {
    loop {
        match record(app, &admitted).await {
            Ok((place, finisher)) => return Ok((admitted, place, finisher)),
            Err(Fault::Ledger(LedgerError::Refused(Why::Stale))) => {
                app.directories.newest().await?;
                let again = admit(app, parts, &admitted.service.definition.id, raw_path);
                admitted = Box::pin(again).await?;
            }
            Err(fault) => return Err(fault),
        }
    }
}

/// Has the ledger judge and record it.
async fn record(app: &Arc<App>, admitted: &Admitted) -> Result<(Place, Finisher), Fault> {
    let ticket = Ticket {
        grant: &admitted.grant,
        content: &admitted.content,
        service: &admitted.service.definition.id,
        token: admitted.token.as_ref(),
        lines: &admitted.lines,
        idempotency: admitted.idempotency.as_ref(),
        revision: admitted.revision,
        facts: facts::authorised(admitted),
    };
    ticket.record(app).await
}
