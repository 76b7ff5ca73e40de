//! A passkey is asked for before something goes on.

use super::{NotFound, desk, show};
use crate::{
    components::{FormToken, Heading, Icon, Message, PasskeyForm, hidden},
    desk::{FormView, Proof},
    texts::t,
};
use leptos::prelude::*;
use protocol::me::Ceremony;

/// `/me/prove`: the answer to a form that needs a passkey's fresh answer. The same form goes on from here, with all that
/// was typed but secrets.
#[component]
pub(crate) fn Prove() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let form = desk.filled().unwrap_or_default();
    let Some(proof) = form.proof.clone() else { return view! { <NotFound /> }.into_any() };
    let body = show(async move { desk.ask_step_up().await }, move |ceremony| {
        view! { <GoOn form proof ceremony /> }.into_any()
    });
    view! { <Heading title=t!("prove-title") /> {body} }.into_any()
}

#[component]
fn GoOn(form: FormView, proof: Proof, ceremony: Option<Ceremony>) -> impl IntoView {
    let errors: Vec<_> = form
        .errors
        .iter()
        .map(|(_, why)| why.clone().view())
        .map(|why| view! { <Message tone="high" icon="warning" alert=true>{why}</Message> })
        .collect();
    let what = about(&proof.action).map(|what| view! { <p><b>{what}</b></p> });
    let kept = hidden(&form.fields);
    let again = proof.secret_again.then(|| {
        view! { <Message tone="medium" icon="lock">{t!("prove-secret-again")}</Message> }
    });
    let label = if ceremony.is_some() { t!("passkey-use") } else { t!("prove-go-on") };
    let inside = view! {
        {kept}
        {what}
        <p>{t!("prove-why")}</p>
        <p class="soft small">{t!("prove-kept")}</p>
        {again}
        <div class="acts">
            <a class="b" href="/">{t!("passkey-back")}</a>
            <button class="b go"><Icon name="lock" />{label}</button>
        </div>
    };
    let form = match ceremony {
        Some(ceremony) => {
            view! { <PasskeyForm ceremony action=proof.action class="card padded">{inside}</PasskeyForm> }
                .into_any()
        }
        None => view! {
            <form method="post" action=proof.action class="card padded"><FormToken />{inside}</form>
        }
        .into_any(),
    };
    view! { {errors} {form} }
}

/// What a form is about, by where it is posted to.
fn about(action: &str) -> Option<String> {
    let mut parts = action.split('/').skip(1);
    let (kind, name) = (parts.next()?, parts.next().filter(|it| *it != "new")?);
    let name = name.to_owned();
    match kind {
        "services" => Some(t!("prove-service", name = name)),
        "connections" => Some(t!("prove-connection", name = name)),
        "agents" => Some(t!("prove-agent", name = name)),
        "people" => Some(t!("prove-person", name = name)),
        _ => None,
    }
}

/// Asks for the passkey before a page shows what is typed into it.
#[component]
pub(crate) fn ProveFirst(
    ceremony: Ceremony,
    /// Where it goes on.
    #[prop(into)]
    next: String,
    #[prop(into)] why: String,
) -> impl IntoView {
    view! {
        <PasskeyForm ceremony action="/me/prove" class="card padded">
            <input type="hidden" name="next" value=next />
            <p>{why}</p>
            <button class="b go"><Icon name="lock" />{t!("passkey-use")}</button>
        </PasskeyForm>
    }
}
