use super::{desk, query_fields, status_setter};
use crate::components::{FormToken, Heading, Message};
use leptos::prelude::*;

/// `/sign-in`, and every page for those who are not signed in: how to get in.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    if desk().is_some_and(|desk| desk.viewer().is_none()) {
        status_setter()(401);
    }
    view! {
        <Heading title="Sign in" />
        <div class="card padded">
            <p>
                "Countersign signs people in with a link that works once, for ten minutes. Whoever runs this broker makes one with"
            </p>
            <p><code>"countersign-broker sign-in-link NAME"</code></p>
            <p class="soft small">"Nothing can be approved, and nothing is shown, before you are signed in."</p>
        </div>
    }
}

/// `/sign-in/link?t=TOKEN`: opening a link must not sign in, because mail scanners open links; the button does.
#[component]
pub(crate) fn SignInLink() -> impl IntoView {
    let token = query_fields().into_iter().find_map(|(name, value)| (name == "t").then_some(value));
    let Some(token) = token else {
        return view! {
            <Message tone="high" icon="warning" alert=true>"This link is not complete. Copy the whole of it."</Message>
            <SignIn />
        }
        .into_any();
    };
    view! {
        <Heading title="Sign in" />
        <form class="card padded" method="post" action="/sign-in/link">
            <FormToken />
            <input type="hidden" name="token" value=token />
            <p>"This signs you in on this device. The link then stops working."</p>
            <button class="b go">"Sign in"</button>
        </form>
    }
    .into_any()
}
