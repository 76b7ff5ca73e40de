//! A client that lost the stream of a call asks again. What may have changed something is not done twice: whoever repeats it, by
//! the same key or in the same words while the first has no answer yet, gets the answer of the first.

use super::relay::Out;
use crate::app::App;
use protocol::GrantId;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{
        mpsc::{Sender, WeakSender},
        watch,
    },
    time::Instant,
};

/// How long an answer that no client got is kept.
const KEPT: Duration = Duration::from_mins(2);
/// Calls that are remembered at once.
const MOST: usize = 10_000;

/// What a repeat is recognised by: its grant, and its key or the digest of its words.
pub(super) type Same = (GrantId, String);

/// The answer of a call that is or was made.
pub(super) type Answer = watch::Receiver<Option<Value>>;

/// Calls that may be repeated.
#[derive(Debug, Default)]
pub(crate) struct Repeats(Mutex<HashMap<Same, Slot>>);

#[derive(Debug)]
struct Slot {
    answer: Answer,
    /// Whether the client of the first is known to be gone, or the repeat says by its key that it is one.
    open: bool,
    keyed: bool,
    until: Option<Instant>,
    /// Where the client of the first listens; none once it is being answered.
    client: Option<WeakSender<Out>>,
}

impl Slot {
    /// Its relay may not have heard yet that nobody listens.
    fn is_left(&self) -> bool {
        let gone = |client: &WeakSender<Out>| client.upgrade().is_none_or(|it| it.is_closed());
        self.open || self.client.as_ref().is_some_and(gone)
    }
}

/// A call that may be repeated, while it is made. Dropped without an answer, it leaves nothing to wait for.
pub(super) struct First {
    app: Arc<App>,
    answer: watch::Sender<Option<Value>>,
    same: Same,
    done: bool,
}

impl Repeats {
    fn begin(
        &self,
        same: &Same,
        keyed: bool,
        client: WeakSender<Out>,
    ) -> Result<watch::Sender<Option<Value>>, Answer> {
        let now = Instant::now();
        let mut slots = self.lock();
        if slots.len() >= MOST {
            slots.retain(|_, slot| slot.until.is_none_or(|until| until > now));
        }
        let waiting = slots.get(same).filter(|slot| slot.until.is_none_or(|until| until > now));
        if let Some(slot) = waiting.filter(|slot| slot.is_left() || slot.keyed) {
            return Err(slot.answer.clone());
        }
        let (sender, answer) = watch::channel(None);
        slots.insert(same.clone(), Slot { answer, open: false, keyed, until: None, client: Some(client) });
        Ok(sender)
    }

    fn end(&self, same: &Same, answer: &watch::Sender<Option<Value>>, value: Option<Value>, delivered: bool) {
        let mut slots = self.lock();
        // Another call in the same words may have taken the place in the meantime.
        let own = slots.get_mut(same).filter(|slot| slot.answer.same_channel(&answer.subscribe()));
        match own {
            Some(slot) if value.is_some() && (slot.keyed || !delivered) => {
                (slot.open, slot.until) = (true, Some(Instant::now() + KEPT));
            }
            Some(_) => {
                slots.remove(same);
            }
            None => {}
        }
        drop(slots);
        answer.send_replace(value);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Same, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl First {
    /// Begins a call; or the answer to wait for, if it is a repeat of one.
    pub fn begin(app: &Arc<App>, same: Same, keyed: bool, client: &Sender<Out>) -> Result<Self, Answer> {
        let answer = app.mcp.repeats.begin(&same, keyed, client.downgrade())?;
        Ok(Self { app: app.clone(), answer, same, done: false })
    }

    /// Its client is gone: who asks the same now repeats it.
    pub fn left(&self) {
        if let Some(slot) = self.app.mcp.repeats.lock().get_mut(&self.same) {
            slot.open = true;
        }
    }

    /// Its client is about to get the answer: whoever asks once it has that means a call of its own.
    pub fn answers(&self) {
        if let Some(slot) = self.app.mcp.repeats.lock().get_mut(&self.same).filter(|slot| !slot.is_left()) {
            slot.client = None;
        }
    }

    /// It has its answer, which its client got or not.
    pub fn answered(mut self, answer: Value, delivered: bool) {
        self.done = true;
        self.app.mcp.repeats.end(&self.same, &self.answer, Some(answer), delivered);
    }
}

impl Drop for First {
    fn drop(&mut self) {
        if !self.done {
            self.app.mcp.repeats.end(&self.same, &self.answer, None, true);
        }
    }
}
