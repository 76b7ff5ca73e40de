//! The browser's half of a passkey: asks the device, and gives its answer as JSON. What the answer is worth, the broker
//! says.

use super::{dom::listen, refresh};
use crate::texts::t;
use js_sys::{Function, JSON, Object, Promise, Reflect};
use leptos::{html, prelude::*, task::spawn_local};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, HtmlFormElement, HtmlInputElement};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    /// This browser has no passkeys, or not at this address.
    Missing,
    /// The person said no, or nothing for too long: browsers do not tell which.
    Refused,
    /// The device has a passkey of this person already.
    There,
    /// Anything else.
    Broken,
}

impl Failed {
    /// What is true now, and what to do.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Missing => t!("passkey-missing"),
            Self::Refused => t!("passkey-refused"),
            Self::There => t!("passkey-there"),
            Self::Broken => t!("passkey-broken"),
        }
    }
}

impl From<JsValue> for Failed {
    fn from(error: JsValue) -> Self {
        let name = Reflect::get(&error, &"name".into()).ok().and_then(|it| it.as_string());
        match name.as_deref() {
            Some("NotAllowedError" | "AbortError" | "TimeoutError") => Self::Refused,
            Some("InvalidStateError") => Self::There,
            Some("SecurityError" | "NotSupportedError") => Self::Missing,
            _ => Self::Broken,
        }
    }
}

/// One of the person's passkeys answers these options.
pub(crate) async fn ask(options: &str) -> Result<String, Failed> {
    ceremony(options, "parseRequestOptionsFromJSON", "get").await
}

/// The device makes a passkey by these options.
pub(crate) async fn make(options: &str) -> Result<String, Failed> {
    ceremony(options, "parseCreationOptionsFromJSON", "create").await
}

async fn ceremony(options: &str, parse: &str, act: &str) -> Result<String, Failed> {
    let window = JsValue::from(window());
    let class = member(&window, "PublicKeyCredential")?;
    let credentials = member(&member(&window, "navigator")?, "credentials")?;
    let options = function(&class, parse)?.call1(&class, &JSON::parse(options)?)?;
    let asked = Object::new();
    Reflect::set(&asked, &"publicKey".into(), &options)?;
    let promise: Promise =
        function(&credentials, act)?.call1(&credentials, &asked)?.dyn_into().map_err(|_| Failed::Broken)?;
    let credential = JsFuture::from(promise).await?;
    let json = function(&credential, "toJSON")?.call0(&credential)?;
    JSON::stringify(&json)?.as_string().ok_or(Failed::Broken)
}

/// A member that an older browser may lack.
fn member(of: &JsValue, name: &str) -> Result<JsValue, Failed> {
    let found = Reflect::get(of, &name.into()).map_err(|_| Failed::Missing)?;
    if found.is_undefined() || found.is_null() { Err(Failed::Missing) } else { Ok(found) }
}

fn function(of: &JsValue, name: &str) -> Result<Function, Failed> {
    member(of, name)?.dyn_into().map_err(|_| Failed::Missing)
}

/// Before the form around this place is posted, the device is asked; the answer goes with it.
pub(crate) fn wake(place: NodeRef<html::P>, said: RwSignal<String>) {
    Effect::new(move |woken: Option<bool>| {
        if woken == Some(true) {
            return true;
        }
        let form = place.get().and_then(|it| it.closest("form").ok().flatten());
        let Some(form) = form.and_then(|it| it.dyn_into::<HtmlFormElement>().ok()) else { return false };
        let busy = Rc::new(Cell::new(false));
        listen(&form.clone(), "submit", move |event: Event| {
            event.prevent_default();
            if !busy.replace(true) {
                said.set(t!("passkey-asking"));
                let (form, busy) = (form.clone(), busy.clone());
                spawn_local(async move {
                    match answer(&form).await {
                        Ok(()) => {
                            refresh::leave();
                            drop(form.submit());
                        }
                        Err(failed) => {
                            said.set(failed.words());
                            busy.set(false);
                        }
                    }
                });
            }
        });
        true
    });
}

async fn answer(form: &HtmlFormElement) -> Result<(), Failed> {
    let options = form.get_attribute("data-options").unwrap_or_default();
    let json = match form.get_attribute("data-passkey").as_deref() {
        Some("make") => make(&options).await?,
        _ => ask(&options).await?,
    };
    let field = form.query_selector("input[name=answer]").ok().flatten().ok_or(Failed::Broken)?;
    field.dyn_into::<HtmlInputElement>().map_err(|_| Failed::Broken)?.set_value(&json);
    Ok(())
}
