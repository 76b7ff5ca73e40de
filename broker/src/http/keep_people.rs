//! What admins post about people.

use super::{
    access::Browser,
    forms::{rendered_at, stopped},
    input::{Form, Named},
    pages::posted,
};
use crate::{app::App, fault::Fault, grants, people::keep};
use axum::{Extension, extract::State, response::Response};
use protocol::{
    Slug,
    revoke::{RevokeRequest, Subject},
    sessions::Role,
};
use std::sync::Arc;
use web_ui::Said;

type AppState = State<Arc<App>>;
type Who = Extension<Browser>;

fn roles(form: &Form) -> Result<Vec<Role>, Fault> {
    let chosen = form.0.iter().filter(|(name, _)| name == "role").map(|(_, value)| value.as_str());
    let role = |word: &str| {
        let word = serde_json::Value::String(word.to_owned());
        serde_json::from_value(word).map_err(|_| Fault::invalid("role", "is none of the roles"))
    };
    chosen.take(8).map(role).collect()
}

fn page(person: &Slug) -> String {
    format!("/people/{person}")
}

pub(super) async fn add(State(app): AppState, Extension(who): Who, form: Form) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        let id: Slug = form.need("name")?;
        keep::add(&app, &who.visitor, id.clone(), form.get("title")?.unwrap_or_default(), roles(&form)?)
            .await?;
        Ok(id)
    };
    let done = done.await;
    let next = done.as_ref().map_or_else(|_| "/people".to_owned(), page);
    let said = done.map(|id| Some(Said::new("done-person-added").with("person", id.as_str())));
    posted(&app, &who, &next, said).await
}

pub(super) async fn save(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<Slug>,
    form: Form,
) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        let title = form.get("title")?.unwrap_or_default();
        keep::save(&app, &who.visitor, id.clone(), title, roles(&form)?).await
    };
    let said = done.await.map(|()| Some(Said::new("done-person-saved")));
    posted(&app, &who, &page(&id), said).await
}

pub(super) async fn block(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<Slug>,
    form: Form,
) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        let reason = form.get("reason")?.map(str::to_owned);
        let subject = Subject::Person { person: id.clone() };
        grants::revoke(&app, &who.visitor, subject, &RevokeRequest { block: true, reason }).await
    };
    posted(&app, &who, &page(&id), done.await.map(|it| Some(stopped(&it)))).await
}

pub(super) async fn let_in(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<Slug>,
    form: Form,
) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        keep::let_in(&app, &who.visitor, id.clone()).await
    };
    posted(&app, &who, &page(&id), done.await.map(|()| Some(Said::new("done-person-let-in")))).await
}

pub(super) async fn link(
    State(app): AppState,
    Extension(who): Who,
    Named(id): Named<Slug>,
    form: Form,
) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        keep::link(&app, &who.visitor, id.clone()).await
    };
    let said = done.await.map(|url| Some(Said::new("done-person-link").with("link", url)));
    posted(&app, &who, &page(&id), said).await
}
