use super::{FormToken, Icon};
use crate::{islands::Live, pages::desk};
use leptos::prelude::*;
use protocol::sessions::{Role, Viewer};

/// Where this is, whether it is live, the way to stop everything, and who is signed in.
#[component]
pub(crate) fn Top() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let warned = desk
        .banner()
        .map(|_| view! { <a class="warned" href="#banner"><Icon name="warning" />"Warning"</a> });
    let viewer = desk.viewer();
    let admin = viewer.as_ref().is_some_and(|viewer| viewer.roles.contains(&Role::Admin));
    let stop = admin
        .then(|| view! { <a class="b quiet no stop" href="/stop-all"><Icon name="stop" />"Stop all"</a> });
    view! {
        <header class="top">
            <span class="env">{desk.environment()}</span>
            <Live />
            {warned}
            <span class="gap"></span>
            {stop}
            {viewer.map(|viewer| view! { <Me viewer /> })}
        </header>
    }
    .into_any()
}

/// Who is signed in, how, and the way out.
#[component]
fn Me(viewer: Viewer) -> impl IntoView {
    let via = match viewer.via.as_str() {
        "link" => "Signed in by a link".to_owned(),
        "token" => "Signed in by a token".to_owned(),
        other => format!("Signed in by {other}"),
    };
    view! {
        <details class="me">
            <summary class="b quiet">
                <Icon name="person" />
                <span>{viewer.title}</span>
            </summary>
            <form method="post" action="/sign-out" class="sheet">
                <FormToken />
                <p class="small soft">{via} " as " <code>{viewer.person.to_string()}</code> "."</p>
                <button class="b">"Sign out"</button>
            </form>
        </details>
    }
}
