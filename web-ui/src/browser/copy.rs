//! Buttons that copy a block of text.

use super::dom::{find_all, listen};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event};

/// Gives each block its button. The second words are said once it is copied.
pub(crate) fn wake(said: RwSignal<String>, words: String, done: String) {
    Effect::new(move |_| {
        for block in find_all("pre.copy") {
            add_button(&block, &words, &done, said);
        }
    });
}

fn add_button(block: &Element, words: &str, done: &str, said: RwSignal<String>) {
    let Ok(button) = document().create_element("button") else { return };
    button.set_text_content(Some(words));
    button.set_class_name("b quiet copies");
    drop(button.set_attribute("type", "button"));
    drop(block.insert_adjacent_element("afterend", &button));
    let (block, done) = (block.clone(), done.to_owned());
    listen(&button.clone(), "click", move |_: Event| {
        let text = block.text_content().unwrap_or_default();
        let (button, done) = (button.clone(), done.clone());
        spawn_local(async move {
            let copying = window().navigator().clipboard().write_text(&text);
            if JsFuture::from(copying).await.is_ok() {
                button.set_text_content(Some(&done));
                said.set(done);
            }
        });
    });
}
