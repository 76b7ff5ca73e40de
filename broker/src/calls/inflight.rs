//! Calls that are being made, so that they can be cut when what allowed them is over.

use domain::watermark::{Bearings, Watermarks};
use protocol::{CallId, RequestId, Slug};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// The calls in flight of one broker.
#[derive(Debug, Clone, Default)]
pub struct Inflight(Arc<Mutex<HashMap<CallId, Call>>>);

#[derive(Debug)]
struct Call {
    session: RequestId,
    bearings: Bearings,
    service: Slug,
    since: i64,
    /// Whether its session is in use by it, or would be idle without it.
    uses: bool,
    cut: CancellationToken,
}

/// A place among the calls in flight; leaving it is dropping it.
#[derive(Debug)]
pub struct Place {
    inflight: Inflight,
    call: CallId,
    /// Fires when the call must stop.
    pub cut: CancellationToken,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inflight.lock().remove(&self.call);
    }
}

impl Inflight {
    /// Enters a call under a grant that remembers `since`. To be entered before it is authorised: a revocation that
    /// is committed in between then finds it here.
    pub fn enter(
        &self,
        call: CallId,
        session: RequestId,
        bearings: Bearings,
        service: Slug,
        since: i64,
    ) -> Place {
        let cut = CancellationToken::new();
        let entered = Call { session, bearings, service, since, uses: true, cut: cut.clone() };
        self.lock().insert(call.clone(), entered);
        Place { inflight: self.clone(), call, cut }
    }

    /// What only listens does not count as use.
    pub fn listens(&self, place: &Place) {
        if let Some(call) = self.lock().get_mut(&place.call) {
            call.uses = false;
        }
    }

    /// Cuts every call that these revocations end; says how many.
    pub fn cut(&self, marks: &Watermarks) -> i64 {
        let calls = self.lock();
        let over = |call: &&Call| {
            marks.ended(&call.bearings, call.since).is_some()
                || marks.taken_away(&call.bearings, &call.service, call.since).is_some()
        };
        let mut cut = 0;
        for call in calls.values().filter(over) {
            if !call.cut.is_cancelled() {
                call.cut.cancel();
                cut += 1;
            }
        }
        cut
    }

    /// Cuts every call; says how many.
    pub fn cut_all(&self) -> i64 {
        let mut cut = 0;
        for call in self.lock().values().filter(|call| !call.cut.is_cancelled()) {
            call.cut.cancel();
            cut += 1;
        }
        cut
    }

    /// The sessions that have a call in flight: however long it lasts, they are in use.
    pub fn sessions(&self) -> Vec<RequestId> {
        self.lock().values().filter(|call| call.uses).map(|call| call.session.clone()).collect()
    }

    /// How many calls are in flight. What only listens is none.
    pub fn len(&self) -> usize {
        self.lock().values().filter(|call| call.uses).count()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CallId, Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
