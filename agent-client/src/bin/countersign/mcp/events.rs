//! Streams of events (SSE), in bounded memory.

use super::LARGEST;
use agent_client::{Answer, Error};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use sse_stream::SseByteStream;
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What one event may take with its names and comments.
const MOST: usize = LARGEST + (64 << 10);

/// Why a stream ended before its time.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Client(#[from] Error),
    #[error("an event is longer than 4 MiB")]
    TooLong,
}

/// The messages of an answer, as they come.
pub struct Events {
    stream: Pin<Box<dyn Stream<Item = Result<sse_stream::Sse, sse_stream::Error>> + Send>>,
    /// Bytes since the last event.
    since: Arc<AtomicUsize>,
}

impl Events {
    pub fn of(answer: Answer) -> Self {
        let since = Arc::new(AtomicUsize::new(0));
        let counted = since.clone();
        let bytes = answer.stream().map(move |chunk| -> Result<Bytes, Broken> {
            let chunk = chunk?;
            let so_far = counted.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
            if so_far > MOST { Err(Broken::TooLong) } else { Ok(chunk) }
        });
        Self { stream: Box::pin(SseByteStream::new(Box::pin(bytes))), since }
    }

    /// The next message; none at the end, however it came.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            let event = self.stream.next().await?.ok()?;
            self.since.store(0, Ordering::Relaxed);
            // Without an event's name, or with the usual one, it is a message; without data, a sign of life.
            let is_message = event.event.as_deref().is_none_or(|it| it.is_empty() || it == "message");
            if let Some(data) = event.data.filter(|it| is_message && !it.trim().is_empty()) {
                return Some(data);
            }
        }
    }
}
