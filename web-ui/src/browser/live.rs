//! What the page does when the server says that something changed.

use super::{refresh, stream};
use crate::islands::Connection;
use leptos::prelude::*;
use protocol::events::PersonEvent;
use std::{cell::RefCell, rc::Rc};

type Listener = Rc<dyn Fn(&PersonEvent)>;

thread_local! {
    /// Other islands of this page that want to know.
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
}

/// Calls this with every event.
pub(super) fn on_event(listener: impl Fn(&PersonEvent) + 'static) {
    LISTENERS.with_borrow_mut(|all| all.push(Rc::new(listener)));
}

/// Brings the connection dot to life.
pub(crate) fn wake(connection: RwSignal<Connection>, said: RwSignal<String>) {
    Effect::new(move |_| {
        refresh::watch_pointer();
        stream::start(Rc::new(move |text| hear(text, connection, said)));
    });
}

fn hear(text: &str, connection: RwSignal<Connection>, said: RwSignal<String>) {
    if let Some(state) = stream::state_in(text) {
        let before = connection.get_untracked();
        connection.set(state);
        if state == Connection::Live && before != Connection::None && before != Connection::Live {
            tell(&PersonEvent::Resync, said);
        }
    } else if let Ok(event) = serde_json::from_str::<PersonEvent>(text) {
        tell(&event, said);
    }
}

fn tell(event: &PersonEvent, said: RwSignal<String>) {
    let listeners = LISTENERS.with_borrow(Clone::clone);
    for listener in &listeners {
        listener(event);
    }
    if concerns_this_page(event) {
        refresh::soon(said);
    }
}

/// A call changes lists of sessions and its own session; anything else may change the number of those that wait.
fn concerns_this_page(event: &PersonEvent) -> bool {
    let PersonEvent::CallRecorded { grant } = event else { return true };
    let path = window().location().pathname().unwrap_or_default();
    matches!(path.as_str(), "/" | "/sessions") || path == format!("/sessions/{grant}")
}
