use super::FormToken;
use crate::texts::{Language, language, t};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// In which language this person reads. Kept in a cookie of this browser.
#[component]
pub(crate) fn LanguageChoice() -> impl IntoView {
    let location = use_location();
    let back = format!("{}{}", location.pathname.get_untracked(), query(&location.search.get_untracked()));
    let options = Language::ALL.map(|each| {
        let (tag, chosen) = (each.tag(), each == language());
        view! { <option value=tag lang=tag selected=chosen>{each.name()}</option> }
    });
    view! {
        <form method="post" action="/me/language" class="language">
            <FormToken />
            <input type="hidden" name="back" value=back />
            <label for="language">{t!("language")}</label>
            <select id="language" name="language">{options.to_vec()}</select>
            <button class="b quiet">{t!("language-change")}</button>
        </form>
    }
}

fn query(search: &str) -> String {
    if search.is_empty() { String::new() } else { format!("?{}", search.trim_start_matches('?')) }
}
