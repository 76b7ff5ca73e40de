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
        <Title text=tab />
        <div class="page-head">
            <h1>{title}</h1>
            {id}
            {note.map(|note| view! { <span class="soft">{note}</span> })}
        </div>
    }
}
