use super::Icon;
use crate::texts::t;
use leptos::prelude::*;

/// Words that must be seen: icon, colour and text.
#[component]
pub(crate) fn Message(
    tone: &'static str,
    icon: &'static str,
    /// Whether it interrupts a screen reader.
    #[prop(optional)]
    alert: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <div class=format!("message {tone}") role=if alert { "alert" } else { "status" }>
            <Icon name=icon />
            <p>{children()}</p>
        </div>
    }
}

/// The id under which the log tells more.
#[component]
pub(crate) fn LogId(id: String) -> impl IntoView {
    view! { <span class="small soft">" " {t!("problem-log")} " " <code>{id}</code></span> }
}
