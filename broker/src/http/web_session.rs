//! The cookie of a web session: given at sign-in, and a new one whenever a passkey has answered.

use super::{access::Browser, cookies, device::Device, input::Form};
use crate::{
    app::App,
    fault::Fault,
    ledger::Why,
    people::passkeys::{self, Here, challenge::LIFETIME},
    store::{
        passkeys as rows,
        web::{NewSession, PASSKEY},
    },
    tokens::{OpaqueKind, OpaqueToken},
};
use axum::response::Response;

/// A session that is about to begin.
pub(super) struct Fresh(OpaqueToken);

impl Fresh {
    pub fn mint(app: &App) -> Result<Self, Fault> {
        let minted = OpaqueToken::mint(OpaqueKind::WebSession, app.rng.source());
        minted.map(Self).map_err(|error| Fault::Internal(error.to_string()))
    }

    /// What is stored of it.
    pub fn stored(&self, app: &App, device: &Device) -> NewSession {
        let before = device.cookie.as_deref();
        let before = before.and_then(|it| OpaqueToken::parse(OpaqueKind::WebSession, it).ok());
        let replaces = before.map(|it| it.mac(&app.mac_key));
        NewSession { mac: self.mac(app), device: device.words.clone(), replaces }
    }

    pub fn mac(&self, app: &App) -> String {
        self.0.mac(&app.mac_key)
    }

    /// Gives the browser its cookie.
    pub fn carry(&self, app: &App, response: Response) -> Response {
        cookies::with(response, cookies::SESSION, self.0.expose(), app.policy.web_session)
    }
}

/// Takes the cookie away.
pub(super) fn without_cookie(response: Response) -> Response {
    cookies::with(response, cookies::SESSION, "", 0)
}

impl Browser {
    pub fn here(&self) -> Here<'_> {
        Here { person: &self.visitor.person, via: &self.visitor.via, session: &self.session }
    }

    /// Whether a passkey has answered in this session lately.
    pub fn has_proved(&self, app: &App) -> bool {
        self.proved_at.is_some_and(|at| at > app.clock.now() - LIFETIME)
    }

    /// The same person in the session that goes on.
    pub fn in_session(mut self, app: &App, session: &Fresh) -> Self {
        self.session = session.mac(app);
        self.visitor.session = Some(self.session.clone());
        PASSKEY.clone_into(&mut self.visitor.via);
        self.proved_at = Some(app.clock.now());
        self
    }
}

/// Takes the passkey's answer that came with a form, if one did: then the session goes on as another.
pub(super) async fn answered(
    app: &App,
    who: Browser,
    form: &Form,
    device: &Device,
) -> Result<(Browser, Option<Fresh>), Fault> {
    let Some(answer) = form.get("answer")?.filter(|it| !it.is_empty()) else { return Ok((who, None)) };
    let nonce = form.get("nonce")?.unwrap_or_default();
    let fresh = Fresh::mint(app)?;
    passkeys::step_up(app, who.here(), answer, nonce, fresh.stored(app, device)).await?;
    Ok((who.in_session(app, &fresh), Some(fresh)))
}

/// Whoever has a passkey must have used it lately.
pub(super) async fn need_proof(app: &App, who: &Browser) -> Result<(), Fault> {
    let person = &who.visitor.person.id;
    if who.has_proved(app) || rows::count(&mut app.store.read().await?, person).await? == 0 {
        return Ok(());
    }
    Err(Fault::refused(Why::NeedsProof))
}
