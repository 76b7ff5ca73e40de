//! What admins post about people.

use super::{
    desk::scope_of,
    effects,
    form_post::{Done, FormPost},
    forms::stopped,
    input::{Form, Named},
};
use crate::{fault::Fault, grants, ledger::Why, people::keep, services::compare::places};
use axum::response::Response;
use http::StatusCode;
use protocol::{
    Slug,
    people::Scope,
    revoke::{RevokeRequest, Subject},
    sessions::Role,
};
use web_ui::{FormView, Review, Said};

fn roles(form: &Form) -> Result<Vec<Role>, Fault> {
    let chosen = form.0.iter().filter(|(name, _)| name == "role").map(|(_, value)| value.as_str());
    let role = |word: &str| {
        let word = serde_json::Value::String(word.to_owned());
        serde_json::from_value(word).map_err(|_| Fault::invalid("role", "is none of the roles"))
    };
    chosen.take(8).map(role).collect()
}

/// The names that stand in a field, each once.
fn named(form: &Form, field: &str, known: &[(Slug, String)]) -> Result<Vec<Slug>, Fault> {
    let texts = form.0.iter().filter(|(name, _)| name == field).map(|(_, value)| value);
    let mut names = Vec::new();
    for text in texts {
        let known = known.iter().find(|(id, _)| id.as_str() == text);
        let (id, _) = known.ok_or_else(|| Fault::invalid(field, "is none that there is"))?;
        if !names.contains(id) {
            names.push(id.clone());
        }
    }
    Ok(names)
}

fn page(person: &Slug) -> String {
    format!("/people/{person}")
}

pub(super) async fn add(post: FormPost) -> Response {
    post.then("/people", async |post| {
        let FormPost { app, who, form, .. } = post;
        post.must_be_proven().await?;
        let id: Slug = form.need("name")?;
        let title = form.get("title")?.unwrap_or_default();
        keep::add(app, &who.visitor, id.clone(), title, roles(form)?).await?;
        let says = Said::new("done-person-added").with("person", id.as_str());
        Ok(Done::gone(page(&id), says))
    })
    .await
}

pub(super) async fn save(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| {
        let FormPost { app, who, form, .. } = post;
        post.must_be_proven().await?;
        let title = form.get("title")?.unwrap_or_default();
        keep::save(app, &who.visitor, id.clone(), title, roles(form)?).await?;
        Ok(Done::gone(page(&id), Said::new("done-person-saved")))
    })
    .await
}

pub(super) async fn block(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| {
        let FormPost { app, who, form, .. } = post;
        post.must_be_proven().await?;
        let reason = form.get("reason")?.map(str::to_owned);
        let subject = Subject::Person { person: id.clone() };
        let ended =
            grants::revoke(app, &who.visitor, subject, &RevokeRequest { block: true, reason }).await?;
        Ok(Done::gone(page(&id), stopped(&ended)))
    })
    .await
}

pub(super) async fn let_in(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| {
        let FormPost { app, who, .. } = post;
        post.must_be_proven().await?;
        keep::let_in(app, &who.visitor, id.clone()).await?;
        Ok(Done::gone(page(&id), Said::new("done-person-let-in")))
    })
    .await
}

pub(super) async fn link(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| {
        let FormPost { app, who, .. } = post;
        post.must_be_proven().await?;
        let url = keep::link(app, &who.visitor, id.clone()).await?;
        Ok(Done::gone(page(&id), Said::new("done-person-link").with("link", url)))
    })
    .await
}

pub(super) async fn vouch(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| {
        let FormPost { app, who, .. } = post;
        post.must_be_proven().await?;
        keep::vouch(app, &who.visitor, id.clone()).await?;
        Ok(Done::gone(page(&id), Said::new("done-person-vouched")))
    })
    .await
}

pub(super) async fn decides(Named(id): Named<Slug>, post: FormPost) -> Response {
    let form = format!("/people/{id}/decides");
    post.then(&form, async |post| decided(post, &id).await).await
}

/// For which services and agents somebody decides: what would come of it, and making it so.
async fn decided(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    let it = scope_of(app, &who.visitor, id).await?;
    post.must_be_proven().await?;
    if form.get("seen")? != Some(it.seen.as_str()) {
        let why =
            "somebody changed for what this person decides while you looked at it; this is how it is now";
        return Err(Fault::refused(Why::Outdated(why.to_owned())));
    }
    let (services, agents) = (named(form, "service", &it.services)?, named(form, "agent", &it.agents)?);
    let (scope, fields) = (Scope { services, agents }, post.kept());
    let again = |status, filled: FormView| Ok(Done::Again(status, Box::new(filled)));
    if form.get("do")? == Some("form") {
        return again(StatusCode::OK, FormView { fields, ..FormView::default() });
    }
    if scope == it.scope {
        let errors = vec![(String::new(), Said::new("keep-error-same"))];
        return again(StatusCode::UNPROCESSABLE_ENTITY, FormView { fields, errors, ..FormView::default() });
    }
    let shown = domain::digest::of_json(&scope).to_string();
    let effects = keep::lost(app, id, &scope).await?.iter().map(effects::words).collect();
    if form.get("do")? == Some("save") && form.get("shown")? == Some(shown.as_str()) {
        keep::decides(app, &who.visitor, id.clone(), it.scope, scope).await?;
        return Ok(Done::gone(page(id), Said::new("done-person-saved")));
    }
    let change =
        (format!("person {id}"), vec![format!("decides for: {} → {}", places(&it.scope), places(&scope))]);
    let review = Review { shown, changes: vec![change], effects, ..Review::default() };
    again(StatusCode::OK, FormView { fields, review: Some(review), ..FormView::default() })
}
