//! Coming in by a link or the set-up code, and going out.

use super::{
    access::{Browser, COOKIE_NAME},
    address::Address,
    forms::rendered_at,
    input::Form,
    pages::looking,
};
use crate::{
    app::App,
    fault::Fault,
    host::set_up,
    ledger::{
        Answer, LedgerError, Why,
        acts::{Act, Entering},
    },
    limits::Door,
    store::{meta, people::Person},
    tokens::{OpaqueKind, OpaqueToken},
};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderValue, header::SET_COOKIE};
use protocol::Slug;
use std::{net::IpAddr, sync::Arc};

/// Uses a sign-in link up. Opening the link only shows a button; this is the button.
pub(super) async fn use_link(State(app): State<Arc<App>>, Address(from): Address, form: Form) -> Response {
    by_link(&app, from, &form).await.unwrap_or_else(|fault| looking(fault, "/sign-in", None))
}

async fn by_link(app: &App, from: IpAddr, form: &Form) -> Result<Response, Fault> {
    app.limits.stranger(from, Door::SignIn)?;
    let text = form.get("token")?.unwrap_or_default();
    let link = OpaqueToken::parse(OpaqueKind::Link, text).map_err(|_| Fault::refused(Why::Spent))?;
    let session = new_session(app)?;
    let entering = Entering::UseLink { mac: link.mac(&app.mac_key), session: session.mac(&app.mac_key) };
    enter(app, entering, &session).await
}

/// Lets the first person into an empty installation.
pub(super) async fn set_up(State(app): State<Arc<App>>, Address(from): Address, form: Form) -> Response {
    by_code(&app, from, &form).await.unwrap_or_else(|fault| looking(fault, "/set-up", None))
}

async fn by_code(app: &App, from: IpAddr, form: &Form) -> Result<Response, Fault> {
    app.limits.stranger(from, Door::SetUp)?;
    let stored = meta::get(&mut app.store.read().await?, meta::SETUP_CODE).await?;
    let typed = form.get("code")?.unwrap_or_default();
    let good = stored.and_then(|stored| set_up::recognise(&stored, typed, app.clock.now()));
    let mac = good.ok_or(Why::Spent)?;
    let id: Slug = form.need("name")?;
    let title = form.get("title")?.filter(|it| !it.trim().is_empty()).unwrap_or(id.as_str());
    domain::text::plain_name(title, 100).map_err(|refusal| Fault::text("title", &refusal))?;
    let person = Person { title: title.to_owned(), id, roles: Vec::new(), blocked: false };
    let session = new_session(app)?;
    let entering = Entering::SetUp { mac, person: Box::new(person), session: session.mac(&app.mac_key) };
    enter(app, entering, &session).await
}

fn new_session(app: &App) -> Result<OpaqueToken, Fault> {
    OpaqueToken::mint(OpaqueKind::WebSession, app.rng.source())
        .map_err(|error| Fault::Internal(error.to_string()))
}

async fn enter(app: &App, entering: Entering, session: &OpaqueToken) -> Result<Response, Fault> {
    match app.ledger.act(Act::Enter(Box::new(entering))).await? {
        Answer::Person(_) => {}
        _ => return Err(LedgerError::OutcomeUnknown.into()),
    }
    Ok(with_cookie(session.expose(), app.policy.web_session))
}

pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Browser>,
    form: Form,
) -> Result<Response, Fault> {
    rendered_at(&app, &who, &form)?;
    let person = who.visitor.person.id.clone();
    app.ledger.act(Act::Enter(Box::new(Entering::SignOut { session: who.session, person }))).await?;
    Ok(with_cookie("", 0))
}

fn with_cookie(value: &str, seconds: u32) -> Response {
    let cookie = format!("{COOKIE_NAME}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    let mut response = Redirect::to("/").into_response();
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
