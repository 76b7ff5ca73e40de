//! The palette: `⌘K` or `Ctrl K` opens it; what is typed leaves the pages whose names have it, and Enter goes to the
//! first of them. With none left, Enter searches, as the form does by itself.

use super::dom::{find, find_all, listen};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent};

const FIELD: &str = "#palette-q";

pub(super) fn wake() {
    listen(&window(), "keydown", |event: KeyboardEvent| {
        let combined = event.meta_key() != event.ctrl_key() && !event.alt_key() && !event.shift_key();
        if combined && event.key().eq_ignore_ascii_case("k") && find("dialog[open]").is_none() {
            event.prevent_default();
            open();
        }
    });
    let Some(dialog) = find("#palette") else { return };
    listen(&dialog, "input", |_: Event| narrow());
    listen(&dialog, "keydown", |event: KeyboardEvent| match event.key().as_str() {
        "ArrowDown" => step(&event, 1),
        "ArrowUp" => step(&event, -1),
        "Enter" if in_field() && !words().is_empty() => {
            if let Some(first) = left().first().and_then(|it| it.dyn_ref::<HtmlElement>().cloned()) {
                event.prevent_default();
                first.click();
            }
        }
        _ => (),
    });
}

fn open() {
    if let Some(dialog) = find("#palette").and_then(|it| it.dyn_into::<HtmlDialogElement>().ok()) {
        drop(dialog.show_modal());
    }
    if let Some(field) = field() {
        field.set_value("");
        drop(field.focus());
    }
    narrow();
}

fn field() -> Option<HtmlInputElement> {
    find(FIELD)?.dyn_into().ok()
}

fn words() -> String {
    field().map(|field| field.value().trim().to_lowercase()).unwrap_or_default()
}

fn in_field() -> bool {
    document().active_element().is_some_and(|it| it.id() == "palette-q")
}

/// Leaves the pages whose names have what is typed.
fn narrow() {
    let words = words();
    for item in find_all("#palette li") {
        let has = item.text_content().unwrap_or_default().to_lowercase().contains(&words);
        drop(if has { item.remove_attribute("hidden") } else { item.set_attribute("hidden", "") });
    }
}

/// The pages that are left.
fn left() -> Vec<Element> {
    find_all("#palette li:not([hidden]) a")
}

/// From the field through the pages that are left, and back.
fn step(event: &KeyboardEvent, by: isize) {
    let all: Vec<Element> = find(FIELD).into_iter().chain(left()).collect();
    let here = document().active_element();
    let at = here.and_then(|here| all.iter().position(|it| *it == here)).unwrap_or_default();
    let to = at.saturating_add_signed(by).min(all.len().saturating_sub(1));
    super::keys::focus(event, all.into_iter().nth(to));
}
