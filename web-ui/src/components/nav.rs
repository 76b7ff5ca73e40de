use super::{Icon, SharedInbox};
use crate::texts::t;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The mark and the pages: at the side, or at the bottom of a phone.
#[component]
pub(crate) fn Nav() -> impl IntoView {
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
                <NavLink href="/" title=t!("nav-inbox") icon="inbox"><WaitingCount /></NavLink>
                <NavLink href="/sessions" title=t!("nav-sessions") icon="sessions" />
                <NavLink href="/services" title=t!("nav-services") icon="services" />
                <NavLink href="/agents" title=t!("nav-agents") icon="person" />
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
        _ => path.starts_with(href),
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
