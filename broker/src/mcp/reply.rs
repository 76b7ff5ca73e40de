//! Answers as HTTP: one JSON text where the answer is all there is, server-sent events where something comes before it.

use super::{
    message::{Id, RpcError, answer},
    relay::Out,
};
use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use serde_json::Value;
use std::{convert::Infallible, time::Duration};
use tokio::{sync::mpsc, time::timeout};

/// How often a silent stream says that it is alive.
const ALIVE: Duration = Duration::from_secs(15);

/// One JSON text.
pub(crate) fn json(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A result.
pub(super) fn result(id: &Id, result: &Value) -> Response<Body> {
    json(StatusCode::OK, answer(Some(id), Ok(result)))
}

/// An error, of a request that could be read or not.
pub(crate) fn error(id: Option<&Id>, error: &RpcError) -> Response<Body> {
    json(error.status, answer(id, Err(error)))
}

/// That a message was taken.
pub(super) fn accepted() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// What a relay passes on. A long silence becomes a stream: proxies in between end what says nothing, and only who is written to
/// notices that its client is gone.
pub(super) async fn relayed(mut from: mpsc::Receiver<Out>) -> Response<Body> {
    let Ok(first) = timeout(ALIVE, from.recv()).await else {
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(COMMENT.as_bytes()))]);
        return events(first.chain(alive(from)));
    };
    match first {
        Some(only) if only.last => json(only.status, only.text),
        Some(first) => {
            let first = stream::iter([Ok::<_, Infallible>(event(&first.text))]);
            events(first.chain(alive(from)))
        }
        // The relay was ended without a word, as when the broker stops.
        None => {
            error(None, &RpcError::new(StatusCode::BAD_GATEWAY, RpcError::INTERNAL, "there is no answer"))
        }
    }
}

/// Server-sent events.
pub(super) fn events(
    events: impl futures::Stream<Item = Result<Bytes, Infallible>> + Send + 'static,
) -> Response<Body> {
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that buffers would hold back what is waited for.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// One message as an event. JSON texts of ours have no line breaks.
pub(super) fn event(text: &str) -> Bytes {
    Bytes::from(format!("event: message\ndata: {text}\n\n"))
}

/// A sign of life.
pub(super) const COMMENT: &str = ": alive\n\n";

fn alive(from: mpsc::Receiver<Out>) -> impl futures::Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::unfold(Some(from), |from| async move {
        let mut from = from?;
        match timeout(ALIVE, from.recv()).await {
            Ok(Some(out)) => {
                let last = out.last;
                Some((Ok(event(&out.text)), (!last).then_some(from)))
            }
            Ok(None) => None,
            Err(_) => Some((Ok(Bytes::from_static(COMMENT.as_bytes())), Some(from))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use tokio::time::{Duration, sleep};

    #[tokio::test(start_paused = true)]
    async fn a_long_silence_becomes_a_stream() {
        for (after, kind, text) in [
            (Duration::from_secs(14), "application/json", "{}"),
            (
                Duration::from_secs(40),
                "text/event-stream",
                ": alive\n\n: alive\n\nevent: message\ndata: {}\n\n",
            ),
        ] {
            let (to, from) = mpsc::channel(1);
            tokio::spawn(async move {
                sleep(after).await;
                let _ = to.send(Out { text: "{}".to_owned(), last: true, status: StatusCode::OK }).await;
            });
            let response = relayed(from).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()[CONTENT_TYPE], kind);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, text);
        }
    }
}
