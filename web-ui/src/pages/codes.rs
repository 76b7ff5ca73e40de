use super::{desk, passkeys::Proven, show};
use crate::{
    components::{Heading, Message},
    texts::t,
};
use leptos::prelude::*;

/// `/me/codes`: new recovery codes. Right after they were made the page shows them, once.
#[component]
pub(crate) fn RecoveryCodes() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let codes = desk.new_codes();
    if !codes.is_empty() {
        return view! { <Shown codes /> }.into_any();
    }
    let form = show(async move { desk.ask_step_up().await }, |proof| {
        view! {
            <Message tone="medium" icon="warning">{t!("codes-replaced")}</Message>
            <Proven proof action="/me/codes" label=t!("codes-make") tone="go" />
        }
        .into_any()
    });
    view! { <Heading title=t!("codes-title") /> {form} }.into_any()
}

#[component]
fn Shown(codes: Vec<String>) -> impl IntoView {
    let all = codes.join("\n");
    let rows: Vec<_> = codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect();
    view! {
        <Heading title=t!("codes-title") />
        <div class="card padded codes" data-once="">
            <p><b>{t!("codes-once")}</b> " " {t!("codes-what")}</p>
            <ol>{rows}</ol>
            <details>
                <summary class="small">{t!("codes-copy")}</summary>
                <textarea readonly=true rows="10" aria-label=t!("codes-title")>{all}</textarea>
            </details>
            <p><a class="b go" href="/">{t!("codes-kept")}</a></p>
        </div>
    }
}
