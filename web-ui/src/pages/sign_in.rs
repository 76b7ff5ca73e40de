use super::{desk, query_fields, status_setter};
use crate::{
    components::{FormToken, Heading, Message},
    texts::t,
};
use leptos::prelude::*;

/// `/sign-in`, and every page for those who are not signed in: how to get in.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    if desk().is_some_and(|desk| desk.viewer().is_none()) {
        status_setter()(401);
    }
    view! {
        <Heading title=t!("sign-in") />
        <div class="card padded">
            <p>{t!("sign-in-how")}</p>
            <p><code>"countersign-broker sign-in-link NAME"</code></p>
            <p class="soft small">{t!("sign-in-before")}</p>
        </div>
    }
}

/// `/sign-in/link?t=TOKEN`: opening a link must not sign in, because mail scanners open links; the button does.
#[component]
pub(crate) fn SignInLink() -> impl IntoView {
    let token = query_fields().into_iter().find_map(|(name, value)| (name == "t").then_some(value));
    let Some(token) = token else {
        return view! {
            <Message tone="high" icon="warning" alert=true>{t!("sign-in-incomplete")}</Message>
            <SignIn />
        }
        .into_any();
    };
    view! {
        <Heading title=t!("sign-in") />
        <form class="card padded" method="post" action="/sign-in/link">
            <FormToken />
            <input type="hidden" name="token" value=token />
            <p>{t!("sign-in-link")}</p>
            <button class="b go">{t!("sign-in")}</button>
        </form>
    }
    .into_any()
}
