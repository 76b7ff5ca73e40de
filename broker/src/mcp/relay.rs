//! What a server answers, message by message, on its way to the client: cleaned, under the client's own ids, until the answer,
//! the end of the grant or the session, whichever comes first. How it ended is on the record.

use super::{
    beside::ASKED,
    call::Running,
    era::Era,
    link::{Link, Sending, Under},
    message::{Id, RpcError, answer},
    repeats::First,
    results,
    schemas::Which,
    sessions::Asked,
    upstream::{UpstreamError, modern},
};
use crate::{
    calls::{
        finish::{Finisher, Outcome},
        inflight::Place,
    },
    egress::Silence,
    metrics::CallOutcome,
};
use domain::mcp::results::Changes;
use http::StatusCode;
use protocol::Digest;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// How often a broken stream of a server is taken up again.
const MOST_RESUMED: u32 = 5;
/// How long an answer is waited for whose client is gone.
pub(super) const AFTER_THE_CLIENT: Duration = Duration::from_mins(1);

/// The request whose answer is a stream of what changes.
pub(super) const LISTEN: &str = "subscriptions/listen";

/// One message for the client.
pub(super) struct Out {
    /// The message.
    pub text: String,
    /// Whether it is the answer.
    pub last: bool,
    /// The status, where the answer is all there is.
    pub status: StatusCode,
}

/// One request that is being answered.
pub(super) struct Relay {
    pub link: Arc<Link>,
    pub id: Id,
    pub method: String,
    pub era: Era,
    /// The tool's definition, if it is one.
    pub tool: Option<(Digest, Arc<Value>)>,
    /// The call as one that may be repeated: then it goes on when its client is gone, since it may have done something already.
    pub first: Option<First>,
    pub place: Place,
    pub finisher: Finisher,
    pub ends: Instant,
    pub cancel: CancellationToken,
    /// Its id in its session, which is free again once it is answered.
    pub running: Running,
    pub to: mpsc::Sender<Out>,
}

/// What a message of a server is.
enum Said {
    Answer(Value),
    Error(Value),
    Beside(String),
    Nothing,
}

impl Relay {
    /// Passes on all that comes, until the answer.
    pub async fn run(mut self, sending: Sending) {
        let Sending { mut reply, under } = sending;
        let status = reply.status;
        self.finisher.saw(status);
        let mut resumed = 0;
        let mut gone: Option<Instant> = None;
        loop {
            let next = tokio::select! {
                biased;
                () = self.place.cut.cancelled() => return self.cut(),
                () = sleep_until(self.ends) => return self.cut(),
                () = self.cancel.cancelled() => {
                    return self.cancelled(Some(&under)).await;
                }
                () = self.to.closed(), if gone.is_none() => {
                    let Some(first) = &self.first else { return self.cancelled(Some(&under)).await };
                    first.left();
                    gone = Some(Instant::now() + AFTER_THE_CLIENT);
                    continue;
                }
                next = timeout_at(gone.unwrap_or(self.ends), reply.messages.next()) => next,
            };
            let text = match next {
                Err(_) => return self.cancelled(Some(&under)).await, // its client is gone for long
                Ok(Some(Ok(text))) => text,
                Ok(broken) => {
                    resumed += 1;
                    let error = broken.and_then(Result::err).unwrap_or(UpstreamError::Broken);
                    if !status.is_success() {
                        return self.broken(&UpstreamError::Status(status.as_u16())).await;
                    }
                    let Some(session) = under.session.as_ref().filter(|_| resumed <= MOST_RESUMED) else {
                        return self.broken(&error).await;
                    };
                    if !session.resume(self.link.wire(Silence::Tool), &mut reply.messages).await {
                        return self.broken(&error).await;
                    }
                    continue;
                }
            };
            self.finisher.received(text.len() as u64);
            match self.read(&under, &text).await {
                Err(error) => return self.broken(&error).await,
                Ok(Said::Nothing) => {}
                Ok(Said::Beside(text)) => {
                    self.say(text, false, StatusCode::OK).await;
                }
                Ok(Said::Answer(result)) => return self.answered(result, under.modern).await,
                Ok(Said::Error(error)) => return self.refused(error, status).await,
            }
        }
    }

    async fn read(&mut self, under: &Under, text: &str) -> Result<Said, UpstreamError> {
        let mut message: Value =
            serde_json::from_str(text).map_err(|_| UpstreamError::NotMcp("its message is no JSON"))?;
        let Some(object) = message.as_object_mut() else {
            return Err(UpstreamError::NotMcp("its message is no object"));
        };
        let method = object.get("method").and_then(Value::as_str).map(str::to_owned);
        match (method, object.get("id").cloned()) {
            (Some(method), Some(id)) => Ok(self.asks(under, &method, id, message).await),
            (Some(method), None) => Ok(self.beside(&method, message)),
            (None, id) => {
                if id != Some(json!(under.id)) && !(id.is_none() && object.contains_key("error")) {
                    return Err(UpstreamError::WrongId);
                }
                if let Some(error) = object.remove("error") {
                    return Ok(Said::Error(error));
                }
                let result = object.remove("result").filter(Value::is_object);
                result
                    .map(Said::Answer)
                    .ok_or(UpstreamError::NotMcp("its answer has neither result nor error"))
            }
        }
    }

    /// The server asks the client something, which only a session can carry.
    async fn asks(&self, under: &Under, method: &str, id: Value, message: Value) -> Said {
        let known = ASKED.contains(&method);
        let asking = self.link.client.as_ref().zip(under.session.clone()).filter(|_| known);
        let asking = asking.and_then(|(client, upstream)| {
            client.ask(Asked { link: Arc::downgrade(&self.link), upstream, id: id.clone() })
        });
        if let (Some(asking), Ok(mut cleaned)) = (asking, results::cleaned(message, &self.link.kept)) {
            cleaned.value["id"] = json!(asking);
            return Said::Beside(cleaned.value.to_string());
        }
        if let Some(session) = &under.session {
            let error =
                json!({"code": RpcError::METHOD_NOT_FOUND, "message": "this client cannot be asked that"});
            let refusal = json!({"jsonrpc": "2.0", "id": id, "error": error});
            let _ = session.tell(self.link.wire(Silence::Usual), refusal.to_string()).await;
        }
        Said::Nothing
    }

    fn beside(&self, method: &str, message: Value) -> Said {
        if method == "notifications/tools/list_changed" {
            self.link.app.mcp.changed(&self.link.app, &self.link.service);
            if self.method != LISTEN {
                return Said::Nothing; // the client hears of it once it is so
            }
        }
        let known = [
            "notifications/progress",
            "notifications/message",
            "notifications/resources/",
            "notifications/prompts/",
            "notifications/elicitation/",
            "notifications/subscriptions/",
            "notifications/tools/",
        ];
        if !known.iter().any(|it| method.starts_with(it)) {
            return Said::Nothing;
        }
        let Ok(mut cleaned) = results::cleaned(message, &self.link.kept) else { return Said::Nothing };
        if self.method == LISTEN {
            let id: Value = serde_json::from_str(self.id.text()).unwrap_or_default();
            cleaned.value["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] = id;
        }
        Said::Beside(cleaned.value.to_string())
    }

    /// The answer, cleaned, checked and marked.
    async fn answered(&mut self, result: Value, from_modern: bool) {
        let mut outcome = Outcome::Complete;
        let (mut cleaned, changes) = match results::cleaned(result, &self.link.kept) {
            Ok(it) => (it.value, it.changes),
            Err(why) => {
                outcome = Outcome::AnswerRefused("result_not_clean");
                (
                    results::refusal(&format!("The tool ran, and its answer is withheld: {why}.")),
                    Changes::default(),
                )
            }
        };
        if let Some(why) = self.not_as_declared(&cleaned) {
            let text = format!(
                "The tool ran, and its answer is withheld: it is not as the tool's outputSchema says ({why})."
            );
            cleaned = results::refusal(&text);
            outcome = Outcome::AnswerRefused("result_not_as_declared");
        }
        if from_modern
            && self.era == Era::Legacy
            && cleaned.get("resultType").is_some_and(|it| it == "input_required")
        {
            cleaned = results::refusal("The MCP server asks for input that this client has no way to give.");
            outcome = Outcome::AnswerRefused("input_required");
        }
        let listed = self.method.ends_with("/list") || self.method == "resources/read";
        cleaned = modern::result(cleaned, self.era == Era::Modern, listed);
        cleaned = results::marked(cleaned, &self.link.service, &changes);
        let failed = cleaned.get("isError").is_some_and(|it| it == true);
        self.finisher.noted((!changes.is_empty()).then(|| json!(changes)), failed);
        self.end(outcome);
        self.first.iter().for_each(First::answers);
        let delivered = self.say(answer(Some(&self.id), Ok(&cleaned)), true, StatusCode::OK).await;
        if let Some(first) = self.first.take() {
            first.answered(cleaned, delivered);
        }
    }

    fn not_as_declared(&self, result: &Value) -> Option<String> {
        let (digest, definition) = self.tool.as_ref()?;
        let schema = definition.get("outputSchema")?;
        let complete = result.get("resultType").is_none_or(|it| it == "complete");
        if !complete || result.get("isError").is_some_and(|it| it == true) {
            return None;
        }
        let Some(content) = result.get("structuredContent") else {
            return Some("it has no structuredContent".to_owned());
        };
        self.link.app.mcp.schemas.check(digest, Which::Output, schema, content).err()
    }

    /// The server's own error, cleaned; its code is passed on where this protocol has one.
    async fn refused(&mut self, error: Value, status: StatusCode) {
        let (cleaned, changes) = results::cleaned(error, &self.link.kept)
            .map_or_else(|_| (json!({}), Changes::default()), |it| (it.value, it.changes));
        self.finisher.noted((!changes.is_empty()).then(|| json!(changes)), true);
        self.end(Outcome::Complete);
        let code = cleaned.get("code").and_then(Value::as_i64).unwrap_or(RpcError::INTERNAL);
        let said = cleaned.get("message").and_then(Value::as_str).unwrap_or("the MCP server gave no reason");
        let mut error = RpcError::new(StatusCode::OK, code, said);
        error.data = cleaned.get("data").cloned();
        let client_error =
            self.era == Era::Modern && status.is_client_error() && status != StatusCode::UNAUTHORIZED;
        let status = if client_error { status } else { StatusCode::OK };
        self.say(answer(Some(&self.id), Err(&error)), true, status).await;
    }

    async fn broken(&mut self, error: &UpstreamError) {
        self.end(match error {
            UpstreamError::Status(_) => Outcome::AnswerRefused(error.code()),
            UpstreamError::Broken => Outcome::Broken,
            _ => Outcome::Unknown(error.code()),
        });
        let why = format!("{error}; whether it did what was asked is not known");
        let said = RpcError::new(StatusCode::OK, RpcError::UPSTREAM, why).with(json!({"code": error.code()}));
        self.say(answer(Some(&self.id), Err(&said)), true, StatusCode::OK).await;
    }

    /// The request found no way to the server, or came back without any message.
    pub async fn failed(mut self, error: &UpstreamError, sent: bool) {
        if sent && !error.is_not_sent() {
            return self.broken(error).await;
        }
        self.end(Outcome::NotSent(error.code()));
        let said = RpcError::new(StatusCode::OK, RpcError::UPSTREAM, format!("{error}; nothing was sent"));
        let said = said.with(json!({"code": error.code()}));
        self.say(answer(Some(&self.id), Err(&said)), true, StatusCode::OK).await;
    }

    /// The end of the call, on the record and among the numbers.
    fn end(&mut self, outcome: Outcome) {
        let came_to = match outcome {
            Outcome::Complete => CallOutcome::Answered,
            Outcome::Cut => CallOutcome::Cut,
            _ => CallOutcome::Failed,
        };
        self.link.app.metrics.called(&self.link.service, came_to, self.finisher.lasted());
        self.finisher.record(outcome);
    }

    pub fn cut(&mut self) {
        self.running.free();
        self.end(Outcome::Cut);
        let why = "the session or service was stopped while this was being answered";
        let said = RpcError::new(StatusCode::OK, RpcError::NOT_GRANTED, why);
        let _ = self.to.try_send(Out {
            text: answer(Some(&self.id), Err(&said)),
            last: true,
            status: StatusCode::OK,
        });
    }

    /// Nobody wants the answer any more. A server of before 2026-07-28 has to be told.
    pub async fn cancelled(&mut self, under: Option<&Under>) {
        self.finisher.record(Outcome::Abandoned);
        if let Some(Under { id, session: Some(session), .. }) = under {
            let told = json!({
                "jsonrpc": "2.0", "method": "notifications/cancelled",
                "params": {"requestId": id, "reason": "the client no longer waits"},
            });
            let _ = session.tell(self.link.wire(Silence::Usual), told.to_string()).await;
        }
    }

    /// Whether the client was still there.
    async fn say(&mut self, text: String, last: bool, status: StatusCode) -> bool {
        if last {
            self.running.free();
        }
        self.to.send(Out { text, last, status }).await.is_ok()
    }
}
