//! Coming in by a passkey, a link or the set-up code, and going out.

use super::{
    access::Browser,
    address::Address,
    device::Device,
    forms::rendered_at,
    input::Form,
    next,
    pages::looking,
    web_session::{Fresh, without_cookie},
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
    people::passkeys,
    store::{meta, passkeys as rows, people::Person, web},
    tokens::{OpaqueKind, OpaqueToken},
};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use protocol::{Slug, people::Scope};
use std::{net::IpAddr, sync::Arc};

/// Signs in whoever holds the passkey that answered.
pub(super) async fn use_passkey(
    State(app): State<Arc<App>>,
    Address(from): Address,
    device: Device,
    form: Form,
) -> Response {
    let done = async {
        app.limits.stranger(from, Door::SignIn)?;
        let fresh = Fresh::mint(&app)?;
        let (answer, nonce) =
            (form.get("answer")?.unwrap_or_default(), form.get("nonce")?.unwrap_or_default());
        passkeys::sign_in(&app, answer, nonce, fresh.stored(&app, &device)).await?;
        Ok(fresh.carry(&app, next::go(device.wanted.as_deref())))
    };
    done.await.unwrap_or_else(|fault| looking(fault, "/sign-in", None))
}

/// Uses a sign-in link up. Opening the link only shows a button; this is the button.
pub(super) async fn use_link(
    State(app): State<Arc<App>>,
    Address(from): Address,
    device: Device,
    form: Form,
) -> Response {
    let page = match form.get("token") {
        // With a code to type, what went wrong is shown beside it.
        Ok(Some(token)) if form.get("code").is_ok_and(|code| code.is_some()) => {
            let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
            format!("/sign-in/link?t={token}")
        }
        _ => "/sign-in".to_owned(),
    };
    by_link(&app, from, &device, &form).await.unwrap_or_else(|fault| looking(fault, &page, None))
}

async fn by_link(app: &App, from: IpAddr, device: &Device, form: &Form) -> Result<Response, Fault> {
    app.limits.stranger(from, Door::SignIn)?;
    let text = form.get("token")?.unwrap_or_default();
    let link = OpaqueToken::parse(OpaqueKind::Link, text).map_err(|_| Fault::refused(Why::Spent))?;
    let (fresh, mac) = (Fresh::mint(app)?, link.mac(&app.mac_key));
    let session = fresh.stored(app, device);
    let mut conn = app.store.read().await?;
    let person = web::link(&mut conn, &mac, app.clock.now()).await?.ok_or(Why::Spent)?;
    let recovers = rows::count(&mut conn, &person).await? > 0;
    drop(conn);
    let response = if recovers {
        let typed = form.get("code")?.unwrap_or_default();
        passkeys::codes::recover(app, &person, mac, typed, session).await?;
        // Where they wanted to go is kept until they have a passkey.
        Redirect::to("/me/recover").into_response()
    } else {
        enter(app, Entering::UseLink { mac, session }).await?;
        next::go(device.wanted.as_deref())
    };
    Ok(fresh.carry(app, response))
}

/// Lets the first person into an empty installation, and on to their first passkey.
pub(super) async fn set_up(
    State(app): State<Arc<App>>,
    Address(from): Address,
    device: Device,
    form: Form,
) -> Response {
    by_code(&app, from, &device, &form).await.unwrap_or_else(|fault| looking(fault, "/set-up", None))
}

async fn by_code(app: &App, from: IpAddr, device: &Device, form: &Form) -> Result<Response, Fault> {
    app.limits.stranger(from, Door::SetUp)?;
    let stored = meta::get(&mut app.store.read().await?, meta::SETUP_CODE).await?;
    let typed = form.get("code")?.unwrap_or_default();
    let good = stored.and_then(|stored| set_up::recognise(&stored, typed, app.clock.now()));
    let mac = good.ok_or(Why::Spent)?;
    let id: Slug = form.need("name")?;
    let title = form.get("title")?.filter(|it| !it.trim().is_empty()).unwrap_or(id.as_str());
    domain::text::plain_name(title, 100).map_err(|refusal| Fault::text("title", &refusal))?;
    let person =
        Person { title: title.to_owned(), id, roles: Vec::new(), scope: Scope::default(), blocked: false };
    let fresh = Fresh::mint(app)?;
    let session = fresh.stored(app, device);
    enter(app, Entering::SetUp { mac, person: Box::new(person), session }).await?;
    let page = if app.relying.is_ok() && !app.vault.is_sealed() { "/me/passkeys/add" } else { "/" };
    Ok(fresh.carry(app, Redirect::to(page).into_response()))
}

async fn enter(app: &App, entering: Entering) -> Result<(), Fault> {
    match app.ledger.act(Act::Enter(Box::new(entering))).await? {
        Answer::Person(_) => Ok(()),
        _ => Err(LedgerError::OutcomeUnknown.into()),
    }
}

pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Browser>,
    form: Form,
) -> Result<Response, Fault> {
    rendered_at(&app, &who, &form)?;
    let (person, via) = (who.visitor.person.id.clone(), who.visitor.via.clone());
    app.ledger.act(Act::Enter(Box::new(Entering::SignOut { session: who.session, person, via }))).await?;
    Ok(without_cookie(Redirect::to("/").into_response()))
}
