use crate::texts::t;
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
    /// What the stylesheet and the tests know it by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Live => "Live",
            Self::Reconnecting => "Reconnecting",
            Self::Offline => "Offline",
        }
    }
}

impl Connection {
    fn word(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Live => t!("live-on"),
            Self::Reconnecting => t!("live-reconnecting"),
            Self::Offline => t!("live-off"),
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
        <span class="live" data-state=move || connection.get().name() hidden=move || connection.get() == Connection::None>
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
