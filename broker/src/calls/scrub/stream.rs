//! Scrubbing piece by piece.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use zeroize::Zeroizing;

use super::Scrubber;

/// Scrubs one text that arrives in chunks. The result does not depend on where the chunks begin and end.
pub struct ScrubStream {
    scrubber: Arc<Scrubber>,
    /// The end of what arrived, as far as it may be the beginning of a secret.
    held: Zeroizing<Vec<u8>>,
}

impl ScrubStream {
    /// A stream from its beginning.
    pub fn new(scrubber: Arc<Scrubber>) -> Self {
        Self { scrubber, held: Zeroizing::default() }
    }

    /// What may leave now. Without a secret in sight this is the chunk itself, not a copy.
    pub fn push(&mut self, chunk: &Bytes) -> Bytes {
        let held = std::mem::take(&mut self.held);
        let mut out = Vec::new();
        if held.is_empty() {
            let (certain, rest) = self.scrubber.remove(chunk, &mut out);
            self.held = Zeroizing::new(rest.to_vec());
            if out.is_empty() {
                return chunk.slice_ref(certain);
            }
            out.extend_from_slice(certain);
        } else {
            let text = Zeroizing::new([held.as_slice(), chunk].concat());
            let (certain, rest) = self.scrubber.remove(&text, &mut out);
            self.held = Zeroizing::new(rest.to_vec());
            out.extend_from_slice(certain);
        }
        out.into()
    }

    /// What is left when the text is complete.
    pub fn finish(&mut self) -> Bytes {
        let held = std::mem::take(&mut self.held);
        Bytes::copy_from_slice(self.scrubber.finish(&held))
    }

    /// Whether bytes wait for what comes next.
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether there is anything to remove at all.
    pub fn is_idle(&self) -> bool {
        self.scrubber.is_empty()
    }
}

impl fmt::Debug for ScrubStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScrubStream").field("held", &self.held.len()).finish_non_exhaustive()
    }
}
