use leptos::{html, prelude::*};

const KEYS: [(&str, &str); 7] = [
    ("?", "this help"),
    ("G I", "go to the inbox"),
    ("G S", "go to the sessions"),
    ("G V", "go to the services"),
    ("A, Enter", "approve as shown: A arms it for 3 seconds, Enter approves"),
    ("D", "deny: goes to the reason"),
    ("Esc", "back; never decides"),
];

/// Single-key shortcuts and their help. They are dead while a field has the focus, and can be turned off for good.
#[island]
pub(crate) fn Keys() -> impl IntoView {
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    let on = RwSignal::new(true);
    wake(dialog, on);
    let rows = KEYS.map(|(keys, what)| view! { <dt><kbd>{keys}</kbd></dt><dd>{what}</dd> });
    view! {
        <dialog id="keys" node_ref=dialog aria-labelledby="keys-title">
            <h2 id="keys-title">"Keys"</h2>
            <dl>{rows.to_vec()}</dl>
            <form method="dialog">
                <label><input type="checkbox" id="keys-on" prop:checked=move || on.get()
                    on:change=move |event| on.set(event_target_checked(&event)) />" Single keys are on"</label>
                <button class="b">"Close"</button>
            </form>
        </dialog>
    }
}

#[cfg(feature = "hydrate")]
use crate::browser::keys::wake;

/// On the server nothing moves.
#[cfg(not(feature = "hydrate"))]
fn wake(_: NodeRef<html::Dialog>, _: RwSignal<bool>) {}
