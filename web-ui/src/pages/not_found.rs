use super::status_setter;
use crate::components::{Heading, Message};
use leptos::prelude::*;

/// Every other address.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    status_setter()(404);
    view! {
        <Heading title="Nothing here" />
        <Message tone="plain" icon="warning">
            <b>"There is no page at this address,"</b>
            " or it is not yours to see. Nothing was granted or changed."
        </Message>
        <p class="after"><a class="b" href="/">"Inbox"</a></p>
    }
}
