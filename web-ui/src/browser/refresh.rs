//! Reads the page again and replaces the parts that are marked `data-live`, each known by its id. They hold no
//! islands and no fields, and nothing is replaced while a pointer is down: a press must not lose its button.

use super::dom::{self, find_all, listen};
use crate::texts::t;
use leptos::{prelude::*, task::spawn_local};
use std::{cell::Cell, time::Duration};
use wasm_bindgen::JsCast;
use web_sys::{Document, DomParser, Element, Event, HtmlElement, Node, SupportedType};

const REST: Duration = Duration::from_millis(300);

thread_local! {
    static PLANNED: Cell<bool> = const { Cell::new(false) };
    static POINTER_DOWN: Cell<bool> = const { Cell::new(false) };
    static LEAVING: Cell<bool> = const { Cell::new(false) };
}

/// A form is on its way that may end this page's session for a new one: reading the page again would find nobody signed
/// in, and loading it again would take the form back.
pub(super) fn leave() {
    LEAVING.set(true);
}

/// Whether the page must stay as it is: it is being left, or shows what cannot be read a second time.
fn stays() -> bool {
    LEAVING.get() || dom::find("[data-once]").is_some()
}

/// Where this page can be read again: where the browser is, unless that was the address of a form; none if nowhere.
pub(super) fn address() -> Option<String> {
    let at = document().body()?.get_attribute("data-at")?;
    let location = window().location();
    let here = location.pathname().ok()?;
    if at.split('?').next() == Some(here.as_str()) { location.href().ok() } else { Some(at) }
}

/// From now on, knows whether a pointer is down.
pub(super) fn watch_pointer() {
    let document = document();
    listen(&document, "pointerdown", |_: Event| POINTER_DOWN.set(true));
    for event in ["pointerup", "pointercancel", "dragend"] {
        listen(&document, event, |_: Event| POINTER_DOWN.set(false));
    }
}

/// Reads the page again in a moment; many events in that moment are one reading.
pub(super) fn soon(said: RwSignal<String>) {
    if !PLANNED.replace(true) {
        set_timeout(move || spawn_local(again(said)), REST);
    }
}

async fn again(said: RwSignal<String>) {
    PLANNED.set(false);
    if stays() {
        return;
    }
    let Some(address) = address() else { return };
    let Ok(answer) = dom::read(&address, "text/html").await else { return };
    if stays() {
        return;
    }
    if answer.status == 401 || answer.redirected {
        let location = window().location();
        // Where a form was sent to, loading again would send it again.
        let here = location.href().is_ok_and(|it| it == address);
        drop(if here { location.reload() } else { location.replace(&address) });
        return;
    }
    if POINTER_DOWN.get() {
        return soon(said);
    }
    let parsed =
        DomParser::new().and_then(|parser| parser.parse_from_string(&answer.body, SupportedType::TextHtml));
    if let Ok(fresh) = parsed {
        let waited = waiting(&document());
        take_over(&fresh);
        go_back();
        let waits = waiting(&document());
        if waits > waited {
            said.set(t!("live-new-request", count = waits));
        }
    }
}

/// What this page was open for is decided: the browser goes back to the client that sent it here.
fn go_back() {
    let address = dom::find("[data-go]").and_then(|it| it.get_attribute("data-go"));
    if let Some(address) = address {
        leave();
        drop(window().location().assign(&address));
    }
}

fn waiting(document: &Document) -> u32 {
    let badge = document.query_selector("[data-waiting]").ok().flatten();
    badge.and_then(|it| it.get_attribute("data-waiting")?.parse().ok()).unwrap_or(0)
}

fn take_over(fresh: &Document) {
    document().set_title(&fresh.title());
    for old in find_all("[data-live]") {
        let Some(new) = fresh.get_element_by_id(&old.id()) else { continue };
        if old.query_selector("details[open]").is_ok_and(|open| open.is_some()) {
            continue;
        }
        let focused = document().active_element().filter(|it| old.contains(Some(it))).map(|it| it.id());
        replace(&old, &new);
        refocus(focused);
    }
}

fn replace(old: &Element, new: &Element) {
    let children: js_sys::Array = js_sys::Array::new();
    let mut child: Option<Node> = new.first_child();
    while let Some(node) = child {
        child = node.next_sibling();
        children.push(&node);
    }
    old.replace_children_with_node(&children);
}

fn refocus(id: Option<String>) {
    let element = id.filter(|id| !id.is_empty()).and_then(|id| document().get_element_by_id(&id));
    if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        drop(element.focus());
    }
}
