//! Small parts that most pages use.

use crate::{desk::Desk, format, pages::desk};
use leptos::prelude::*;
use leptos_meta::Title;

/// The token that every form carries.
#[component]
pub(crate) fn FormToken() -> impl IntoView {
    let token = desk().as_deref().map(Desk::form_token);
    view! { <input type="hidden" name="form_token" value=token /> }
}

/// The head of a page, and the title of its tab.
#[component]
pub(crate) fn Heading(
    #[prop(into)] title: String,
    /// What the page is about: a full id, shown short.
    #[prop(optional, into)]
    id: Option<String>,
    /// Whether the title is somebody's or something's name.
    #[prop(optional)]
    named: bool,
    /// A few words beside the title.
    #[prop(optional, into)]
    note: Option<String>,
    /// How many requests wait, for the tab.
    #[prop(optional)]
    waiting: usize,
) -> impl IntoView {
    let tab = if waiting == 0 {
        format!("{title} · Countersign")
    } else {
        format!("({waiting}) {title} · Countersign")
    };
    let id = id.map(|id| view! { <span class="soft id" title=id.clone()>{format::short(&id)}</span> });
    view! {
        <Title text=escaped(&tab) />
        <div class="page-head">
            <h1>{if named { view! { <bdi>{title}</bdi> }.into_any() } else { title.into_any() }}</h1>
            {id}
            {note.map(|note| view! { <span class="soft">{note}</span> })}
        </div>
    }
}

/// The text of a `<title>`: Leptos writes it into the page as it is, and a title may be somebody's name.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
