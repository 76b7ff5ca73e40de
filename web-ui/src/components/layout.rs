use super::{KeyHelp, LogId, Message, Palette, nav::Nav, top::Top};
use crate::{
    desk::{Desk, NoticeKind},
    islands::{Keys, Ticker},
    pages::{self, desk},
    texts::{foreign, t},
};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use protocol::{problem::Problem, sessions::Inbox};

/// The inbox, read once for the whole page: its own list and the number in the navigation. (Not a `Resource`: that
/// would send all of it a second time, as data of a script.)
pub(crate) type SharedInbox = Shared<BoxFuture<'static, Result<Inbox, Problem>>>;

/// What stands around every page. Signed-out people see how to sign in, whatever they asked for.
#[component]
pub(crate) fn Layout(children: Children) -> impl IntoView {
    let Some(desk) = desk() else { return children().into_any() };
    let viewer = desk.viewer();
    // Whoever came in with a recovery code can do one thing only, and nothing else is shown.
    if viewer.as_ref().is_some_and(|viewer| viewer.via == "recovery") {
        return view! {
            <main class="alone" data-now=desk.now().timestamp_millis()>
                <Notices />
                {children()}
            </main>
        }
        .into_any();
    }
    if viewer.is_none() {
        return view! {
            <main class="alone" data-now=desk.now().timestamp_millis()>
                <Notices />
                {if before_signing_in() { children().into_any() } else { view! { <pages::SignIn /> }.into_any() }}
            </main>
        }
        .into_any();
    }
    let reader = desk.clone();
    let inbox: SharedInbox = async move { reader.inbox().await }.boxed().shared();
    provide_context(inbox);
    view! {
        <a class="skip" href="#main">{t!("skip")}</a>
        <div class="shell">
            <Nav />
            <div class="page">
                <Top />
                <Banner />
                <main id="main" data-now=desk.now().timestamp_millis()>
                    <Notices />
                    {children()}
                </main>
            </div>
        </div>
        <Ticker />
        <KeyHelp />
        <Palette />
        <Keys />
    }
    .into_any()
}

/// Whether this page is for those who are not signed in.
fn before_signing_in() -> bool {
    let path = use_location().pathname.get_untracked();
    path.starts_with("/sign-in") || matches!(path.as_str(), "/set-up" | "/problem")
}

/// The permanent warning. On phones it stands below the page, and the top bar leads to it.
#[component]
fn Banner() -> impl IntoView {
    let text = desk().and_then(|desk| desk.banner());
    text.map(|text| view! { <div class="banner" id="banner"><Message tone="medium" icon="warning"><span lang=foreign()>{text}</span></Message></div> })
}

/// What came of the form that was just posted.
#[component]
fn Notices() -> impl IntoView {
    let notice = desk().as_deref().and_then(Desk::notice);
    notice.map(|notice| {
        let (tone, icon) = match notice.kind {
            NoticeKind::Done => ("low", "done"),
            NoticeKind::Problem => ("high", "warning"),
        };
        let id = notice.request_id.map(|id| view! { <LogId id /> });
        let alert = notice.kind == NoticeKind::Problem;
        view! { <Message tone icon alert=alert>{notice.said.view()}{id}</Message> }
    })
}
