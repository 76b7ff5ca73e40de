use super::{desk, show};
use crate::{
    components::{
        Heading,
        me::{Codes, Passkeys, Rights, WebSessions},
    },
    texts::t,
};
use leptos::prelude::*;

/// `/me`: how the viewer signs in, where they are signed in, and what they may do.
#[component]
pub(crate) fn Me() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let (now, viewer) = (desk.now(), desk.viewer());
    let parts = show(async move { desk.me().await }, move |me| {
        let (left, sessions, has) = (me.codes_left, me.sessions.clone(), !me.passkeys.is_empty());
        view! {
            <Passkeys me now />
            {has.then(|| view! { <Codes left /> })}
            <WebSessions sessions now />
            {viewer.map(|viewer| view! { <Rights viewer /> })}
        }
        .into_any()
    });
    view! { <Heading title=t!("me-title") /> {parts} }.into_any()
}
