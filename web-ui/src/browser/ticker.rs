//! Counts down what stands on the page as plain HTML, and says local times in tooltips.

use super::dom::{find_all, now};
use crate::{
    format,
    texts::{language, t},
};
use chrono::DateTime;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsValue;

pub(crate) fn wake() {
    Effect::new(|_| {
        tick();
        set_interval(tick, Duration::from_secs(1));
    });
}

fn tick() {
    let now = now();
    for time in find_all("time[data-until]") {
        let until = time.get_attribute("data-until").and_then(|text| text.parse().ok());
        if let Some(until) = until.and_then(DateTime::from_timestamp_millis) {
            time.set_text_content(Some(&format::left((until - now).num_seconds())));
        }
    }
    for time in find_all("time[datetime]:not([title]), time[data-local]") {
        let at = time.get_attribute("datetime");
        if at != time.get_attribute("data-local") {
            let at = at.unwrap_or_default();
            let local = js_sys::Date::new(&JsValue::from_str(&at))
                .to_locale_string(language().tag(), &JsValue::UNDEFINED);
            drop(time.set_attribute("title", &t!("time-local", time = String::from(local))));
            drop(time.set_attribute("data-local", &at));
        }
    }
}
