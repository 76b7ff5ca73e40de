use super::status_setter;
use crate::{
    components::{Heading, Message},
    texts::{rich, t},
};
use leptos::prelude::*;

/// Every other address.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    status_setter()(404);
    view! {
        <Heading title=t!("missing-title") />
        <Message tone="plain" icon="warning">
            {rich!("missing")}
        </Message>
        <p class="after"><a class="b" href="/">{t!("to-inbox")}</a></p>
    }
}
