//! The pages: server-rendered Leptos with islands, and the [`Desk`] they ask.
//!
//! The server half (`ssr`) renders every page completely, as plain links and forms that work without JavaScript.
//! The browser half (`hydrate`) is the islands alone: `browser` wires what `islands` shows to timers, keys, previews
//! and the event stream. It never decides anything: a decision is always the same form post.

mod components;
mod fields;
mod format;
mod islands;
mod texts;

#[cfg(feature = "hydrate")]
mod browser;

#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
mod desk;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod shell;

pub use fields::narrowing_fields;
pub use texts::{Language, Value};

#[cfg(feature = "ssr")]
pub use {
    app::App,
    components::problem_title,
    desk::{
        AccountDesk, AccountView, ActionUsage, AgentDesk, AgentView, CatalogueEntry, Colour, ConnectionView,
        Definition, Desk, FormOf, FormView, KeyView, MeDesk, NoticeKind, Once, OperationView, OperatorDesk,
        PageNotice, PeopleDesk, PersonChoice, Proof, RecentSession, RecordDesk, Review, Said, ScopeView,
        ServerView, ServiceDesk, ServiceView, Tested, ToolDesk, ToolPage, ToolView, Tried, Trust, WayBack,
    },
    shell::{ContentSecurityPolicy, FAVICON, STYLE, shell},
};

/// Wakes the islands of the page. Called once by the script that Leptos puts into the page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
