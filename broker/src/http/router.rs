//! The whole URL space on one screen. A route that is not here does not exist: nothing else mounts any.

use super::{
    access, agent, assets, audit, docs, events, forms, guard, health, keep, keep_people, language, mcp, me,
    oauth, pages, people, proxy, sign_in,
};
use crate::app::App;
use axum::{
    Router,
    handler::Handler,
    middleware,
    routing::{MethodFilter, MethodRouter, on},
};
use std::sync::Arc;

/// Who gets past the door. What they may do behind it is decided where the thing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody.
    Anyone,
    /// An agent, by its secret.
    Agent,
    /// An OAuth client, by what the door itself asks for.
    Client,
    /// A stranger who registers an OAuth client, and whoever keeps a registration.
    Registrant,
    /// Whoever holds a token for a call.
    Caller,
    /// A person, by a token of their own; never by a cookie.
    Person,
    /// A person in a browser, by cookie; from our own page, or by a link.
    Browser,
    /// A browser before sign-in; from our own page, or by a link.
    Visitor,
}

/// A route, as a test or a document lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteInfo {
    /// The method; `ANY` for all.
    pub method: &'static str,
    /// The path, as axum writes it.
    pub path: &'static str,
    /// Who gets past the door.
    pub access: Access,
}

struct Route {
    info: RouteInfo,
    handler: MethodRouter<Arc<App>>,
}

fn get<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, access: Access, handler: H) -> Route {
    Route { info: RouteInfo { method: "GET", path, access }, handler: on(MethodFilter::GET, handler) }
}

fn post<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, access: Access, handler: H) -> Route {
    Route { info: RouteInfo { method: "POST", path, access }, handler: on(MethodFilter::POST, handler) }
}

fn put<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, access: Access, handler: H) -> Route {
    Route { info: RouteInfo { method: "PUT", path, access }, handler: on(MethodFilter::PUT, handler) }
}

fn delete<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, access: Access, handler: H) -> Route {
    Route { info: RouteInfo { method: "DELETE", path, access }, handler: on(MethodFilter::DELETE, handler) }
}

fn any<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, access: Access, handler: H) -> Route {
    Route { info: RouteInfo { method: "ANY", path, access }, handler: axum::routing::any(handler) }
}

fn all() -> impl Iterator<Item = Route> {
    [agents(), api(), decisions(), kept(), watched(), own(), everybody()].into_iter().flatten()
}

/// Agents, and what they call through.
fn agents() -> Vec<Route> {
    use Access::{Agent, Anyone, Caller, Client, Registrant};
    vec![
        post("/v1/requests", Agent, agent::open),
        get("/v1/requests/{id}", Agent, agent::read),
        delete("/v1/requests/{id}", Agent, agent::withdraw),
        post("/v1/requests/{id}/redeem", Agent, agent::redeem),
        post("/v1/requests/{id}/end", Agent, agent::end),
        get("/v1/me", Agent, agent::me),
        get("/v1/events", Agent, events::socket),
        post("/oauth/token", Client, oauth::token),
        post("/oauth/bc-authorize", Client, oauth::backchannel),
        post("/oauth/par", Client, oauth::push),
        post("/oauth/introspect", Client, oauth::introspect),
        post("/oauth/revoke", Client, oauth::revoke),
        get("/.well-known/oauth-authorization-server", Anyone, oauth::server),
        get("/.well-known/openid-configuration", Anyone, oauth::server),
        get("/.well-known/oauth-protected-resource/proxy/{service}", Anyone, oauth::resource),
        post("/oauth/register", Registrant, oauth::register),
        get("/oauth/register/{client}", Registrant, oauth::registered),
        put("/oauth/register/{client}", Registrant, oauth::reregister),
        delete("/oauth/register/{client}", Registrant, oauth::unregister),
        get("/.well-known/jwks.json", Anyone, oauth::jwks),
        any("/proxy/{service}/{*path}", Caller, proxy::call),
        any("/proxy/{service}/", Caller, proxy::call_root),
        get("/.well-known/oauth-protected-resource/mcp", Anyone, oauth::all_mcp_resource),
        get("/.well-known/oauth-protected-resource/mcp/{service}", Anyone, oauth::mcp_resource),
        any("/mcp", Caller, mcp::all),
        any("/mcp/{service}", Caller, mcp::one),
    ]
}

/// People, by their API token.
fn api() -> Vec<Route> {
    use Access::Person;
    vec![
        get("/v1/inbox", Person, people::inbox),
        get("/v1/inbox/{id}", Person, people::card),
        post("/v1/inbox/{id}/preview", Person, people::preview),
        post("/v1/inbox/{id}/approve", Person, people::approve),
        post("/v1/inbox/{id}/deny", Person, people::deny),
        get("/v1/sessions", Person, people::sessions),
        get("/v1/sessions/{id}", Person, people::session),
        post("/v1/sessions/{id}/stop", Person, people::stop),
        post("/v1/sessions/{id}/services/{service}/take-away", Person, people::take_away),
        get("/v1/services", Person, people::services),
        post("/v1/services/{id}/revoke", Person, people::revoke_service),
        get("/v1/agents", Person, people::agents),
        post("/v1/agents/{id}/revoke", Person, people::revoke_agent),
        post("/v1/people/{id}/revoke", Person, people::revoke_person),
        post("/v1/stop-all", Person, people::stop_all),
    ]
}

/// What people decide and stop, in a browser.
fn decisions() -> Vec<Route> {
    use Access::Browser;
    vec![
        get("/", Browser, pages::show),
        get("/requests/{id}", Browser, pages::show),
        get("/requests/{id}/preview", Browser, forms::preview),
        get("/requests/{id}/return", Browser, oauth::come_back),
        get("/oauth/authorize", Browser, oauth::authorize),
        post("/requests/{id}/approve", Browser, forms::approve),
        post("/requests/{id}/deny", Browser, forms::deny),
        get("/sessions", Browser, pages::show),
        get("/sessions/{id}", Browser, pages::show),
        post("/sessions/{id}/stop", Browser, forms::stop),
        post("/sessions/{id}/services/{service}/take-away", Browser, forms::take_away),
        get("/services", Browser, pages::show),
        get("/services/{id}/revoke", Browser, pages::show),
        post("/services/{id}/revoke", Browser, forms::revoke_service),
        get("/stop-all", Browser, pages::show),
        post("/stop-all", Browser, me::stop_all),
        get("/events", Browser, events::stream),
    ]
}

/// What people keep, and what agents read of it.
fn kept() -> Vec<Route> {
    use Access::{Anyone, Browser};
    vec![
        get("/services/new", Browser, pages::show),
        post("/services/new", Browser, keep::new_service),
        get("/services/{id}", Browser, pages::show),
        get("/services/{id}/edit", Browser, pages::show),
        post("/services/{id}/edit", Browser, keep::edit_service),
        post("/services/{id}/unblock", Browser, keep::unblock_service),
        get("/services/{id}/tool", Browser, pages::show),
        post("/services/{id}/tool", Browser, keep::word),
        get("/services/{id}/results", Browser, pages::show),
        post("/services/{id}/results", Browser, keep::results),
        post("/services/{id}/read-tools", Browser, keep::read_tools),
        get("/services/{id}/connect", Browser, pages::show),
        post("/services/{id}/connect", Browser, keep::connect),
        get("/connections/{id}/reconnect", Browser, pages::show),
        post("/connections/{id}/reconnect", Browser, keep::reconnect),
        post("/connections/{id}/test", Browser, keep::test),
        get("/connections/{id}/edit", Browser, pages::show),
        post("/connections/{id}/edit", Browser, keep::edit_account),
        get("/connections/{id}/remove", Browser, pages::show),
        post("/connections/{id}/remove", Browser, keep::remove_account),
        get("/agents", Browser, pages::show),
        get("/agents/new", Browser, pages::show),
        post("/agents/new", Browser, keep::register),
        get("/agents/{id}", Browser, pages::show),
        post("/agents/{id}/edit", Browser, keep::edit_agent),
        post("/agents/{id}/secret", Browser, keep::new_secret),
        post("/agents/{id}/keys", Browser, keep::add_key),
        post("/agents/{id}/keys/remove", Browser, keep::remove_key),
        post("/agents/{id}/pause", Browser, keep::pause),
        post("/agents/{id}/resume", Browser, keep::resume),
        get("/connect", Browser, pages::show),
        get("/search", Browser, pages::show),
        get("/docs", Browser, pages::show),
        get("/docs/agent", Anyone, docs::agent),
        get("/llms.txt", Anyone, docs::llms),
        get("/openapi.json", Anyone, docs::api),
    ]
}

/// What admins and auditors see of everything.
fn watched() -> Vec<Route> {
    use Access::Browser;
    vec![
        get("/activity", Browser, pages::show),
        get("/audit", Browser, pages::show),
        get("/audit/export.jsonl", Browser, audit::json_lines),
        get("/audit/export.csv", Browser, audit::csv),
        post("/audit/verify", Browser, audit::verify),
        get("/audit/{chain}/{seq}", Browser, pages::show),
        get("/people", Browser, pages::show),
        post("/people", Browser, keep_people::add),
        get("/people/{id}", Browser, pages::show),
        post("/people/{id}", Browser, keep_people::save),
        post("/people/{id}/block", Browser, keep_people::block),
        post("/people/{id}/let-in", Browser, keep_people::let_in),
        post("/people/{id}/link", Browser, keep_people::link),
        post("/people/{id}/vouch", Browser, keep_people::vouch),
        get("/people/{id}/decides", Browser, pages::show),
        post("/people/{id}/decides", Browser, keep_people::decides),
        get("/settings", Browser, pages::show),
        get("/system", Browser, pages::show),
    ]
}

/// How people come in, and what is their own.
fn own() -> Vec<Route> {
    use Access::{Browser, Visitor};
    vec![
        post("/me/language", Browser, language::choose),
        get("/me", Browser, pages::show),
        get("/me/passkeys/add", Browser, pages::show),
        post("/me/passkeys", Browser, me::add_passkey),
        post("/me/passkeys/{id}/rename", Browser, me::rename_passkey),
        get("/me/passkeys/{id}/remove", Browser, pages::show),
        post("/me/passkeys/{id}/remove", Browser, me::remove_passkey),
        get("/me/codes", Browser, pages::show),
        post("/me/codes", Browser, me::make_codes),
        post("/me/prove", Browser, me::prove),
        post("/me/sessions/{id}/end", Browser, me::end_session),
        post("/me/sessions/end-others", Browser, me::end_other_sessions),
        get("/me/recover", Browser, pages::show),
        get("/sign-in", Visitor, pages::show),
        post("/sign-in/passkey", Visitor, sign_in::use_passkey),
        get("/sign-in/link", Visitor, pages::show),
        post("/sign-in/link", Visitor, sign_in::use_link),
        get("/set-up", Visitor, pages::show),
        post("/set-up", Visitor, sign_in::set_up),
        post("/sign-out", Browser, sign_in::sign_out),
    ]
}

/// What everybody gets.
fn everybody() -> Vec<Route> {
    use Access::Anyone;
    vec![
        get("/assets/{file}", Anyone, assets::asset),
        get("/pkg/{file}", Anyone, assets::package),
        get("/livez", Anyone, health::live),
        get("/readyz", Anyone, health::ready),
    ]
}

/// Every route with who gets past its door.
pub fn table() -> Vec<RouteInfo> {
    all().map(|route| route.info).collect()
}

/// The router: every route behind its door, and everything behind the guard.
pub fn router(app: &Arc<App>) -> Router {
    pages::prepare();
    let mut router = Router::new();
    for route in all() {
        let measured = app.metrics.route(route.info.method, route.info.path);
        let state = access::Door { app: app.clone(), route: route.info, measured };
        let door = middleware::from_fn_with_state(state, access::door);
        #[expect(clippy::disallowed_methods, reason = "this is the one table")]
        {
            router = router.route(route.info.path, route.handler.layer(door));
        }
    }
    router
        .fallback(guard::no_such_route)
        .method_not_allowed_fallback(guard::no_such_method)
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app.clone())
}
