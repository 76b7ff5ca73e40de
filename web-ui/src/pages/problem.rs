use crate::components::Heading;
use leptos::prelude::*;

/// `/problem`: what the broker shows for a refusal that has no page of its own. The words are the notice that stands
/// above it, and the status is the refusal's.
#[component]
pub(crate) fn ProblemNotice() -> impl IntoView {
    view! {
        <Heading title="That did not work" />
        <p class="after"><a class="b" href="/">"Inbox"</a></p>
    }
}
