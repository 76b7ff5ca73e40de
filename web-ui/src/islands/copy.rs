use crate::texts::t;
use leptos::prelude::*;

/// Puts a button beside every `pre.copy` of the page. Without JavaScript the text can be selected.
#[island]
pub(crate) fn Copy() -> impl IntoView {
    let said = RwSignal::new(String::new());
    wake(said, t!("copy"), t!("copied"));
    view! { <span class="vh" role="status">{move || said.get()}</span> }
}

#[cfg(feature = "hydrate")]
use crate::browser::copy::wake;

/// On the server nothing is copied.
#[cfg(not(feature = "hydrate"))]
fn wake(_: RwSignal<String>, _: String, _: String) {}
