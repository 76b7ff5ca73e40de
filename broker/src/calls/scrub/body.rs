//! A body that scrubs another.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::{ScrubStream, Scrubber};

/// Scrubs a body while it streams, and counts the bytes that leave. Trailers are dropped: the agent could not ask for
/// them, since `TE` never passes.
#[derive(Debug)]
pub struct ScrubBody<B> {
    body: B,
    stream: ScrubStream,
    sent: Arc<AtomicU64>,
    ended: bool,
}

impl<B> ScrubBody<B> {
    /// Scrubs this body.
    pub fn new(body: B, scrubber: Arc<Scrubber>) -> Self {
        Self { body, stream: ScrubStream::new(scrubber), sent: Arc::default(), ended: false }
    }

    /// The number of bytes that have left, still right after the body is gone.
    pub fn sent(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.sent)
    }

    fn count<E>(&self, data: Bytes) -> Option<Result<Frame<Bytes>, E>> {
        if data.is_empty() {
            return None;
        }
        self.sent.fetch_add(data.len() as u64, Ordering::Relaxed);
        Some(Ok(Frame::data(data)))
    }
}

impl<B> Body for ScrubBody<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        while !self.ended {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame.into_data().map_or(None, |data| {
                    let data = self.stream.push(&data);
                    self.count(data)
                }),
                Some(Err(error)) => {
                    // What is held back may be the beginning of a secret and stays here.
                    self.ended = true;
                    Some(Err(error))
                }
                None => {
                    self.ended = true;
                    let data = self.stream.finish();
                    self.count(data)
                }
            };
            if frame.is_some() {
                return Poll::Ready(frame);
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || (!self.stream.is_holding() && self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        if self.stream.is_idle() { self.body.size_hint() } else { SizeHint::default() }
    }
}
