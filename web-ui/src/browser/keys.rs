//! Single keys: what each of them is, and those that go somewhere. What the card does with its own stands there.

use super::dom::{find, find_all, listen, typing};
use crate::components::key_table::ACTS;
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent, Storage};

const SETTING: &str = "countersign.keys";
const CHOSEN: &str = "countersign.keys.chosen";

/// The first of two keys waits so long for the second, in milliseconds.
const PAUSE: f64 = 1500.0;

type Listener = Rc<dyn Fn(&KeyboardEvent, Option<&'static str>)>;

thread_local! {
    /// When the first key of two was pressed.
    static GOING: Cell<f64> = const { Cell::new(0.0) };
    /// Others on this page that want keys: called with the act that a key stands for, unless it is dead now.
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
}

/// Calls this with every key that is not the second of two.
pub(super) fn on_key(listener: impl Fn(&KeyboardEvent, Option<&'static str>) + 'static) {
    LISTENERS.with_borrow_mut(|all| all.push(Rc::new(listener)));
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Whether the person wants single keys.
fn on() -> bool {
    let setting = storage().and_then(|storage| storage.get_item(SETTING).ok().flatten());
    setting.as_deref() != Some("off")
}

/// The keys as they were chosen, a word for each act; what is kept wrongly is as it was before.
fn chosen() -> Vec<String> {
    let kept = storage().and_then(|storage| storage.get_item(CHOSEN).ok().flatten()).unwrap_or_default();
    let keys: Vec<String> = kept.split(' ').map(str::to_owned).collect();
    let good = keys.len() == ACTS.len() && keys.iter().all(|key| key.chars().count() == 1);
    if good { keys } else { own_keys() }
}

fn own_keys() -> Vec<String> {
    ACTS.iter().map(|(_, key)| (*key).to_owned()).collect()
}

/// The act of a key, if single keys do anything now.
fn act(event: &KeyboardEvent) -> Option<&'static str> {
    if typing(event) {
        return None;
    }
    let key = event.key().to_lowercase();
    let at = chosen().iter().position(|it| *it == key)?;
    let (name, _) = ACTS[at];
    (name == "help" || on()).then_some(name)
}

/// Brings the keys and the tables of them to life.
pub(crate) fn wake() {
    Effect::new(|_| {
        table();
        super::palette::wake();
        listen(&window(), "keydown", |event: KeyboardEvent| key(&event));
    });
}

/// Fills the tables from what is kept, and keeps what is chosen in them.
fn table() {
    show();
    for field in find_all("[data-act], [data-keys-on]") {
        drop(field.remove_attribute("disabled"));
        listen(&field, "change", |event: Event| {
            if let Some(field) = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok()) {
                change(&field);
            }
        });
    }
    for button in find_all("[data-keys-reset]") {
        drop(button.remove_attribute("disabled"));
        listen(&button, "click", |_: Event| {
            clash(false);
            remember(CHOSEN, &own_keys().join(" "));
        });
    }
}

fn change(field: &HtmlInputElement) {
    let Some(act) = field.get_attribute("data-act") else {
        return remember(SETTING, if field.checked() { "on" } else { "off" });
    };
    let mut keys = chosen();
    let Some(at) = ACTS.iter().position(|(name, _)| *name == act) else { return };
    let key = field.value().trim().to_lowercase();
    let taken = keys.iter().enumerate().any(|(other, it)| other != at && *it == key);
    clash(taken);
    if !taken && key.chars().count() == 1 {
        keys[at] = key;
    }
    remember(CHOSEN, &keys.join(" "));
}

fn remember(setting: &str, value: &str) {
    if let Some(storage) = storage() {
        drop(storage.set_item(setting, value));
    }
    show();
}

/// Shows in every table what is kept.
fn show() {
    let keys = chosen();
    for field in find_all("[data-act], [data-keys-on]") {
        let Ok(field) = field.dyn_into::<HtmlInputElement>() else { continue };
        match field.get_attribute("data-act") {
            Some(act) => {
                let at = ACTS.iter().position(|(name, _)| *name == act);
                field.set_value(at.map_or("", |at| &keys[at]));
            }
            None => field.set_checked(on()),
        }
    }
}

/// Says that two acts cannot have the same key, or no longer.
fn clash(is: bool) {
    for message in find_all("[data-keys-clash]") {
        drop(if is { message.remove_attribute("hidden") } else { message.set_attribute("hidden", "") });
    }
}

fn key(event: &KeyboardEvent) {
    let went = js_sys::Date::now() - GOING.replace(0.0) < PAUSE;
    if went && !typing(event) && go(&event.key().to_lowercase()) {
        return;
    }
    let act = act(event);
    for listener in &LISTENERS.with_borrow(Clone::clone) {
        listener(event, act);
    }
    match act {
        Some("help") => {
            if let Some(dialog) = find("#keys").and_then(|it| it.dyn_into::<HtmlDialogElement>().ok()) {
                drop(dialog.show_modal());
            }
        }
        Some("go") => GOING.set(js_sys::Date::now()),
        Some("next") => step(event, 1),
        Some("previous") => step(event, -1),
        Some("stop") => focus(event, stop_button()),
        _ => (),
    }
}

fn go(second: &str) -> bool {
    let address = match second {
        "i" => "/",
        "s" => "/sessions",
        "a" => "/audit",
        "v" => "/services",
        _ => return false,
    };
    drop(window().location().set_href(address));
    true
}

/// Goes to the next row of a list, or the one before; then Enter opens it, as it does any link.
fn step(event: &KeyboardEvent, by: isize) {
    let rows = find_all("main a.whole");
    let here = document().active_element();
    let at = here.and_then(|here| rows.iter().position(|row| *row == here || beside(row, &here)));
    let to = match at {
        Some(at) => at.saturating_add_signed(by).min(rows.len().saturating_sub(1)),
        None => 0,
    };
    focus(event, rows.into_iter().nth(to));
}

/// Whether something else of the same row has the focus.
fn beside(row: &web_sys::Element, here: &web_sys::Element) -> bool {
    row.closest("li").ok().flatten().is_some_and(|row| row.contains(Some(here)))
}

/// The button that stops: that of the row with the focus, else that of the page. It is never pressed from here.
fn stop_button() -> Option<web_sys::Element> {
    let row = document().active_element().and_then(|it| it.closest("li.row").ok().flatten());
    row.and_then(|row| row.query_selector("form.act button").ok().flatten()).or_else(|| find("#stop-now"))
}

pub(super) fn focus(event: &KeyboardEvent, element: Option<web_sys::Element>) {
    if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        drop(element.focus());
    }
}
