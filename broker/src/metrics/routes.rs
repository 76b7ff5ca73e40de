//! Requests by route, which is a template and never a path.

use super::{Recorder, names};
use http::StatusCode;
use metrics::{Counter, Histogram};
use std::{sync::Arc, time::Duration};

/// The numbers of one route.
#[derive(Clone)]
pub struct Route(Option<Arc<Handles>>);

struct Handles {
    answered: [Counter; 5],
    seconds: Histogram,
}

impl Route {
    pub(super) fn new(recorder: &Recorder, method: &'static str, path: &'static str) -> Self {
        if recorder.0.is_none() {
            return Self(None);
        }
        let labels = |status| [("route", path), ("method", method), ("status", status)];
        let answered = ["1xx", "2xx", "3xx", "4xx", "5xx"]
            .map(|status| recorder.counter(names::HTTP_REQUESTS, &labels(status)));
        let seconds = recorder.histogram(names::HTTP_SECONDS, &[("route", path), ("method", method)]);
        Self(Some(Arc::new(Handles { answered, seconds })))
    }

    /// A request was answered after so long.
    pub fn answered(&self, status: StatusCode, after: Duration) {
        if let Some(handles) = &self.0 {
            handles.answered[usize::from(status.as_u16() / 100).clamp(1, 5) - 1].increment(1);
            handles.seconds.record(after);
        }
    }
}
