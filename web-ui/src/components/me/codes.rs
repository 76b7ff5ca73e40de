use crate::{
    components::Message,
    texts::{rich, t},
};
use leptos::prelude::*;

/// Fewer than this are few.
const FEW: i64 = 3;

/// How many recovery codes are left.
#[component]
pub(crate) fn Codes(left: i64) -> impl IntoView {
    let few = (left < FEW).then(|| {
        view! { <Message tone="medium" icon="warning">{t!("me-codes-few")}</Message> }
    });
    view! {
        <section id="codes">
            <h2>{t!("me-codes")}</h2>
            {few}
            <p>{rich!("me-codes-left", count = left)}</p>
            <p class="soft small">{t!("me-codes-what")}</p>
            <p class="after"><a class="b quiet" href="/me/codes">{t!("me-codes-make")}</a></p>
        </section>
    }
}
