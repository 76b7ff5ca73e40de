use leptos::prelude::*;

/// Wakes the single keys, their help and the table of them. They are dead in fields and dialogs, and can be changed or
/// turned off for good.
#[island]
pub(crate) fn Keys() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::keys::wake();
}
