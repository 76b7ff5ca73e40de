//! What people do on `/me`: passkeys, recovery codes, web sessions.

use super::{
    access::Browser,
    device::Device,
    forms::rendered_at,
    guard::ExchangeId,
    input::{Form, Named},
    language,
    pages::{self, posted},
    web_session::{Fresh, answered},
};
use crate::{
    app::App,
    fault::Fault,
    ledger::acts::{Act, Ending, PasskeyAct},
    people::{passkeys, sessions},
};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use http::HeaderMap;
use protocol::Slug;
use std::sync::Arc;
use web_ui::Said;

type AppState = State<Arc<App>>;
type Who = Extension<Browser>;

async fn act(app: &App, act: PasskeyAct) -> Result<(), Fault> {
    app.ledger.act(Act::Passkey(Box::new(act))).await.map(drop).map_err(Into::into)
}

fn carried(app: &App, fresh: Option<&Fresh>, response: Response) -> Response {
    match fresh {
        Some(fresh) => fresh.carry(app, response),
        None => response,
    }
}

/// A new passkey was made. The first one brings recovery codes, which are shown now and never again.
pub(super) async fn add_passkey(
    State(app): AppState,
    Extension(who): Who,
    device: Device,
    exchange: Option<Extension<ExchangeId>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        let fresh = Fresh::mint(&app)?;
        let field = |name| form.get(name).map(Option::unwrap_or_default);
        let made = (field("answer")?, field("nonce")?, field("name")?);
        let added = passkeys::enrol(&app, who.here(), made, fresh.stored(&app, &device)).await?;
        Ok::<_, Fault>((fresh, added.codes))
    };
    match done.await {
        Ok((fresh, codes)) => {
            let who = who.in_session(&app, &fresh);
            let response = if codes.is_empty() {
                posted(&app, &who, "/me", Ok(Some(Said::new("me-done-added")))).await
            } else {
                pages::codes(app.clone(), who, language::of(&headers), exchange, codes).await
            };
            fresh.carry(&app, response)
        }
        Err(fault) => {
            let page = if who.recovers() { "/me/recover" } else { "/me/passkeys/add" };
            posted(&app, &who, page, Err(fault)).await
        }
    }
}

pub(super) async fn rename_passkey(
    State(app): AppState,
    Extension(who): Who,
    Named(credential): Named<String>,
    form: Form,
) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        let name = passkeys::named(form.get("name")?.unwrap_or_default(), 0)?;
        let (person, via) = (who.visitor.person.id.clone(), who.visitor.via.clone());
        act(&app, PasskeyAct::Rename { person, via, credential, name }).await
    };
    posted(&app, &who, "/me", done.await.map(|()| Some(Said::new("me-done-renamed")))).await
}

/// Does something that needs a passkey's answer, which may come with the form.
async fn proven<T>(
    app: &Arc<App>,
    who: Browser,
    (device, form): (&Device, &Form),
    page: &str,
    then: impl AsyncFnOnce(&Browser) -> Result<T, Fault>,
) -> Result<(Browser, Option<Fresh>, T), Response> {
    let begun = async {
        rendered_at(app, &who, form)?;
        answered(app, who.clone(), form, device).await
    };
    let (now, fresh) = match begun.await {
        Ok(begun) => begun,
        Err(fault) => return Err(posted(app, &who, page, Err(fault)).await),
    };
    match then(&now).await {
        Ok(done) => Ok((now, fresh, done)),
        Err(fault) => {
            let response = posted(app, &now, page, Err(fault)).await;
            Err(carried(app, fresh.as_ref(), response))
        }
    }
}

pub(super) async fn remove_passkey(
    State(app): AppState,
    Extension(who): Who,
    device: Device,
    Named(credential): Named<String>,
    form: Form,
) -> Response {
    let page = format!("/me/passkeys/{credential}/remove");
    let done = proven(&app, who, (&device, &form), &page, async |who: &Browser| {
        let (person, via) = (who.visitor.person.id.clone(), who.visitor.via.clone());
        act(&app, PasskeyAct::Remove { person, via, session: who.session.clone(), credential }).await
    });
    match done.await {
        Ok((who, fresh, ())) => {
            let response = posted(&app, &who, "/me", Ok(Some(Said::new("me-done-removed")))).await;
            carried(&app, fresh.as_ref(), response)
        }
        Err(response) => response,
    }
}

pub(super) async fn make_codes(
    State(app): AppState,
    Extension(who): Who,
    device: Device,
    exchange: Option<Extension<ExchangeId>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let done = proven(&app, who, (&device, &form), "/me/codes", async |who: &Browser| {
        let (shown, codes) = passkeys::codes::mint(&app).await?.into_iter().unzip();
        let (person, via) = (who.visitor.person.id.clone(), who.visitor.via.clone());
        act(&app, PasskeyAct::MakeCodes { person, via, session: who.session.clone(), codes }).await?;
        Ok(shown)
    });
    match done.await {
        Ok((who, fresh, shown)) => {
            let response = pages::codes(app.clone(), who, language::of(&headers), exchange, shown).await;
            carried(&app, fresh.as_ref(), response)
        }
        Err(response) => response,
    }
}

/// Whether a proof leads on to this: a page of our own that asks for one before anything is typed into it.
fn goes_on_to(page: &str) -> bool {
    let parts: Vec<&str> = page.split('/').collect();
    match parts.as_slice() {
        ["", "me", "passkeys", "add"] => true,
        ["", "services", id, "connect"] | ["", "connections", id, "reconnect"] => id.parse::<Slug>().is_ok(),
        _ => false,
    }
}

/// Proves that the person is there, and goes on to what needs it.
pub(super) async fn prove(State(app): AppState, Extension(who): Who, device: Device, form: Form) -> Response {
    let next = form.get("next").ok().flatten().filter(|it| goes_on_to(it)).unwrap_or("/me").to_owned();
    match proven(&app, who, (&device, &form), &next, async |_: &Browser| Ok(())).await {
        Ok((_, fresh, ())) => carried(&app, fresh.as_ref(), Redirect::to(&next).into_response()),
        Err(response) => response,
    }
}

pub(super) async fn end_session(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<String>,
    form: Form,
) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        let person = who.visitor.person.id.clone();
        let mac = sessions::find(&app, &person, &id).await?.ok_or(Fault::NotFound("session"))?;
        let via = who.visitor.via.clone();
        act(&app, PasskeyAct::EndSessions { person, via, which: Ending::One(mac) }).await
    };
    posted(&app, &who, "/me", done.await.map(|()| Some(Said::new("me-done-ended")))).await
}

pub(super) async fn end_other_sessions(State(app): AppState, Extension(who): Who, form: Form) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        let (person, via) = (who.visitor.person.id.clone(), who.visitor.via.clone());
        let which = Ending::AllBut(who.session.clone());
        act(&app, PasskeyAct::EndSessions { person, via, which }).await
    };
    posted(&app, &who, "/me", done.await.map(|()| Some(Said::new("me-done-others-ended")))).await
}

/// Stops everything; whoever has a passkey uses it for that.
pub(super) async fn stop_all(
    State(app): AppState,
    Extension(who): Who,
    device: Device,
    form: Form,
) -> Response {
    use super::{forms, web_session::need_proof};
    use crate::grants;
    use protocol::revoke::{RevokeRequest, Subject};
    let done = proven(&app, who, (&device, &form), "/stop-all", async |who: &Browser| {
        need_proof(&app, who).await?;
        let asked = RevokeRequest { block: false, reason: form.get("reason")?.map(str::to_owned) };
        grants::revoke(&app, &who.visitor, Subject::All, &asked).await
    });
    match done.await {
        Ok((who, fresh, stopped)) => {
            let response = posted(&app, &who, "/sessions", Ok(Some(forms::stopped(&stopped)))).await;
            carried(&app, fresh.as_ref(), response)
        }
        Err(response) => response,
    }
}
