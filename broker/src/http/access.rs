//! The door in front of every route: who is it, and may they come in at all.

use super::{
    browser_cookie, client, cookies,
    error::Refused,
    next,
    origin::own_page,
    router::{Access, RouteInfo},
};
use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    ledger::acts::passkeys::RECOVERY,
    metrics,
    net::{Connection, connections::prove},
    store::{people, web},
    telemetry,
    tokens::{OpaqueKind, OpaqueToken},
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, Method, header::AUTHORIZATION};
use std::sync::Arc;
use tokio::time::Instant;
use tracing::Instrument as _;

/// Who came in through a browser, with what their forms are bound to.
#[derive(Debug, Clone)]
pub(super) struct Browser {
    pub visitor: Visitor,
    /// The HMAC of their web session.
    pub session: String,
    /// When a passkey last answered in it.
    pub proved_at: Option<DateTime<Utc>>,
    /// When it began.
    pub since: DateTime<Utc>,
    /// The HMAC of the cookie that says which browser it is, if it has one.
    pub machine: Option<String>,
}

impl Browser {
    /// Whether they came in with a recovery code: then all they can do is to make a new passkey.
    pub fn recovers(&self) -> bool {
        self.visitor.via == RECOVERY
    }
}

/// What they can reach then.
const FOR_RECOVERY: [&str; 4] = ["/me/recover", "/me/passkeys", "/me/language", "/sign-out"];

/// What kind of answer a refusal should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// RFC 9457.
    Problem,
    /// RFC 6749 section 5.2.
    OAuth,
    /// A page.
    Page,
}

/// What a route's door knows of it.
#[derive(Clone)]
pub(super) struct Door {
    pub app: Arc<App>,
    pub route: RouteInfo,
    pub measured: metrics::Route,
}

/// Lets a request through to its route, with who it is, or refuses it; measured and traced by the route's template.
pub(super) async fn door(State(door): State<Door>, request: Request, next: Next) -> Response {
    let Door { app, route, measured } = door;
    let begun = Instant::now();
    let span = telemetry::request(route.method, route.path, request.headers());
    let response = let_in(&app, route.access, request, next).instrument(span.clone()).await;
    telemetry::answered(&span, response.status());
    measured.answered(response.status(), begun.elapsed());
    response
}

async fn let_in(app: &Arc<App>, access: Access, mut request: Request, then: Next) -> Response {
    let style = match access {
        Access::Browser | Access::Visitor => Style::Page,
        Access::Client | Access::Registrant => Style::OAuth,
        _ => Style::Problem,
    };
    let connection = request.extensions().get::<Connection>().cloned();
    let admitted = match access {
        _ if !has_room(connection.as_ref(), access) => Err(Fault::Busy),
        Access::Anyone | Access::Client | Access::Registrant | Access::Caller => Ok(()),
        Access::Agent => agent(app, &mut request).await,
        Access::Person => person(app, &mut request).await,
        Access::Browser => browser(app, &mut request).await,
        Access::Visitor => own_page(app, &request),
    };
    let signed_out = access == Access::Browser && matches!(admitted, Err(Fault::Unauthenticated));
    if admitted.is_ok() && matches!(access, Access::Agent | Access::Person | Access::Browser) {
        prove(request.extensions());
    }
    let mut response = match admitted {
        Ok(()) => then.run(request).await,
        Err(Fault::MustRecover) if request.method() == Method::GET && request.uri().path() != "/events" => {
            Redirect::to("/me/recover").into_response()
        }
        Err(_) if signed_out && request.method() == Method::GET => {
            next::sign_in_first(request.uri(), request.headers())
        }
        Err(fault) => fault.into_response(),
    };
    if let Some(refused) = response.extensions_mut().get_mut::<Refused>() {
        refused.style = style;
    }
    if let Some(connection) =
        connection.filter(|_| access == Access::Client && response.status().is_success())
    {
        connection.prove();
    }
    response
}

/// Agents never hold all connections: some are left for people, who revoke.
fn has_room(connection: Option<&Connection>, access: Access) -> bool {
    let Some(connection) = connection else { return true };
    match access {
        Access::Agent | Access::Client | Access::Registrant | Access::Caller => connection.for_agent(),
        Access::Anyone | Access::Person | Access::Browser | Access::Visitor => {
            connection.for_person();
            true
        }
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Fault> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Fault::Unauthenticated) };
    let text = value.to_str().ok().and_then(|text| text.split_once(' '));
    let token = text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token);
    token.ok_or(Fault::Unauthenticated)
}

async fn agent(app: &App, request: &mut Request) -> Result<(), Fault> {
    let agent = client::by_bearer(app, bearer(request.headers())?).await?;
    request.extensions_mut().insert(agent);
    Ok(())
}

async fn person(app: &App, request: &mut Request) -> Result<(), Fault> {
    let token = OpaqueToken::parse(OpaqueKind::Person, bearer(request.headers())?)
        .map_err(|_| Fault::Unauthenticated)?;
    let mut conn = app.store.read().await?;
    let id = web::token(&mut conn, &token.mac(&app.mac_key), app.clock.now()).await?;
    let person = people::find(&mut conn, &id.ok_or(Fault::Unauthenticated)?).await?;
    let person = person.filter(|it| !it.blocked).ok_or(Fault::Unauthenticated)?;
    request.extensions_mut().insert(Visitor {
        person,
        via: "token".to_owned(),
        session: None,
        let_in_by: Vec::new(),
    });
    Ok(())
}

async fn browser(app: &App, request: &mut Request) -> Result<(), Fault> {
    own_page(app, request)?;
    let cookie = cookies::read(request.headers(), cookies::SESSION).ok_or(Fault::Unauthenticated)?;
    let token = OpaqueToken::parse(OpaqueKind::WebSession, &cookie).map_err(|_| Fault::Unauthenticated)?;
    let mac = token.mac(&app.mac_key);
    let mut found = session(app, &mac).await?;
    found.machine = browser_cookie::mac(app, request.headers());
    app.seen.session(&mac, app.clock.now());
    let recovers = found.recovers() && !FOR_RECOVERY.contains(&request.uri().path());
    request.extensions_mut().insert(found);
    if recovers { Err(Fault::MustRecover) } else { Ok(()) }
}

/// The person behind a web session that has neither ended, grown old nor been idle.
pub(super) async fn session(app: &App, mac: &str) -> Result<Browser, Fault> {
    let now = app.clock.now();
    let oldest = now - TimeDelta::seconds(i64::from(app.policy.web_session));
    let idle = now - TimeDelta::seconds(i64::from(app.policy.web_idle));
    let mut conn = app.store.read().await?;
    let session = web::session(&mut conn, mac, oldest, idle).await?.ok_or(Fault::Unauthenticated)?;
    let person = people::find(&mut conn, &session.person).await?;
    let person = person.filter(|it| !it.blocked).ok_or(Fault::Unauthenticated)?;
    let visitor =
        Visitor { person, via: session.via, session: Some(mac.to_owned()), let_in_by: session.let_in_by };
    let (proved_at, since) = (session.proved_at, session.since);
    Ok(Browser { visitor, session: mac.to_owned(), proved_at, since, machine: None })
}
