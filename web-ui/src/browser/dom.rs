//! Small things of the page that more than one island needs.

use chrono::{DateTime, Utc};
use leptos::prelude::{document, window};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, EventTarget, Headers, KeyboardEvent, RequestInit, Response};

thread_local! {
    /// How far the server's clock is ahead of the browser's, in milliseconds.
    static AHEAD: Cell<Option<f64>> = const { Cell::new(None) };
}

/// The server's clock: what it said when it made this page, carried on.
pub(super) fn now() -> DateTime<Utc> {
    let here = js_sys::Date::now();
    let ahead = AHEAD.get().unwrap_or_else(|| {
        let there = attribute("main[data-now]", "data-now").and_then(|text| text.parse::<f64>().ok());
        let ahead = there.map_or(0.0, |there| there - here);
        AHEAD.set(Some(ahead));
        ahead
    });
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
    DateTime::from_timestamp_millis((here + ahead) as i64).unwrap_or_default()
}

/// The first element that matches.
pub(super) fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// All elements that match, below one.
pub(super) fn find_all(selector: &str) -> Vec<Element> {
    let Ok(list) = document().query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|at| list.item(at)?.dyn_into().ok()).collect()
}

fn attribute(selector: &str, name: &str) -> Option<String> {
    find(selector)?.get_attribute(name)
}

/// Listens for as long as the page lives.
pub(super) fn listen<E: JsCast + 'static>(
    target: &EventTarget,
    event: &str,
    mut act: impl FnMut(E) + 'static,
) {
    let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| act(event.unchecked_into()));
    if target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref()).is_ok() {
        closure.forget();
    }
}

/// Whether a key pressed now belongs to a field, a dialog or a combination, and must not be taken as a shortcut.
pub(super) fn typing(event: &KeyboardEvent) -> bool {
    let combined = event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing();
    let focused = document().active_element();
    let in_field =
        focused.is_some_and(|it| it.matches("input, textarea, select, [contenteditable]").unwrap_or(true));
    combined || event.repeat() || in_field || find("dialog[open]").is_some()
}

/// An answer of the broker.
pub(super) struct Answer {
    pub status: u16,
    pub redirected: bool,
    pub body: String,
}

/// Reads an address of the broker.
pub(super) async fn read(address: &str, accept: &str) -> Result<Answer, JsValue> {
    let headers = Headers::new()?;
    headers.set("Accept", accept)?;
    let init = RequestInit::new();
    init.set_headers(&headers);
    let response: Response =
        JsFuture::from(window().fetch_with_str_and_init(address, &init)).await?.dyn_into()?;
    let body = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok(Answer { status: response.status(), redirected: response.redirected(), body })
}
