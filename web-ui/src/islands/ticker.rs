use leptos::prelude::*;

/// Counts down every `time[data-until]` of the page, except that of the card, which counts for itself.
#[island]
pub(crate) fn Ticker() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::ticker::wake();
}
