//! Connections: a new one, a new secret, a test. A secret goes into the vault and is never shown again, not even in the
//! form that was refused for another field.

use super::{Done, FormPost, at, fault_of, is_overtaken, rule, rules, service::as_it_is, tool, wrong};
use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    host::SecretText,
    http::{
        desk::admins,
        input::{Form, Named},
    },
    ledger::Why,
    services::{
        Wanted, WantedConnection,
        apply::{self, ApplyError},
        trial,
    },
    store::{
        connections::{self, Connection, Test},
        services,
    },
};
use axum::response::Response;
use protocol::{
    Slug,
    services::{AuthStyle, ServiceDefinition, ServiceKind},
    sessions::Role,
};
use std::collections::BTreeMap;
use web_ui::Said;

/// A new connection of a service.
pub(in crate::http) async fn connect(Named(id): Named<Slug>, post: FormPost) -> Response {
    let page = format!("/services/{id}/connect");
    post.then(&page, async |post| connected(post, &id).await).await
}

async fn connected(post: &FormPost, service: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    admins(&who.visitor)?;
    post.must_be_proven().await?;
    let fields = post.kept();
    let mut conn = app.store.read().await?;
    let known = services::find(&mut conn, service).await?.ok_or(Fault::NotFound("service"))?.definition;
    let wanted = match wanted(&known, form) {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(wrong(fields, errors)),
    };
    if connections::find(&mut conn, &wanted.name).await?.is_some() {
        return Ok(wrong(fields, vec![at("name", "keep-error-taken")]));
    }
    drop(conn);
    let name = wanted.name.clone();
    let account = wanted.account.clone();
    let wanted = Wanted { connections: vec![wanted], ..Wanted::default() };
    match seal(app, &who.visitor, &wanted, &name, form).await {
        // With an account, an MCP server can be asked what it offers.
        Ok(()) if known.kind == ServiceKind::Mcp => {
            let says = tool::read(post, service, Some(account)).await?;
            Ok(Done::Gone { page: format!("/services/{service}"), says })
        }
        Ok(()) => {
            let says = Said::new("done-connected").with("account", account);
            Ok(Done::Gone { page: format!("/services/{service}"), says })
        }
        Err(ApplyError::Secret { why, .. }) => Ok(wrong(fields, vec![rule("secret", why)])),
        Err(ApplyError::Refused(all)) => Ok(wrong(fields, rules(all))),
        Err(error) => Err(fault_of(error)),
    }
}

/// The connection that a form describes, or what is wrong with it.
fn wanted(service: &ServiceDefinition, form: &Form) -> Result<WantedConnection, Vec<(String, Said)>> {
    let text = |name: &str| form.get(name).ok().flatten().unwrap_or_default().trim();
    let mut errors = Vec::new();
    let mut slug = |field: &str, text: &str| match text.parse::<Slug>() {
        Ok(slug) => Some(slug),
        Err(error) => {
            errors.push(rule(field, format!("must be {}", error.expected)));
            None
        }
    };
    let name = slug("name", text("name"));
    let personal = text("whose") == "personal";
    let owner = if personal { slug("owner", text("owner")) } else { None };
    let named = form.0.iter().filter(|(field, _)| field == "approver" && !personal);
    let approvers: Vec<Slug> = named.filter_map(|(_, value)| slug("approver", value)).collect();
    if !personal && text("whose") != "shared" {
        errors.push(at("whose", "keep-error-whose"));
    }
    if let Err(why) = domain::text::plain_name(text("account"), 60) {
        errors.push(rule("account", why.to_string()));
    }
    if text("secret").is_empty() && service.auth != AuthStyle::None {
        errors.push(at("secret", "keep-error-needed"));
    }
    match name {
        Some(name) if errors.is_empty() => {
            let (service, account) = (service.id.clone(), text("account").to_owned());
            Ok(WantedConnection { name, service, account, owner, approvers, has_secret: true })
        }
        _ => Err(errors),
    }
}

/// Seals the secret of a form for this one connection.
async fn seal(
    app: &App,
    visitor: &Visitor,
    wanted: &Wanted,
    name: &Slug,
    form: &Form,
) -> Result<(), ApplyError> {
    let secret = form.get("secret").ok().flatten().unwrap_or_default();
    let secrets = BTreeMap::from([(name.clone(), SecretText::new(secret))]);
    let shown = apply::digest(&apply::changes(app, wanted).await?);
    apply::apply(app, wanted, &shown, &secrets, &visitor.by()).await.map(drop)
}

/// A connection that a person may know of.
pub(super) async fn known(app: &App, visitor: &Visitor, id: &Slug) -> Result<Connection, Fault> {
    let person = &visitor.person;
    let found = connections::find(&mut app.store.read().await?, id).await?;
    let knows = |it: &Connection| it.serves(&person.id) || person.is(Role::Admin) || person.is(Role::Auditor);
    found.filter(knows).ok_or(Fault::NotFound("connection"))
}

/// A connection gets a new secret.
pub(in crate::http) async fn reconnect(Named(id): Named<Slug>, post: FormPost) -> Response {
    let page = format!("/connections/{id}/reconnect");
    post.then(&page, async |post| reconnected(post, &id).await).await
}

async fn reconnected(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    let it = known(app, &who.visitor, id).await?;
    if it.owner.as_ref() != Some(&who.visitor.person.id) {
        admins(&who.visitor)?;
    }
    post.must_be_proven().await?;
    if form.get("version")?.and_then(|text| text.parse().ok()) != Some(it.version) {
        let why = format!(
            "somebody entered a new secret meanwhile: it is version {} now; look whether yours is still needed",
            it.version
        );
        return Err(Fault::refused(Why::Outdated(why)));
    }
    let fields = post.kept();
    if form.get("secret")?.unwrap_or_default().is_empty() {
        return Ok(wrong(fields, vec![at("secret", "keep-error-needed")]));
    }
    let wanted = Wanted { connections: vec![as_it_is(&it, true)], reseal: true, ..Wanted::default() };
    match seal(app, &who.visitor, &wanted, id, form).await {
        Ok(()) => {
            let says = Said::new("done-reconnected")
                .with("account", it.account.clone())
                .with("version", it.version + 1);
            Ok(Done::Gone { page: format!("/services/{}", it.service), says })
        }
        Err(ApplyError::Secret { why, .. }) => Ok(wrong(fields, vec![rule("secret", why)])),
        Err(ApplyError::Refused(all)) => Ok(wrong(fields, rules(all))),
        Err(error) if is_overtaken(&error) => Err(Fault::refused(Why::Changed)),
        Err(error) => Err(fault_of(error)),
    }
}

/// A connection is tried.
pub(in crate::http) async fn test(Named(id): Named<Slug>, post: FormPost) -> Response {
    let of = known(&post.app, &post.who.visitor, &id).await;
    let page = of.map_or_else(|_| "/services".to_owned(), |it| format!("/services/{}", it.service));
    post.then(&page, async |FormPost { app, who, .. }| {
        let it = known(app, &who.visitor, &id).await?;
        let says = says(&trial::test(app, &who.visitor, &id).await?);
        Ok(Done::gone(format!("/services/{}", it.service), says))
    })
    .await
}

/// What a test came to.
fn says(test: &Test) -> Said {
    let Test { call, status, outcome, ms, .. } = test;
    let key = match status {
        Some(200..=299) => "done-test-taken",
        Some(401 | 403) => "done-test-refused",
        Some(_) => "done-test-reached",
        None => "done-test-nothing",
    };
    let said = Said::new(key).with("call", call.clone()).with("ms", ms.to_string());
    match status {
        Some(status) => said.with("status", status.to_string()),
        None => said.with("why", outcome.replace('_', " ")),
    }
}
