use leptos::{html, prelude::*};

/// Brings the form that it stands in to life: what came of asking the device is said here.
#[island]
pub(crate) fn Passkey() -> impl IntoView {
    let place: NodeRef<html::P> = NodeRef::new();
    let said = RwSignal::new(String::new());
    wake(place, said);
    view! { <p class="passkey-said" role="status" node_ref=place>{move || said.get()}</p> }
}

#[cfg(feature = "hydrate")]
use crate::browser::passkey::wake;

/// On the server nothing moves.
#[cfg(not(feature = "hydrate"))]
fn wake(_: NodeRef<html::P>, _: RwSignal<String>) {}
