use leptos::prelude::*;

/// How the page hears of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser moves it"))]
pub(crate) enum Connection {
    /// It does not: without JavaScript, or not yet.
    None,
    Live,
    Reconnecting,
    Offline,
}

impl Connection {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Live => "Live",
            Self::Reconnecting => "Reconnecting",
            Self::Offline => "Offline",
        }
    }
}

/// The connection dot. Behind it: one event stream for all tabs, which says that something changed; then the parts of
/// this page that are marked `data-live` are read again.
#[island]
pub(crate) fn Live() -> impl IntoView {
    let connection = RwSignal::new(Connection::None);
    let said = RwSignal::new(String::new());
    wake(connection, said);
    view! {
        <span class="live" data-state=move || connection.get().word() hidden=move || connection.get() == Connection::None>
            {move || connection.get().word()}
        </span>
        <span class="vh" role="status">{move || said.get()}</span>
    }
}

#[cfg(feature = "hydrate")]
use crate::browser::live::wake;

/// On the server nothing moves.
#[cfg(not(feature = "hydrate"))]
fn wake(_: RwSignal<Connection>, _: RwSignal<String>) {}
