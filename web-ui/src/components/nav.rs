use super::{Icon, SharedInbox};
use crate::{pages::desk, texts::t};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use protocol::sessions::Role;

/// A page that the navigation leads to.
#[derive(Clone)]
pub(crate) struct Place {
    pub href: &'static str,
    icon: &'static str,
    pub title: String,
}

/// All pages that the navigation leads to.
pub(crate) fn places() -> Vec<Place> {
    first().into_iter().chain(second()).collect()
}

fn first() -> [Place; 4] {
    let place = |href, icon, title| Place { href, icon, title };
    [
        place("/", "inbox", t!("nav-inbox")),
        place("/sessions", "sessions", t!("nav-sessions")),
        place("/services", "services", t!("nav-services")),
        place("/agents", "agents", t!("nav-agents")),
    ]
}

/// The pages behind the first four, as far as the viewer's roles reach.
fn second() -> Vec<Place> {
    let viewer = desk().and_then(|desk| desk.viewer());
    let is = |role| viewer.as_ref().is_some_and(|viewer| viewer.roles.contains(&role));
    let (admin, auditor) = (is(Role::Admin), is(Role::Auditor));
    let places = [
        (admin || auditor, "/audit", "audit", t!("nav-audit")),
        (admin || auditor, "/activity", "activity", t!("nav-activity")),
        (admin, "/people", "people", t!("nav-people")),
        (admin, "/settings", "settings", t!("nav-settings")),
        (admin, "/system", "system", t!("nav-system")),
        (true, "/connect", "connect", t!("nav-connect")),
        (true, "/search", "search", t!("nav-search")),
    ];
    let shown = places.into_iter().filter(|(shown, ..)| *shown);
    shown.map(|(_, href, icon, title)| Place { href, icon, title }).collect()
}

/// The mark and the pages: at the side, or at the bottom of a phone, where all but the first four stand behind "More".
#[component]
pub(crate) fn Nav() -> impl IntoView {
    let links = |places: Vec<Place>| -> Vec<_> {
        let link = |Place { href, icon, title }| view! { <NavLink href title icon /> };
        places.into_iter().map(link).collect()
    };
    let [inbox, rest @ ..] = first();
    view! {
        <nav class="side" aria-label=t!("nav-label")>
            <a class="brand" href="/">
                <svg viewBox="0 0 32 32" aria-hidden="true">
                    <rect x="3.5" y="3.5" width="25" height="25" rx="8" />
                    <path d="M9.5 17.5l4.2 4.2L23 11" />
                    <path class="faint" d="M9 25.2h14" />
                </svg>
                "Countersign"
            </a>
            <div class="nav">
                <NavLink href=inbox.href title=inbox.title icon=inbox.icon><WaitingCount /></NavLink>
                {links(rest.to_vec())}
                <div class="second">{links(second())}</div>
                <details class="rest">
                    <summary><Icon name="more" /><span>{t!("nav-more")}</span></summary>
                    <div class="sheet">{links(second())}</div>
                </details>
            </div>
        </nav>
    }
}

#[component]
fn NavLink(
    href: &'static str,
    title: String,
    icon: &'static str,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    let here = match href {
        "/" => path == "/" || path.starts_with("/requests"),
        "/services" => path.starts_with(href) || path.starts_with("/connections"),
        "/agents" => path.starts_with(href) || path == "/connect",
        // `/connections` begins like `/connect`, and is none of it.
        _ => path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    };
    view! {
        <a href=href aria-current=here.then_some("page")>
            <Icon name=icon />
            <span>{title}</span>
            {children.map(|children| children())}
        </a>
    }
}

/// How many requests wait; the live island replaces what is inside.
#[component]
fn WaitingCount() -> impl IntoView {
    let inbox = expect_context::<SharedInbox>();
    view! {
        <span id="waiting" data-live="">
            {Suspend::new(async move {
                let waiting = inbox.await.map_or(0, |inbox| inbox.waiting.len());
                (waiting > 0).then(|| view! { <span class="n" data-waiting=waiting>{waiting}<span class="vh">" "{t!("nav-waiting")}</span></span> })
            })}
        </span>
    }
}
