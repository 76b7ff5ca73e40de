//! One HTTP exchange with an MCP server (Streamable HTTP): a message goes out through the guarded client, with the credential;
//! messages come back, as one JSON text or as server-sent events, without it.

use super::{super::message::MOST_BYTES, UpstreamError, program::Conversation};
use crate::{
    app::App,
    calls::{
        Injected,
        body::{Counted, Sent},
        followed,
        scrub::ScrubBody,
    },
    egress::{BoxError, Destination, Egress, Outgoing, ResponseBody, ResponseBodyError, Silence},
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream::BoxStream};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT},
};
use http_body_util::{BodyExt as _, BodyStream, Full, Limited};
use protocol::Slug;
use sse_stream::SseByteStream;
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};

const AGENT: HeaderValue = HeaderValue::from_static(concat!("countersign/", env!("CARGO_PKG_VERSION")));
const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// Where an MCP server is.
#[derive(Clone, Copy)]
pub(crate) enum Wire<'a> {
    /// At an address, with the credential for it.
    Http(Address<'a>),
    /// A program of this host, which may be silent for so long.
    Program(&'a Conversation, Duration),
}

/// An address, and the credential for it.
#[derive(Clone, Copy)]
pub(crate) struct Address<'a> {
    pub egress: &'a Egress,
    /// Among whose numbers it is counted; none outside a broker.
    pub counted: Option<(&'a App, &'a Slug)>,
    pub to: &'a Destination,
    pub path: &'a str,
    pub injected: &'a Injected,
    /// How long it may be silent.
    pub silence: Silence,
}

/// What came back.
pub(crate) struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Its headers; they never reach a client.
    pub headers: HeaderMap,
    /// The messages.
    pub messages: Messages,
}

impl Wire<'_> {
    /// Sends one message. The counter is that of what was really sent.
    pub async fn post(
        &self,
        headers: HeaderMap,
        body: String,
        sent: impl FnOnce(Arc<Sent>),
    ) -> Result<Reply, UpstreamError> {
        match self {
            Self::Http(at) => at.post(headers, body, sent).await,
            Self::Program(it, patience) => it.post(&body, *patience, sent).await,
        }
    }

    /// Opens or ends what has no message of its own: a stream of a session, a session.
    pub async fn bare(&self, method: Method, headers: HeaderMap) -> Result<Reply, UpstreamError> {
        match self {
            Self::Http(at) => at.bare(method, headers).await,
            Self::Program(..) => Err(UpstreamError::Status(StatusCode::METHOD_NOT_ALLOWED.as_u16())),
        }
    }
}

impl Address<'_> {
    /// Posts one message. The counter is that of what was really sent.
    pub async fn post(
        &self,
        headers: HeaderMap,
        body: String,
        sent: impl FnOnce(Arc<Sent>),
    ) -> Result<Reply, UpstreamError> {
        let (counted, counter) = Counted::new(Full::new(Bytes::from(body)).map_err(BoxError::from));
        sent(counter);
        self.send(Method::POST, headers, counted.boxed_unsync()).await
    }

    /// Opens or ends what has no message of its own: a stream of a session, a session.
    pub async fn bare(&self, method: Method, headers: HeaderMap) -> Result<Reply, UpstreamError> {
        self.send(method, headers, Full::new(Bytes::new()).map_err(BoxError::from).boxed_unsync()).await
    }

    async fn send(
        &self,
        method: Method,
        mut headers: HeaderMap,
        body: crate::egress::RequestBody,
    ) -> Result<Reply, UpstreamError> {
        let both = HeaderValue::from_static("application/json, text/event-stream");
        let accept = if method == Method::GET { HeaderValue::from_static(EVENTS) } else { both };
        headers.insert(ACCEPT, accept);
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, AGENT);
        if method == Method::POST {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        }
        headers.extend(self.injected.header.clone());
        let outgoing =
            Outgoing { method, path_and_query: self.path.to_owned(), headers, body, silence: self.silence };
        let answer = self.egress.send(self.to, outgoing);
        let answer = match self.counted {
            Some((app, service)) => followed(app, service, answer).await,
            None => answer.await,
        };
        let (head, body) = answer?.into_parts();
        let messages = self.messages(head.status, &head.headers, body).await?;
        Ok(Reply { status: head.status, headers: head.headers, messages })
    }

    async fn messages(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: ResponseBody,
    ) -> Result<Messages, UpstreamError> {
        if headers.get(CONTENT_ENCODING).is_some_and(|it| it != "identity") {
            return Err(UpstreamError::NotMcp("it compressed its answer, which nobody asked for"));
        }
        let said = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let kind = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = ScrubBody::new(body, self.injected.scrubber.clone());
        if status.is_success() && kind == EVENTS {
            return Ok(Messages::events(body));
        }
        if status == StatusCode::ACCEPTED || status == StatusCode::NO_CONTENT || kind != JSON {
            return Ok(Messages::none());
        }
        let whole = Limited::new(body, MOST_BYTES).collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                return UpstreamError::TooLarge;
            }
            match error.downcast_ref() {
                Some(ResponseBodyError::Idle) => UpstreamError::Silent,
                _ => UpstreamError::Broken,
            }
        })?;
        let text = String::from_utf8(whole.to_bytes().into());
        Ok(Messages::one(text.map_err(|_| UpstreamError::NotMcp("its answer is no UTF-8"))?))
    }
}

/// Messages as they come.
pub(crate) struct Messages {
    from: BoxStream<'static, Result<Event, UpstreamError>>,
    /// The id of the last event, by which a broken stream can be taken up.
    pub last_id: Option<String>,
    /// How long the server asks to wait before that.
    pub retry: Option<u64>,
}

struct Event {
    id: Option<String>,
    retry: Option<u64>,
    data: Option<String>,
}

impl Messages {
    pub fn none() -> Self {
        Self { from: futures::stream::empty().boxed(), last_id: None, retry: None }
    }

    /// What another task hears, which may be nothing for so long.
    pub fn heard(from: mpsc::Receiver<String>, patience: Duration) -> Self {
        let events = futures::stream::unfold(from, move |mut from| async move {
            let heard = timeout(patience, from.recv()).await;
            let data = heard.map_err(|_| UpstreamError::Silent).transpose()?;
            Some((data.map(|data| Event { id: None, retry: None, data: Some(data) }), from))
        });
        Self { from: events.boxed(), last_id: None, retry: None }
    }

    fn one(text: String) -> Self {
        let event = Event { id: None, retry: None, data: Some(text) };
        Self { from: futures::stream::iter([Ok(event)]).boxed(), last_id: None, retry: None }
    }

    fn events(body: ScrubBody<ResponseBody>) -> Self {
        let since = Arc::new(AtomicUsize::new(0));
        let bytes = Capped { body: BodyStream::new(body), since: since.clone() };
        let events = SseByteStream::new(bytes).map(move |event| {
            since.store(0, Ordering::Relaxed);
            match event {
                Ok(it) => {
                    Ok(Event { id: it.id, retry: it.retry, data: it.data.filter(|data| !data.is_empty()) })
                }
                Err(sse_stream::Error::Body(error)) => Err(match error.downcast_ref::<Cut>() {
                    Some(Cut::TooLarge) => UpstreamError::TooLarge,
                    Some(Cut::Silent) => UpstreamError::Silent,
                    _ => UpstreamError::Broken,
                }),
                Err(_) => Err(UpstreamError::NotMcp("its events cannot be read")),
            }
        });
        Self { from: events.boxed(), last_id: None, retry: None }
    }

    /// The next message, as text; none when it has no more.
    pub async fn next(&mut self) -> Option<Result<String, UpstreamError>> {
        loop {
            match self.from.next().await? {
                Err(error) => return Some(Err(error)),
                Ok(event) => {
                    self.last_id = event.id.or_else(|| self.last_id.take());
                    self.retry = event.retry.or(self.retry);
                    if let Some(data) = event.data {
                        return Some(Ok(data));
                    }
                }
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("one event is too large")]
    TooLarge,
    #[error("the stream was silent for too long")]
    Silent,
    #[error("the stream broke")]
    Broken,
}

/// Bytes of a body, of which no more than one message may come between two events.
struct Capped<B> {
    body: BodyStream<B>,
    since: Arc<AtomicUsize>,
}

impl<B> Stream for Capped<B>
where
    B: http_body::Body<Data = Bytes, Error = ResponseBodyError> + Unpin,
{
    type Item = Result<Bytes, Cut>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                None => return Poll::Ready(None),
                Some(Err(ResponseBodyError::Idle)) => return Poll::Ready(Some(Err(Cut::Silent))),
                Some(Err(_)) => return Poll::Ready(Some(Err(Cut::Broken))),
                Some(Ok(frame)) => frame,
            };
            let Ok(data) = frame.into_data() else { continue };
            let held = self.since.fetch_add(data.len(), Ordering::Relaxed) + data.len();
            return Poll::Ready(Some(if held > MOST_BYTES { Err(Cut::TooLarge) } else { Ok(data) }));
        }
    }
}
