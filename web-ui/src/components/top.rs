use super::{FormToken, Icon};
use crate::{
    components::LanguageChoice,
    islands::Live,
    pages::desk,
    texts::{rich, t},
};
use leptos::prelude::*;
use protocol::sessions::{Role, Viewer};

/// Where this is, whether it is live, the way to stop everything, and who is signed in.
#[component]
pub(crate) fn Top() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let warned = desk
        .banner()
        .map(|_| view! { <a class="warned" href="#banner"><Icon name="warning" />{t!("top-warning")}</a> });
    let viewer = desk.viewer();
    let admin = viewer.as_ref().is_some_and(|viewer| viewer.roles.contains(&Role::Admin));
    let stop = admin.then(
        || view! { <a class="b quiet no stop" href="/stop-all"><Icon name="stop" />{t!("top-stop-all")}</a> },
    );
    view! {
        <header class=format!("top env-{}", desk.environment_colour())>
            <span class="env">{desk.environment()}</span>
            <Live />
            {warned}
            <span class="gap"></span>
            <a class="b quiet find" href="/search"><Icon name="search" /><span>{t!("nav-search")}</span><kbd>"⌘K"</kbd></a>
            {stop}
            {viewer.map(|viewer| view! { <Me viewer /> })}
        </header>
    }
    .into_any()
}

/// Who is signed in, how, and the way out.
#[component]
fn Me(viewer: Viewer) -> impl IntoView {
    let person = viewer.person.to_string();
    let via = match viewer.via.as_str() {
        "link" => rich!("top-via-link", person = person),
        "token" => rich!("top-via-token", person = person),
        by if by.starts_with("link by ") => {
            rich!("top-via-link-by", person = person, by = by.trim_start_matches("link by ").to_owned())
        }
        other => rich!("top-via-other", via = other, person = person),
    };
    view! {
        <details class="me">
            <summary class="b quiet">
                <Icon name="person" />
                <span>{viewer.title}</span>
            </summary>
            <div class="sheet">
                <p class="small soft">{via}</p>
                <a href="/me">{t!("me-title")}</a>
                <LanguageChoice />
                <form method="post" action="/sign-out">
                    <FormToken />
                    <button class="b">{t!("top-sign-out")}</button>
                </form>
            </div>
        </details>
    }
}
