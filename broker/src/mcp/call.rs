//! One call through the gateway: admit → record → inject → send → relay.

use super::{
    admit::{Admitted, admitted, note, recorded, server_of},
    era::{self, Era},
    link::{self, Link, Outgoing, Sending, Under, unknown_params},
    message::{Id, Request, RpcError},
    offer,
    relay::{AFTER_THE_CLIENT, Relay},
    repeats::{First, Same},
    reply, results,
    sessions::Session,
    upstream::{UpstreamError, modern},
};
use crate::{
    app::App,
    calls::{
        bearer::Bearer,
        finish::{Finisher, Outcome},
        holder::Holder,
        inflight::Place,
        inject,
        ticket::Ticket,
    },
    failpoint,
    fault::Fault,
    ledger::{LedgerError, Why},
    metrics::CallOutcome,
    vault::VaultError,
};
use axum::body::Body;
use http::{HeaderMap, Response, StatusCode};
use protocol::{Digest, Effect, Slug};
use serde_json::{Value, json, value::RawValue};
use std::sync::Arc;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// The agent's key that binds repeats of one call together.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const LONGEST_KEY: usize = 200;

/// A request that a grant must hold.
pub(super) struct Asked<'a> {
    pub service: Slug,
    /// The tool or method that it is.
    pub action: String,
    pub request: &'a Request,
    pub headers: &'a HeaderMap,
    pub era: Era,
    pub session: Option<Arc<Session>>,
    /// The name of the tool behind one door, where the client knows it by another.
    pub renamed: bool,
}

/// Why a call is not made.
pub(super) enum No {
    /// It cannot be, at this door or now.
    Fault(Fault),
    /// The protocol has an error for it.
    Rpc(RpcError),
    /// A model reads it and can do better.
    Result(String),
}

impl<F: Into<Fault>> From<F> for No {
    fn from(fault: F) -> Self {
        Self::Fault(fault.into())
    }
}

impl No {
    /// What the call came to, among the numbers.
    pub fn outcome(&self) -> CallOutcome {
        match self {
            Self::Fault(fault) => CallOutcome::of_fault(fault),
            Self::Rpc(error) if error.code == RpcError::UPSTREAM => CallOutcome::Failed,
            Self::Rpc(_) | Self::Result(_) => CallOutcome::Refused,
        }
    }
}

/// Makes a call, or says why not.
pub(super) async fn call(app: &Arc<App>, holder: &Holder, asked: Asked<'_>) -> Result<Response<Body>, No> {
    let key = key(&asked)?;
    let admitted = admitted(app, holder, &asked).await?;
    let same = repeatable(holder, &asked, &admitted, key.as_ref());
    let (to, from) = mpsc::channel(16);
    let first = match same.map(|(same, keyed)| First::begin(app, same, keyed, &to)).transpose() {
        Ok(first) => first,
        Err(answer) => return repeated(app, holder, &asked, answer).await,
    };
    let cancel = CancellationToken::new();
    let running = Running::begin(&asked, &cancel)?;
    let (admitted, place, finisher) = record(app, holder, &asked, admitted, key.as_ref()).await?;
    failpoint::hit("call.authorised").await?;
    let link = match linked(app, holder, &asked, &admitted).await {
        Ok(link) => Arc::new(link),
        Err((why, no)) => {
            finisher.end(Outcome::NotSent(why));
            return Err(no);
        }
    };
    let relay = Relay {
        link: link.clone(),
        id: asked.request.id.clone(),
        method: asked.request.call.method.clone(),
        era: asked.era,
        tool: admitted.tool.clone(),
        first,
        place,
        finisher,
        ends: Instant::now() + (holder.content.ends_at - app.clock.now()).to_std().unwrap_or_default(),
        cancel,
        running,
        to,
    };
    let outgoing = Outgone::of(&asked, &admitted);
    let server = offer::server(&admitted.service);
    tokio::spawn(async move { exchanged(relay, &link, &server, outgoing).await });
    Ok(reply::relayed(from).await)
}

/// A request of a session while it is answered: by its id the client can take it back, and no other has that id meanwhile.
pub(super) struct Running(Option<(Arc<Session>, Id)>);

impl Running {
    fn begin(asked: &Asked<'_>, cancel: &CancellationToken) -> Result<Self, No> {
        let Some(session) = &asked.session else { return Ok(Self(None)) };
        if session.run(asked.request.id.text(), cancel.clone()) {
            return Ok(Self(Some((session.clone(), asked.request.id.clone()))));
        }
        let why = "a request of this id is still being answered";
        Err(No::Rpc(RpcError::new(StatusCode::OK, RpcError::INVALID_REQUEST, why)))
    }

    /// Whoever has the answer may use the id again.
    pub fn free(&mut self) {
        if let Some((session, id)) = self.0.take() {
            session.done(id.text());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.free();
    }
}

/// The way to the server, with its credential; or why there is none, for the record and for the client.
async fn linked(
    app: &Arc<App>,
    holder: &Holder,
    asked: &Asked<'_>,
    admitted: &Admitted,
) -> Result<Link, (&'static str, No)> {
    let definition = &admitted.service.definition;
    let injected = match inject(app, definition, &admitted.through).await {
        Ok(injected) => injected,
        Err(Fault::Vault(VaultError::Sealed)) => {
            return Err(("sealed", Fault::SealedMeanwhile { sent: false }.into()));
        }
        Err(fault) => return Err(("secret_not_opened", fault.into())),
    };
    let program = link::program(app, definition).await.map_err(|error| {
        let why = format!("{error}; nothing was sent");
        (error.code(), No::Rpc(RpcError::new(StatusCode::OK, RpcError::UPSTREAM, why)))
    })?;
    let server = server_of(&admitted.service);
    Ok(Link {
        app: app.clone(),
        service: asked.service.clone(),
        grant: holder.grant.clone(),
        content: holder.content.clone(),
        through: admitted.through.clone(),
        path: server.and_then(|it| link::path(&it.transport)).unwrap_or("/").to_owned(),
        injected,
        program,
        kept: server.map(|it| it.kept.clone()).unwrap_or_default(),
        client: asked.session.clone(),
    })
}

/// What is sent, with all that it needs while it is on its way.
struct Outgone {
    method: String,
    params: Arc<Value>,
    raw: Option<Arc<RawValue>>,
    era: Era,
    name: Option<String>,
    marked: Vec<(String, String)>,
}

impl Outgone {
    fn of(asked: &Asked<'_>, admitted: &Admitted) -> Self {
        let call = &asked.request.call;
        let arguments = call.params.get("arguments").unwrap_or(&Value::Null);
        let mut marked = admitted
            .tool
            .as_ref()
            .map(|(_, definition)| modern::marked(&definition["inputSchema"], arguments))
            .unwrap_or_default();
        marked.extend(unknown_params(asked.headers, &marked));
        let (mut params, mut raw) = (call.params.clone(), call.raw.clone());
        if asked.renamed {
            (Arc::make_mut(&mut params)["name"], raw) = (json!(asked.action), None);
        }
        let name =
            if asked.renamed { Some(asked.action.clone()) } else { era::named(call).map(str::to_owned) };
        Self { method: call.method.clone(), params, raw, era: asked.era, name, marked }
    }
}

/// Sends, and passes on what comes.
async fn exchanged(mut relay: Relay, link: &Arc<Link>, server: &Value, out: Outgone) {
    let known = std::sync::Mutex::new(None);
    let outgoing = Outgoing {
        method: &out.method,
        params: &out.params,
        raw: out.raw.as_deref(),
        era: out.era,
        name: out.name.as_deref(),
        marked: &out.marked,
    };
    let told = |counter, under: &Under| {
        if let Ok(mut known) = known.lock() {
            *known = Some((counter, under.clone()));
        }
    };
    let way = on_the_way(&mut relay, Box::pin(link.send(server, &outgoing, told))).await;
    let (counter, under) = known.lock().ok().and_then(|mut it| it.take()).unzip();
    if let Some(counter) = counter {
        relay.finisher.sends(counter);
    }
    match way {
        Way::Answered(Ok(sending)) => Box::pin(relay.run(sending)).await,
        // What broke before anything was sent was the handshake.
        Way::Answered(Err(error)) => relay.failed(&error, under.is_some()).await,
        Way::Cut => relay.cut(),
        Way::Unwanted => relay.cancelled(under.as_ref()).await,
    }
}

/// What became of a request by the time its server began to answer.
enum Way {
    Answered(Result<Sending, UpstreamError>),
    /// What allowed it is over.
    Cut,
    /// Nobody waits for the answer.
    Unwanted,
}

/// Until the server begins to answer. A call that may have changed something goes on for a while without its client.
async fn on_the_way(
    relay: &mut Relay,
    mut sending: impl Future<Output = Result<Sending, UpstreamError>> + Unpin,
) -> Way {
    let mut gone: Option<Instant> = None;
    loop {
        tokio::select! {
            biased;
            () = relay.place.cut.cancelled() => return Way::Cut,
            () = sleep_until(relay.ends) => return Way::Cut,
            () = relay.cancel.cancelled() => return Way::Unwanted,
            () = relay.to.closed(), if gone.is_none() => {
                let Some(first) = &relay.first else { return Way::Unwanted };
                first.left();
                gone = Some(Instant::now() + AFTER_THE_CLIENT);
            }
            sending = timeout_at(gone.unwrap_or(relay.ends), &mut sending) => {
                return sending.map_or(Way::Unwanted, Way::Answered);
            }
        }
    }
}

/// Somebody asks again for what is being done, or was done a moment ago: nothing is spent and nothing is sent.
async fn repeated(
    app: &App,
    holder: &Holder,
    asked: &Asked<'_>,
    mut answer: watch::Receiver<Option<Value>>,
) -> Result<Response<Body>, No> {
    super::enter::left(app, holder).await?; // no ledger judges this
    let why = "the same call as one whose answer was not received: it is answered by that one";
    note(app, holder, asked, Some(&asked.action), why, "repeat").await?;
    let answered = answer.wait_for(Option::is_some).await.ok().and_then(|it| it.clone());
    let missed =
        || results::refusal("This call was made before and is not made again; its answer could not be kept.");
    Ok(reply::result(&asked.request.id, &answered.unwrap_or_else(missed)))
}

/// Has a call recorded. If what is declared changed since it was admitted, it is admitted once more.
async fn record(
    app: &Arc<App>,
    holder: &Holder,
    asked: &Asked<'_>,
    mut admitted: Admitted,
    key: Option<&(String, String)>,
) -> Result<(Admitted, Place, Finisher), No> {
    loop {
        let mut lines = vec![admitted.admission.line];
        lines.extend(&admitted.admission.others);
        let token = match &holder.bearer {
            Bearer::Call(claims) => Some(&claims.jti),
            Bearer::Grant(_) => None,
        };
        let ticket = Ticket {
            grant: &holder.grant,
            content: &holder.content,
            service: &asked.service,
            token,
            lines: &lines,
            idempotency: key,
            revision: admitted.revision,
            facts: recorded(app, asked, &admitted, token.is_none()),
        };
        match ticket.record(app).await {
            Ok((place, finisher)) => return Ok((admitted, place, finisher)),
            Err(Fault::Ledger(LedgerError::Refused(Why::Stale))) => {
                app.directories.newest().await?;
                admitted = super::admit::admitted(app, holder, asked).await?;
            }
            Err(Fault::Ledger(LedgerError::Refused(why @ Why::Repeat { .. }))) => {
                return Err(No::Result(format!("Nothing was called: {why}.")));
            }
            Err(Fault::Ledger(LedgerError::Refused(why @ Why::Limit(_)))) => {
                return Err(No::Result(why.to_string()));
            }
            Err(fault) => return Err(fault.into()),
        }
    }
}

/// What a repeat of this call would be recognised by; none where a repeat may simply be made.
fn repeatable(
    holder: &Holder,
    asked: &Asked<'_>,
    admitted: &Admitted,
    key: Option<&(String, String)>,
) -> Option<(Same, bool)> {
    if asked.request.call.method != "tools/call" {
        return None;
    }
    if let Some((key, words)) = key {
        // The same key with other words is no repeat: the ledger refuses it.
        return Some(((holder.grant.clone(), format!("key {key} {words}")), true));
    }
    let harmless = admitted.admission.action.effect == Effect::Read;
    (!harmless).then(|| ((holder.grant.clone(), words(asked).to_string()), false))
}

/// The digest of what is called, without what only its client's machinery says.
fn words(asked: &Asked<'_>) -> Digest {
    domain::digest::of_json(&(&asked.service, &asked.action, asked.request.call.params.get("arguments")))
}

fn key(asked: &Asked<'_>) -> Result<Option<(String, String)>, No> {
    let mut values = asked.headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text =
        value.to_str().ok().filter(|it| (1..=LONGEST_KEY).contains(&it.len()) && values.next().is_none());
    let text =
        text.ok_or_else(|| Fault::invalid("Idempotency-Key", "must be one value of 1 to 200 characters"))?;
    Ok(Some((text.to_owned(), words(asked).to_string())))
}
