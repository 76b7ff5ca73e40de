use crate::{components::Heading, texts::t};
use leptos::prelude::*;

/// `/problem`: what the broker shows for a refusal that has no page of its own. The words are the notice that stands
/// above it, and the status is the refusal's.
#[component]
pub(crate) fn ProblemNotice() -> impl IntoView {
    view! {
        <Heading title=t!("problem-title") />
        <p class="after"><a class="b" href="/">{t!("to-inbox")}</a></p>
    }
}
