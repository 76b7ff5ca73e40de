//! Bodies on their way: progress of the request's, idle limit of the answer's.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use thiserror::Error;
use tokio::time::{Instant, Sleep, sleep_until};

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Any body that streams.
pub type RequestBody = UnsyncBoxBody<Bytes, BoxError>;

/// When something of the request last moved.
#[derive(Clone, Debug)]
pub(super) struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    pub(super) fn start() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    pub(super) fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn touch(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// A request's body that notes its progress: a long upload is not a silent upstream.
#[derive(Debug)]
pub(super) struct Watched {
    body: RequestBody,
    progress: Progress,
}

impl Watched {
    pub(super) fn new(body: RequestBody, progress: Progress) -> Self {
        Self { body, progress }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.progress.touch();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Why an answer's body ended early.
#[derive(Debug, Error)]
pub enum ResponseBodyError {
    /// It was silent for longer than the limit.
    #[error("the upstream sent nothing for too long")]
    Idle,
    /// The whole call took longer than its limit.
    #[error("the upstream took too long altogether")]
    TooLong,
    /// It ended in the middle.
    #[error("the upstream broke off: {0}")]
    Broken(BoxError),
}

/// An answer's body. It waits at most the idle limit for each piece; a reader that pauses is not the upstream's fault.
/// At the deadline it ends in any case.
#[derive(Debug)]
pub struct ResponseBody<B = Incoming> {
    body: B,
    limit: Duration,
    deadline: Instant,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<B> ResponseBody<B> {
    pub(super) fn new(body: B, limit: Duration, deadline: Instant) -> Self {
        Self { body, limit, deadline, waiting: None }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = ResponseBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ResponseBodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waiting = None;
            if frame.is_some() && Instant::now() >= self.deadline {
                return Poll::Ready(Some(Err(ResponseBodyError::TooLong)));
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(|e| ResponseBodyError::Broken(e.into()))));
        }
        let (deadline, limit) = (self.deadline, self.limit);
        let wait = || Box::pin(sleep_until(deadline.min(Instant::now() + limit)));
        ready!(self.waiting.get_or_insert_with(wait).as_mut().poll(cx));
        let over = Instant::now() >= self.deadline;
        Poll::Ready(Some(Err(if over { ResponseBodyError::TooLong } else { ResponseBodyError::Idle })))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::channel::Channel;
    use http_body_util::{BodyExt as _, Full};
    use tokio::time::{Duration, sleep, timeout};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    fn limited<B>(body: B) -> ResponseBody<B> {
        ResponseBody::new(body, LIMIT, Instant::now() + Duration::from_hours(1))
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_is_patience_and_silence_is_an_error() {
        let (mut upstream, body) = Channel::<Bytes, BoxError>::new(1);
        let mut body = limited(body);
        tokio::spawn(async move {
            for _ in 0..10 {
                sleep(Duration::from_secs(29)).await;
                upstream.send_data(Bytes::from_static(b"x")).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        for _ in 0..10 {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "x");
        }
        let started = Instant::now();
        assert!(matches!(body.frame().await, Some(Err(ResponseBodyError::Idle))));
        assert_eq!(started.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_not_the_upstreams_silence() {
        let (mut upstream, body) = Channel::<Bytes, BoxError>::new(1);
        let mut body = limited(body);
        assert!(timeout(Duration::from_secs(20), body.frame()).await.is_err());
        upstream.send_data(Bytes::from_static(b"x")).await.unwrap();
        sleep(Duration::from_mins(5)).await;
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "x");
    }

    #[tokio::test(start_paused = true)]
    async fn neither_a_drip_nor_a_flood_goes_on_for_ever() {
        let (mut upstream, body) = Channel::<Bytes, BoxError>::new(1);
        let mut body = ResponseBody::new(body, LIMIT, Instant::now() + Duration::from_secs(95));
        tokio::spawn(async move {
            while upstream.send_data(Bytes::from_static(b"x")).await.is_ok() {
                sleep(Duration::from_secs(20)).await;
            }
        });
        let started = Instant::now();
        for _ in 0..5 {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "x");
        }
        assert!(matches!(body.frame().await, Some(Err(ResponseBodyError::TooLong))));
        assert_eq!(started.elapsed().as_secs(), 95);
        let flood = Full::new(Bytes::from_static(b"x"));
        let mut flood = ResponseBody::new(flood, LIMIT, Instant::now());
        assert!(matches!(flood.frame().await, Some(Err(ResponseBodyError::TooLong))));
    }

    #[tokio::test(start_paused = true)]
    async fn sending_is_progress() {
        let progress = Progress::start();
        let begun = progress.last();
        sleep(Duration::from_secs(5)).await;
        let body = Full::new(Bytes::from_static(b"x")).map_err(|never| match never {}).boxed_unsync();
        Watched::new(body, progress.clone()).collect().await.unwrap();
        assert_eq!((progress.last() - begun).as_secs(), 5);
    }
}
