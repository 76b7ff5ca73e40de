//! What admins post about people.

use super::{
    form_post::{Done, FormPost},
    forms::stopped,
    input::{Form, Named},
};
use crate::{fault::Fault, grants, people::keep};
use axum::response::Response;
use protocol::{
    Slug,
    revoke::{RevokeRequest, Subject},
    sessions::Role,
};
use web_ui::Said;

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
