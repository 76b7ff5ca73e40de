//! One event stream for all tabs of a browser: whoever holds a lock reads it and passes everything on. (With a stream
//! in each tab, six tabs would use up the browser's connections to the broker over HTTP/1.1.)

use super::dom::listen;
use crate::islands::Connection;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::*;
use std::{cell::Cell, rc::Rc, time::Duration};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, Event, EventSource, MessageEvent};

/// The lock, and the channel between tabs.
const NAME: &str = "countersign-events";
const ADDRESS: &str = "/events";
/// What a new tab says to hear how things stand.
const HELLO: &str = "hello";
const AGAIN: Duration = Duration::from_secs(5);

/// Takes what the stream or another tab says: an event as JSON, or a state.
pub(super) type Hear = Rc<dyn Fn(&str)>;

const STATES: [(&str, Connection); 3] = [
    ("live", Connection::Live),
    ("reconnecting", Connection::Reconnecting),
    ("offline", Connection::Offline),
];

/// The state in a message, if it is one.
pub(super) fn state_in(text: &str) -> Option<Connection> {
    STATES.iter().find(|(word, _)| *word == text).map(|(_, state)| *state)
}

pub(super) fn start(hear: Hear) {
    let Ok(channel) = BroadcastChannel::new(NAME) else { return };
    let leader = Rc::new(Leader { hear, channel, state: Cell::new(None) });
    let listener = leader.clone();
    listen(&leader.channel, "message", move |message: MessageEvent| {
        let Some(text) = message.data().as_string() else { return };
        match (text.as_str(), listener.state.get()) {
            (HELLO, Some(state)) => listener.pass_on(state),
            (HELLO, None) => (),
            (text, _) => (listener.hear)(text),
        }
    });
    leader.post(HELLO);
    let lead = leader.clone();
    if !with_lock(move || lead.open()) {
        leader.open();
    }
}

/// Runs it as soon as no other tab holds the lock, and holds the lock for as long as the tab lives. False where the
/// browser has no locks.
fn with_lock(act: impl FnOnce() + 'static) -> bool {
    let Ok(locks) = Reflect::get(&window().navigator(), &"locks".into()) else { return false };
    let Ok(request) = Reflect::get(&locks, &"request".into()).and_then(JsCast::dyn_into::<Function>) else {
        return false;
    };
    let held = Closure::once_into_js(move |_: JsValue| {
        act();
        Promise::new(&mut |_, _| {})
    });
    request.call2(&locks, &NAME.into(), &held).is_ok()
}

/// The tab that reads the stream.
struct Leader {
    hear: Hear,
    channel: BroadcastChannel,
    /// How the stream stands; none in the other tabs.
    state: Cell<Option<&'static str>>,
}

impl Leader {
    fn open(self: Rc<Self>) {
        let Ok(source) = EventSource::new(ADDRESS) else { return };
        let (opened, failed, heard) = (self.clone(), self.clone(), self);
        listen(&source, "open", move |_: Event| opened.pass_on("live"));
        listen(&source, "message", move |message: MessageEvent| {
            if let Some(text) = message.data().as_string() {
                heard.post(&text);
                (heard.hear)(&text);
            }
        });
        let failing = source.clone();
        listen(&source, "error", move |_: Event| {
            if failing.ready_state() == EventSource::CLOSED {
                failed.pass_on("offline");
                let again = failed.clone();
                set_timeout(move || again.open(), AGAIN);
            } else {
                failed.pass_on("reconnecting");
            }
        });
    }

    fn pass_on(&self, state: &'static str) {
        self.state.set(Some(state));
        self.post(state);
        (self.hear)(state);
    }

    fn post(&self, text: &str) {
        drop(self.channel.post_message(&text.into()));
    }
}
