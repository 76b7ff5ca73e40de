use leptos::prelude::*;

/// The first letter of a name. Only an aid for the eye: the name stands beside it.
pub(crate) fn face(name: &str) -> impl IntoView + use<> {
    let letter: String =
        name.chars().find(|c| c.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect();
    view! { <span class="face" aria-hidden="true">{letter}</span> }
}
