//! What people post from pages: the same acts as the people's API, answered with a page.

use super::{
    access::Browser,
    input::{Form, Named},
    pages::posted,
    people::narrowing_of,
};
use crate::{
    app::App,
    fault::Fault,
    grants::{self, Visitor},
};
use axum::{
    Extension, Json as Answer,
    extract::{RawQuery, State},
    response::Response,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::narrowing;
use protocol::{
    Card, GrantId, RequestId, Slug,
    card::{Approve, Deny, PasskeyAnswer},
    revoke::{RevokeRequest, Stopped, Subject},
};
use std::sync::Arc;
use web_ui::Said;

type AppState = State<Arc<App>>;
type Who = Extension<Browser>;

/// Checks that the form is this session's own; gives the time at which its page was rendered.
pub(super) fn rendered_at(app: &App, who: &Browser, form: &Form) -> Result<DateTime<Utc>, Fault> {
    let stale =
        || Fault::Forbidden("this form is not from a page of this session: open the page again".into());
    let token = form.get("form_token")?.ok_or_else(stale)?;
    let (millis, _) = token.split_once('.').ok_or_else(stale)?;
    let millis = millis.parse().map_err(|_| stale())?;
    let expected = super::desk::form_token(app, &who.session, millis);
    if aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), token.as_bytes()).is_err() {
        return Err(stale());
    }
    Ok(crate::store::time(millis))
}

/// How long the page had been there; no decision is faster than a person can read.
pub(super) fn not_too_fast(app: &App, rendered: DateTime<Utc>) -> Result<TimeDelta, Fault> {
    let least = TimeDelta::milliseconds(i64::from(app.policy.min_decision_ms));
    let took = app.clock.now() - rendered;
    if took < least { Err(Fault::TooFast) } else { Ok(took) }
}

pub(super) async fn preview(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<RequestId>,
    RawQuery(query): RawQuery,
) -> Result<Answer<Card>, Fault> {
    Ok(Answer(grants::card(&app, &who.visitor, &id, narrowing_of(query.as_deref())?).await?))
}

pub(super) async fn approve(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<RequestId>,
    form: Form,
) -> Response {
    let done = async {
        let took = not_too_fast(&app, rendered_at(&app, &who, &form)?)?;
        let narrowing = narrowing::from_pairs(&form.0).map_err(|bad| Fault::invalid(bad.name, bad.why))?;
        let decision = Approve {
            narrowing: (!narrowing.lines.is_empty()).then_some(narrowing),
            request_digest: form.need("request_digest")?,
            grant_digest: form.need("grant_digest")?,
            reason: form.get("reason")?.map(str::to_owned),
            passkey: passkey(&form)?,
        };
        grants::approve(&app, &who.visitor, &id, &decision, Some(took)).await
    };
    let done = done.await;
    let page = if done.is_ok() { format!("/requests/{id}") } else { review(&id, &form) };
    posted(&app, &who, &page, done.map(|_| None)).await
}

/// What the passkey answered, if the page asked it.
fn passkey(form: &Form) -> Result<Option<PasskeyAnswer>, Fault> {
    let (nonce, answer) = (form.get("nonce")?, form.get("answer")?.filter(|it| !it.is_empty()));
    let given = nonce.zip(answer);
    Ok(given.map(|(nonce, answer)| PasskeyAnswer { nonce: nonce.to_owned(), answer: answer.to_owned() }))
}

/// What was to be approved, to be looked at again as it was narrowed.
fn review(id: &RequestId, form: &Form) -> String {
    let narrowing = web_ui::narrowing_fields(form.0.iter().cloned());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(narrowing).append_pair("review", "1");
    format!("/requests/{id}?{}", query.finish())
}

pub(super) async fn deny(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<RequestId>,
    form: Form,
) -> Response {
    let done = async {
        let took = not_too_fast(&app, rendered_at(&app, &who, &form)?)?;
        let decision = Deny {
            request_digest: form.need("request_digest")?,
            reason: form.get("reason")?.map(str::to_owned),
            pause: form.get("pause")?.is_some(),
        };
        grants::deny(&app, &who.visitor, &id, &decision, Some(took)).await
    };
    posted(&app, &who, &format!("/requests/{id}"), done.await.map(|_| None)).await
}

async fn revoke(app: &Arc<App>, who: &Browser, form: &Form, subject: Subject, page: &str) -> Response {
    let done = async {
        rendered_at(app, who, form)?;
        let block = form.get("block")?.is_some();
        let reason = form.get("reason")?.map(str::to_owned);
        let visitor: &Visitor = &who.visitor;
        grants::revoke(app, visitor, subject, &RevokeRequest { block, reason }).await
    };
    posted(app, who, page, done.await.map(|stopped| Some(self::stopped(&stopped)))).await
}

/// What stopped, exactly.
pub(super) fn stopped(stopped: &Stopped) -> Said {
    let until = stopped.tokens_until.map(|until| until.format("%H:%M:%S").to_string());
    Said::new("done-stopped")
        .with("sessions", stopped.sessions)
        .with("narrowed", stopped.narrowed)
        .with("requests", stopped.requests)
        .with("streams", stopped.streams)
        .with("tokens", stopped.tokens)
        .with("until", until.unwrap_or_else(|| "none".to_owned()))
}

pub(super) async fn stop(
    State(app): AppState,
    Extension(who): Who,
    Named(grant): Named<GrantId>,
    form: Form,
) -> Response {
    let page = format!("/sessions/{grant}");
    revoke(&app, &who, &form, Subject::Session { grant }, &page).await
}

pub(super) async fn take_away(
    State(app): AppState,
    Extension(who): Who,
    Named((grant, service)): Named<(GrantId, Slug)>,
    form: Form,
) -> Response {
    let page = format!("/sessions/{grant}");
    revoke(&app, &who, &form, Subject::SessionService { grant, service }, &page).await
}

pub(super) async fn revoke_service(
    State(app): AppState,
    Extension(who): Who,
    Named(service): Named<Slug>,
    form: Form,
) -> Response {
    revoke(&app, &who, &form, Subject::Service { service }, "/services").await
}
