//! The pages and their addresses.

use crate::{components::Layout, pages};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode::Async,
    components::{FlatRoutes, Route, Router},
    path,
};

/// All pages. Each is rendered completely before anything is sent, so that it is whole without JavaScript.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Layout>
                <FlatRoutes fallback=pages::NotFound>
                    <Route path=path!("/") view=pages::Inbox ssr=Async />
                    <Route path=path!("/requests/:id") view=pages::Request ssr=Async />
                    <Route path=path!("/sessions") view=pages::Sessions ssr=Async />
                    <Route path=path!("/sessions/:id") view=pages::Session ssr=Async />
                    <Route path=path!("/services") view=pages::Services ssr=Async />
                    <Route path=path!("/services/new") view=pages::NewService ssr=Async />
                    <Route path=path!("/services/:id") view=pages::Service ssr=Async />
                    <Route path=path!("/services/:id/edit") view=pages::EditService ssr=Async />
                    <Route path=path!("/services/:id/tool") view=pages::Tool ssr=Async />
                    <Route path=path!("/services/:id/results") view=pages::Results ssr=Async />
                    <Route path=path!("/services/:id/connect") view=pages::Connect ssr=Async />
                    <Route path=path!("/connections/:id/reconnect") view=pages::Reconnect ssr=Async />
                    <Route path=path!("/connections/:id/edit") view=pages::ChangeAccount ssr=Async />
                    <Route path=path!("/connections/:id/remove") view=pages::RemoveAccount ssr=Async />
                    <Route path=path!("/agents") view=pages::Agents ssr=Async />
                    <Route path=path!("/agents/new") view=pages::NewAgent ssr=Async />
                    <Route path=path!("/agents/:id") view=pages::Agent ssr=Async />
                    <Route path=path!("/search") view=pages::Search ssr=Async />
                    <Route path=path!("/docs") view=pages::Docs ssr=Async />
                    <Route path=path!("/connect") view=pages::ConnectAgent ssr=Async />
                    <Route path=path!("/services/:id/revoke") view=pages::RevokeService ssr=Async />
                    <Route path=path!("/activity") view=pages::Activity ssr=Async />
                    <Route path=path!("/audit") view=pages::Audit ssr=Async />
                    <Route path=path!("/audit/:chain/:seq") view=pages::AuditEvent ssr=Async />
                    <Route path=path!("/people") view=pages::People ssr=Async />
                    <Route path=path!("/people/:id") view=pages::Person ssr=Async />
                    <Route path=path!("/people/:id/decides") view=pages::Decides ssr=Async />
                    <Route path=path!("/settings") view=pages::Settings ssr=Async />
                    <Route path=path!("/system") view=pages::System ssr=Async />
                    <Route path=path!("/stop-all") view=pages::StopAll ssr=Async />
                    <Route path=path!("/me") view=pages::Me ssr=Async />
                    <Route path=path!("/me/passkeys/add") view=pages::AddPasskey ssr=Async />
                    <Route path=path!("/me/passkeys/:id/remove") view=pages::RemovePasskey ssr=Async />
                    <Route path=path!("/me/codes") view=pages::RecoveryCodes ssr=Async />
                    <Route path=path!("/me/prove") view=pages::Prove ssr=Async />
                    <Route path=path!("/me/recover") view=pages::Recover ssr=Async />
                    <Route path=path!("/sign-in") view=pages::SignIn ssr=Async />
                    <Route path=path!("/sign-in/link") view=pages::SignInLink ssr=Async />
                    <Route path=path!("/set-up") view=pages::SetUp ssr=Async />
                    <Route path=path!("/oauth/nothing") view=pages::NothingAsked ssr=Async />
                    <Route path=path!("/oauth/refused") view=pages::RefusedClient ssr=Async />
                    <Route path=path!("/problem") view=pages::ProblemNotice ssr=Async />
                </FlatRoutes>
            </Layout>
        </Router>
    }
}
