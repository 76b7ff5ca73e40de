//! Bodies on their way: the request's is counted, the answer's is guarded until its end.

use super::{
    finish::{Finisher, Outcome},
    inflight::Place,
};
use crate::egress::BoxError;
use aws_lc_rs::digest::{Context as Hash, SHA256};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// How much of a request's body was taken by the upstream client, and its digest so far.
pub(crate) struct Sent(Mutex<(u64, Hash)>);

impl Sent {
    /// What was handed over at once.
    pub fn whole(data: &[u8]) -> Arc<Self> {
        let sent = Arc::new(Self(Mutex::new((0, Hash::new(&SHA256)))));
        sent.add(data);
        sent
    }

    fn add(&self, data: &[u8]) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.0 += data.len() as u64;
        sent.1.update(data);
    }

    /// Bytes and SHA-256 of what was sent.
    pub fn summary(&self) -> (u64, String) {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = sent.1.clone().finish();
        (sent.0, crate::tokens::hex(digest.as_ref()))
    }
}

/// A request's body that counts and hashes what passes.
pub(crate) struct Counted<B> {
    body: B,
    sent: Arc<Sent>,
}

impl<B> Counted<B> {
    pub fn new(body: B) -> (Self, Arc<Sent>) {
        let sent = Arc::new(Sent(Mutex::new((0, Hash::new(&SHA256)))));
        (Self { body, sent: sent.clone() }, sent)
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Counted<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.sent.add(data);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body that ends with its grant at the latest, and records its end.
pub(crate) struct Guarded<B> {
    body: B,
    place: Place,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    over: Pin<Box<Sleep>>,
    finisher: Finisher,
}

impl<B> Guarded<B> {
    pub fn new(body: B, place: Place, time_left: Duration, finisher: Finisher) -> Self {
        let cut = Box::pin(place.cut.clone().cancelled_owned());
        Self { body, place, cut, over: Box::pin(sleep(time_left)), finisher }
    }
}

/// The answer was cut because what allowed it is over.
#[derive(Debug, thiserror::Error)]
#[error("cut: the session or service was stopped")]
struct WasCut;

impl<B> Body for Guarded<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let over = self.place.cut.is_cancelled()
            || self.cut.as_mut().poll(cx).is_ready()
            || self.over.as_mut().poll(cx).is_ready();
        if over {
            self.finisher.record(Outcome::Cut);
            return Poll::Ready(Some(Err(Box::new(WasCut))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(data)) => {
                let bytes = data.data_ref().map_or(0, Bytes::len);
                self.finisher.received(bytes as u64);
                if self.body.is_end_stream() {
                    self.finisher.record(Outcome::Complete);
                }
            }
            Some(Err(_)) => self.finisher.record(Outcome::Broken),
            None => self.finisher.record(Outcome::Complete),
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        // The end is only told by `poll_frame`, which records it.
        false
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
