//! Which key does what: the list of the help, which is also the place to change it. Plain HTML; the browser's half
//! fills in what is chosen there and keeps it.

#[cfg(feature = "ssr")]
use crate::texts::t;
#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// What a single key can do: the name under which a choice is kept, and its own key.
pub(crate) const ACTS: [(&str, &str); 8] = [
    ("help", "?"),
    ("go", "g"),
    ("next", "j"),
    ("previous", "k"),
    ("approve", "a"),
    ("deny", "d"),
    ("narrow", "n"),
    ("stop", "s"),
];

/// Whether single keys are on, and which they are. It may stand more than once on a page.
#[cfg(feature = "ssr")]
#[component]
pub(crate) fn KeyChoice() -> impl IntoView {
    let rows: Vec<_> = ACTS.into_iter().map(|(act, key)| view! { <Row act key /> }).collect();
    view! {
        <div class="keys">
            <label class="small">
                <input type="checkbox" data-keys-on="" checked=true disabled=true />
                " "
                {t!("keys-on")}
            </label>
            <dl>
                {rows}
                <dt><kbd>"⌘K"</kbd>" / "<kbd>"Ctrl K"</kbd></dt>
                <dd>{t!("keys-palette")}</dd>
                <dt><kbd>"Enter"</kbd></dt>
                <dd>{t!("keys-open")}</dd>
                <dt><kbd>"Esc"</kbd></dt>
                <dd>{t!("keys-back")}</dd>
            </dl>
            <p class="small soft">{t!("keys-choose-note")}</p>
            <p class="small warn" role="alert" data-keys-clash="" hidden=true>{t!("keys-same")}</p>
            <button type="button" class="b quiet" data-keys-reset="" disabled=true>{t!("keys-reset")}</button>
        </div>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
#[component]
fn Row(act: &'static str, key: &'static str) -> impl IntoView {
    let text = match act {
        "help" => t!("keys-help"),
        "go" => t!("keys-go"),
        "next" => t!("keys-next"),
        "previous" => t!("keys-previous"),
        "approve" => t!("keys-approve"),
        "deny" => t!("keys-deny"),
        "narrow" => t!("keys-narrow"),
        _ => t!("keys-stop"),
    };
    let second = (act == "go").then(|| view! { " " <kbd>"I"</kbd> " " <kbd>"S"</kbd> " " <kbd>"A"</kbd> });
    view! {
        <dt>
            <input type="text" class="key" data-act=act value=key maxlength="1" size="1" autocomplete="off"
                autocapitalize="none" aria-label=text.clone() disabled=true />
            {second}
        </dt>
        <dd>{text}</dd>
    }
}

/// The help, which `?` opens.
#[cfg(feature = "ssr")]
#[component]
pub(crate) fn KeyHelp() -> impl IntoView {
    view! {
        <dialog id="keys" aria-labelledby="keys-title">
            <h2 id="keys-title">{t!("keys-title")}</h2>
            <KeyChoice />
            <form method="dialog">
                <button class="b go">{t!("keys-close")}</button>
            </form>
        </dialog>
    }
}
