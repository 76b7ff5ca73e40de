use super::{Icon, nav::places};
use crate::texts::t;
use leptos::prelude::*;

/// What `⌘K` opens: the pages by name as one types, and the search for all else. Without JavaScript nothing opens it, and
/// the search page is in the navigation.
#[component]
pub(crate) fn Palette() -> impl IntoView {
    let places: Vec<_> =
        places().into_iter().map(|it| view! { <li><a href=it.href>{it.title}</a></li> }).collect();
    view! {
        <dialog id="palette" aria-labelledby="palette-title">
            <h2 id="palette-title">{t!("palette-title")}</h2>
            <SearchField id="palette-q" words="" />
            <ul>{places}</ul>
            <form method="dialog">
                <button class="b quiet">{t!("keys-close")}</button>
            </form>
        </dialog>
    }
    .into_any()
}

/// The form that searches, as it stands in the palette and on the page.
#[component]
pub(crate) fn SearchField(id: &'static str, #[prop(into)] words: String) -> impl IntoView {
    view! {
        <form method="get" action="/search" role="search" class="search">
            <label for=id>{t!("search-for")}</label>
            <input id=id name="q" type="search" value=words maxlength="100" autocomplete="off" />
            <button class="b"><Icon name="search" />{t!("search-do")}</button>
        </form>
    }
}
