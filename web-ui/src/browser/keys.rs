//! Keys that go somewhere. Those that decide belong to the card.

use super::dom::{listen, typing};
use leptos::{html, prelude::*};
use std::cell::Cell;
use web_sys::KeyboardEvent;

const SETTING: &str = "countersign.keys";

/// `G` waits so long for its second key, in milliseconds.
const PAUSE: f64 = 1500.0;

/// Whether the person wants single keys.
pub(super) fn on() -> bool {
    let setting =
        window().local_storage().ok().flatten().and_then(|storage| storage.get_item(SETTING).ok().flatten());
    setting.as_deref() != Some("off")
}

/// Brings the keys and their help to life.
pub(crate) fn wake(dialog: NodeRef<html::Dialog>, wanted: RwSignal<bool>) {
    Effect::new(move |woken: Option<()>| {
        let want = wanted.get();
        if woken.is_some() {
            return remember(want);
        }
        wanted.set(on());
        let going = Cell::new(0.0);
        listen(&window(), "keydown", move |event: KeyboardEvent| key(&event, &going, dialog));
    });
}

fn remember(want: bool) {
    if let Ok(Some(storage)) = window().local_storage() {
        drop(storage.set_item(SETTING, if want { "on" } else { "off" }));
    }
}

fn key(event: &KeyboardEvent, going: &Cell<f64>, dialog: NodeRef<html::Dialog>) {
    if typing(event) {
        return;
    }
    let key = event.key();
    if key == "?" {
        if let Some(dialog) = dialog.get_untracked() {
            drop(dialog.show_modal());
        }
        return;
    }
    if !on() {
        return;
    }
    let went = js_sys::Date::now() - going.get() < PAUSE;
    going.set(if key == "g" { js_sys::Date::now() } else { 0.0 });
    let address = match key.as_str() {
        "i" if went => "/",
        "s" if went => "/sessions",
        "v" if went => "/services",
        _ => return,
    };
    drop(window().location().set_href(address));
}
