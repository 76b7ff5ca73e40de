use super::{desk, query_fields, show, status_setter};
use crate::{
    components::{FormToken, Heading, Icon, Message, PasskeyForm},
    texts::{rich, t},
};
use leptos::prelude::*;

/// `/sign-in`, and every page for those who are not signed in: how to get in.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let desk = desk();
    if desk.as_ref().is_some_and(|desk| desk.viewer().is_none()) {
        status_setter()(401);
    }
    let passkey = desk.and_then(|desk| desk.ask_sign_in()).map(|ceremony| {
        view! {
            <PasskeyForm ceremony action="/sign-in/passkey" class="card padded">
                <p>{t!("sign-in-passkey-what")}</p>
                <button class="b go"><Icon name="lock" />{t!("sign-in-passkey")}</button>
            </PasskeyForm>
        }
    });
    view! {
        <Heading title=t!("sign-in-title") />
        {passkey}
        <section class="card padded">
            <p>{t!("sign-in-link-what")}</p>
            <p><code>"countersign-broker sign-in-link NAME"</code></p>
            <p class="soft small">{t!("sign-in-lost")}</p>
            <p class="soft small">{t!("sign-in-nothing")}</p>
        </section>
    }
}

/// `/sign-in/link?t=TOKEN`: opening a link must not sign in, because mail scanners open links; the button does. For
/// somebody who has a passkey it only starts recovery.
#[component]
pub(crate) fn SignInLink() -> impl IntoView {
    let token = query_fields().into_iter().find_map(|(name, value)| (name == "t").then_some(value));
    let (Some(token), Some(desk)) = (token, desk()) else {
        return view! {
            <Message tone="high" icon="warning" alert=true>{t!("sign-in-link-cut")}</Message>
            <SignIn />
        }
        .into_any();
    };
    let asked = token.clone();
    let form = show(async move { Ok(desk.link_recovers(&asked).await) }, move |recovers| {
        let code = recovers.then(|| view! { <Code /> });
        let what = if recovers { t!("sign-in-link-recovers") } else { t!("sign-in-link-here") };
        let label = if recovers { t!("sign-in-recover") } else { t!("sign-in-do") };
        view! {
            <form class="card padded fields" method="post" action="/sign-in/link">
                <FormToken />
                <input type="hidden" name="token" value=token />
                <p>{what}</p>
                {code}
                <button class="b go">{label}</button>
            </form>
        }
        .into_any()
    });
    view! { <Heading title=t!("sign-in-title") /> {form} }.into_any()
}

#[component]
fn Code() -> impl IntoView {
    view! {
        <label>
            <b>{t!("sign-in-code")}</b>
            <span class="soft small">{rich!("sign-in-code-what")}</span>
            <input class="id" type="text" name="code" required=true maxlength="40" autocomplete="off"
                autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX-XXXX-XXXX" />
        </label>
    }
}
