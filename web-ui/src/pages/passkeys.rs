use super::{desk, id_in_path, prove::ProveFirst, show};
use crate::{
    components::{FormToken, Heading, Icon, Message, PasskeyForm},
    texts::{rich, t},
};
use leptos::prelude::*;
use protocol::me::{Ceremony, PasskeySummary};

/// `/me/passkeys/add`: whoever has one already proves first that they are there.
#[component]
pub(crate) fn AddPasskey() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let asked = async move {
        let first = desk.me().await?.passkeys.is_empty();
        Ok(match desk.ask_step_up().await? {
            Some(proof) => (first, proof),
            None => (first, desk.ask_enrol().await?),
        })
    };
    let form = show(asked, |(first, ceremony): (bool, Ceremony)| {
        if ceremony.make {
            view! { <Make ceremony first /> }.into_any()
        } else {
            view! { <ProveFirst ceremony next="/me/passkeys/add" why=t!("passkey-prove-first") /> }.into_any()
        }
    });
    view! { <Heading title=t!("passkey-add-title") /> {form} }.into_any()
}

/// The form that makes one.
#[component]
fn Make(ceremony: Ceremony, #[prop(optional)] first: bool) -> impl IntoView {
    view! {
        <PasskeyForm ceremony action="/me/passkeys" class="card padded fields">
            <p>{if first { t!("passkey-first") } else { t!("passkey-another") }}</p>
            <label>
                <b>{t!("passkey-name")}</b>
                <span class="soft small">{t!("passkey-name-what")}</span>
                <input type="text" name="name" maxlength="60" autocomplete="off" placeholder=t!("passkey-name-example") />
            </label>
            <button class="b go"><Icon name="lock" />{t!("passkey-make")}</button>
            <p class="soft small">{rich!("passkey-later", inbox = crate::texts::Slot::link("/"))}</p>
        </PasskeyForm>
    }
}

/// `/me/recover`: all that somebody can do who came in with a recovery code.
#[component]
pub(crate) fn Recover() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let form = show(async move { desk.ask_enrol().await }, |ceremony| {
        view! {
            <PasskeyForm ceremony action="/me/passkeys" class="card padded fields">
                <p>{t!("recover-make")}</p>
                <label>
                    <b>{t!("passkey-name")}</b>
                    <span class="soft small">{t!("passkey-name-what")}</span>
                    <input type="text" name="name" maxlength="60" autocomplete="off" placeholder=t!("passkey-name-example") />
                </label>
                <button class="b go"><Icon name="lock" />{t!("passkey-make")}</button>
            </PasskeyForm>
        }
        .into_any()
    });
    view! {
        <Heading title=t!("recover-title") />
        {form}
        <form method="post" action="/sign-out" class="after"><FormToken /><button class="b quiet">{t!("top-sign-out")}</button></form>
    }
    .into_any()
}

/// `/me/passkeys/{id}/remove`: says what ends with it, and asks for a passkey.
#[component]
pub(crate) fn RemovePasskey() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let id: String = id_in_path().unwrap_or_default();
    let asked = async move {
        let me = desk.me().await?;
        let last = me.passkeys.len() == 1;
        Ok((me.passkeys.into_iter().find(|it| it.id == id), last, desk.ask_step_up().await?))
    };
    let form = show(asked, |(found, last, proof): (Option<PasskeySummary>, bool, _)| match found {
        Some(passkey) => view! { <ConfirmRemoval passkey last proof /> }.into_any(),
        None => view! { <Message tone="plain" icon="warning">{t!("passkey-gone")}</Message> }.into_any(),
    });
    view! { <Heading title=t!("passkey-remove-title") /> {form} }.into_any()
}

#[component]
fn ConfirmRemoval(passkey: PasskeySummary, last: bool, proof: Option<Ceremony>) -> impl IntoView {
    let action = format!("/me/passkeys/{}/remove", passkey.id);
    view! {
        <Message tone="high" icon="warning">
            {rich!("passkey-remove-what", name = passkey.name)}
            {last.then(|| view! { " " <b>{t!("passkey-remove-last")}</b> })}
        </Message>
        <Proven proof action label=t!("passkey-remove-do") tone="no" icon="delete" />
    }
}

/// A button that needs a passkey, which is asked for unless it answered lately.
#[component]
pub(crate) fn Proven(
    proof: Option<Ceremony>,
    #[prop(into)] action: String,
    label: String,
    tone: &'static str,
    #[prop(default = "/me")] back: &'static str,
    #[prop(default = "lock")] icon: &'static str,
) -> impl IntoView {
    let asks = proof.is_some();
    let acts = view! {
        <div class="acts">
            <a class="b" href=back>{t!("passkey-back")}</a>
            <button class=format!("b {tone}")><Icon name=icon />{label}</button>
        </div>
        {asks.then(|| view! { <p class="soft small">{t!("passkey-asks")}</p> })}
    };
    match proof {
        Some(ceremony) => {
            view! { <PasskeyForm ceremony action class="confirm">{acts}</PasskeyForm> }.into_any()
        }
        None => {
            view! { <form method="post" action=action class="confirm"><FormToken />{acts}</form> }.into_any()
        }
    }
}
