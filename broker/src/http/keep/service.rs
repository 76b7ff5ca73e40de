//! A service is added or changed: the form, what saving it would do, and saving it.

use super::{Done, FormPost, at, declare, fault_of, is_overtaken, rule, rules, wrong};
use crate::{
    app::App,
    fault::Fault,
    http::{
        access::Browser,
        desk::admins,
        input::{Form, Named},
    },
    ledger::acts::Declaration,
    services::{
        Change, Wanted, WantedConnection,
        apply::{self, ApplyError},
        context,
    },
    store::{
        connections::{self, Connection},
        services::{self, Service},
    },
};
use axum::response::Response;
use domain::definition::form::{self, Pair};
use http::StatusCode;
use protocol::{Digest, Slug, revoke::Subject, services::ServiceDefinition};
use std::collections::BTreeMap;
use web_ui::{FormView, Review, Said};

/// A new service.
pub(in crate::http) async fn new(post: FormPost) -> Response {
    post.then("/services/new", async |post| worked_on(post, None).await).await
}

/// A service that is there.
pub(in crate::http) async fn edit(Named(id): Named<Slug>, post: FormPost) -> Response {
    let page = format!("/services/{id}/edit");
    post.then(&page, async |post| worked_on(post, Some(&id)).await).await
}

/// A blocked service may be asked for again.
pub(in crate::http) async fn unblock(Named(id): Named<Slug>, post: FormPost) -> Response {
    let page = format!("/services/{id}");
    post.then(&page, async |post| {
        let FormPost { app, who, .. } = post;
        admins(&who.visitor)?;
        post.must_be_proven().await?;
        let subject = Subject::Service { service: id.clone() };
        declare(app, &who.visitor, Declaration::Unblock(subject)).await?;
        Ok(Done::gone(page.clone(), Said::new("done-unblocked")))
    })
    .await
}

/// A form about a service, as far as it was understood.
struct Draft {
    fields: Vec<Pair>,
    before: Option<Service>,
    definition: ServiceDefinition,
    /// Connections whose secrets do not open where the service would be.
    moved: Vec<Connection>,
}

async fn worked_on(post: &FormPost, id: Option<&Slug>) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    admins(&who.visitor)?;
    let mut fields = post.kept();
    let wanted = form.get("do")?;
    if let Some(row) = form.get("remove_row")? {
        let of_row = format!(".{row}");
        fields.retain(|(name, value)| !(name.ends_with(&of_row) || name == "row" && value == row));
        return Ok(again(fields));
    }
    match wanted {
        Some("add_row") => {
            let next = form::rows(&fields).iter().filter_map(|row| row.parse::<u32>().ok()).max();
            fields.push(("row".to_owned(), next.map_or(0, |row| row.saturating_add(1)).to_string()));
            Ok(again(fields))
        }
        Some("form") => Ok(again(fields)),
        // Whoever would be asked for a passkey in the end is asked for it before anything is agreed to.
        _ => match proven_draft(post, id, fields).await? {
            Ok(draft) if wanted == Some("save") => save(app, who, draft, form).await,
            Ok(draft) => review(app, draft, Vec::new()).await,
            Err(done) => Ok(done),
        },
    }
}

/// A definition with what a form says of one part of it, or what is wrong with the form.
pub(super) type Redeclared = Result<ServiceDefinition, Vec<(String, Said)>>;

/// What a form about one part of a service's definition says is reviewed and saved as the form of the whole is.
pub(super) async fn redeclared(
    post: &FormPost,
    id: &Slug,
    change: fn(&Service, &[Pair]) -> Redeclared,
) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    admins(&who.visitor)?;
    let (fields, wanted) = (post.kept(), form.get("do")?);
    if wanted == Some("form") {
        return Ok(again(fields));
    }
    post.must_be_proven().await?;
    let before = services::find(&mut app.store.read().await?, id).await?;
    let before = before.ok_or(Fault::NotFound("service"))?;
    let definition = match change(&before, &fields) {
        Ok(definition) => definition,
        Err(errors) => return Ok(wrong(fields, errors)),
    };
    if form.get("version")?.and_then(|it| it.parse().ok()) != Some(before.version) {
        return overtaken(app, &definition, fields, before.version).await;
    }
    let draft = Draft { fields, before: Some(before), definition, moved: Vec::new() };
    if wanted == Some("save") {
        save(app, who, draft, form).await
    } else {
        review(app, draft, Vec::new()).await
    }
}

async fn proven_draft(
    post: &FormPost,
    id: Option<&Slug>,
    fields: Vec<Pair>,
) -> Result<Result<Draft, Done>, Fault> {
    post.must_be_proven().await?;
    draft(&post.app, id, fields).await
}

fn again(fields: Vec<Pair>) -> Done {
    Done::Again(StatusCode::OK, Box::new(FormView { fields, ..FormView::default() }))
}

/// Understands the form, or gives it back.
async fn draft(app: &App, id: Option<&Slug>, fields: Vec<Pair>) -> Result<Result<Draft, Done>, Fault> {
    let value = |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value);
    let named = match id {
        Some(id) => id.clone(),
        None => match value("id").trim().parse::<Slug>() {
            Ok(id) if id.as_str() == "new" => {
                return Ok(Err(wrong(fields, vec![at("id", "keep-error-new")])));
            }
            Ok(id) => id,
            Err(error) => {
                let why = format!("must be {}", error.expected);
                return Ok(Err(wrong(fields, vec![rule("id", why)])));
            }
        },
    };
    let mut conn = app.store.read().await?;
    let before = services::find(&mut conn, &named).await?;
    let connections = connections::of_service(&mut conn, &named).await?;
    drop(conn);
    match (id, &before) {
        (Some(_), None) => return Err(Fault::NotFound("service")),
        (None, Some(_)) => {
            return Ok(Err(wrong(fields, vec![at("id", "keep-error-taken")])));
        }
        _ => {}
    }
    let declared = before.as_ref().map(Service::declared);
    let definition = match form::from_pairs(&named, &fields, declared.as_ref()) {
        Ok(definition) => definition,
        Err(bad) => return Ok(Err(wrong(fields, vec![rule(bad.field, bad.why)]))),
    };
    let version = before.as_ref().map_or(0, |it| it.version);
    if value("version").parse() != Ok(version) {
        return overtaken(app, &definition, fields, version).await.map(Err);
    }
    let moves = |it: &Connection| {
        let now = before.as_ref().and_then(|before| context(&before.definition, it).ok());
        now != context(&definition, it).ok()
    };
    let moved = connections.into_iter().filter(moves).collect();
    Ok(Ok(Draft { fields, before, definition, moved }))
}

/// Somebody else saved it meanwhile: nothing is saved, and the form goes on from what is stored now.
async fn overtaken(
    app: &App,
    definition: &ServiceDefinition,
    mut fields: Vec<Pair>,
    version: i64,
) -> Result<Done, Fault> {
    let left_unusable = connections::of_service(&mut app.store.read().await?, &definition.id).await?;
    let left_unusable = left_unusable.into_iter().map(|it| it.id).collect();
    let wanted = Wanted { services: vec![definition.clone()], left_unusable, ..Wanted::default() };
    let differs = match apply::changes(app, &wanted).await {
        Ok(changes) => changes.into_iter().flat_map(|it| it.difference.details).collect(),
        Err(ApplyError::Refused(all)) => all,
        Err(error) => return Err(fault_of(error)),
    };
    fields.retain(|(name, _)| name != "version");
    fields.push(("version".to_owned(), version.to_string()));
    let filled = FormView { fields, overtaken: Some(differs), ..FormView::default() };
    Ok(Done::Again(StatusCode::CONFLICT, Box::new(filled)))
}

impl Draft {
    /// How things should be, with the secrets of these connections; the others are left unusable.
    fn wanted(&self, has_secret: impl Fn(&Slug) -> bool) -> Wanted {
        let (given, left): (Vec<_>, Vec<_>) = self.moved.iter().partition(|it| has_secret(&it.id));
        Wanted {
            services: vec![self.definition.clone()],
            connections: given.into_iter().map(|it| as_it_is(it, true)).collect(),
            left_unusable: left.into_iter().map(|it| it.id.clone()).collect(),
            ..Wanted::default()
        }
    }
}

/// A connection that stays as it is, but for its secret.
pub(super) fn as_it_is(it: &Connection, has_secret: bool) -> WantedConnection {
    WantedConnection {
        name: it.id.clone(),
        service: it.service.clone(),
        account: it.account.clone(),
        owner: it.owner.clone(),
        approvers: it.approvers.clone(),
        has_secret,
    }
}

/// Shows what saving would do, to be agreed to.
async fn review(app: &App, draft: Draft, errors: Vec<(String, Said)>) -> Result<Done, Fault> {
    let changes = match apply::changes(app, &draft.wanted(|_| true)).await {
        Ok(changes) => changes,
        Err(ApplyError::Refused(all)) => {
            return Ok(wrong(draft.fields, rules(all)));
        }
        Err(error) => return Err(fault_of(error)),
    };
    if changes.is_empty() {
        return Ok(wrong(draft.fields, vec![at("", "keep-error-same")]));
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let review = Review {
        shown: apply::digest(&changes).to_string(),
        sessions_lose_it: draft
            .before
            .is_some()
            .then(|| changes.iter().map(|it| it.difference.sessions_lose_it).sum()),
        effects: Vec::new(),
        secrets: draft.moved.iter().map(|it| (it.id.clone(), it.account.clone())).collect(),
        changes: changes.into_iter().map(|it| (it.difference.what, it.difference.details)).collect(),
    };
    let filled = FormView { fields: draft.fields, errors, review: Some(review), ..FormView::default() };
    Ok(Done::Again(status, Box::new(filled)))
}

/// Saves what was agreed to.
async fn save(app: &App, who: &Browser, draft: Draft, form: &Form) -> Result<Done, Fault> {
    let shown: Digest = form.need("shown")?;
    let given = |it: &Connection| {
        let text = form.get(&format!("secret.{}", it.id)).ok().flatten().filter(|text| !text.is_empty());
        text.map(|text| (it.id.clone(), crate::host::SecretText::new(text)))
    };
    let secrets: BTreeMap<_, _> = draft.moved.iter().filter_map(given).collect();
    let wanted = draft.wanted(|id| secrets.contains_key(id));
    let saved = async {
        let all: Vec<Change> = apply::changes(app, &draft.wanted(|_| true)).await?;
        if apply::digest(&all) != shown {
            return Err(ApplyError::Changed);
        }
        let lost: i64 = all.iter().map(|it| it.difference.sessions_lose_it).sum();
        let digest = apply::digest(&apply::changes(app, &wanted).await?);
        apply::apply(app, &wanted, &digest, &secrets, &who.visitor.by()).await?;
        Ok(lost)
    };
    let id = draft.definition.id.clone();
    match saved.await {
        Ok(lost) => {
            let says = says(draft.before.is_some(), lost, draft.moved.len() - secrets.len());
            Ok(Done::Gone { page: format!("/services/{id}"), says })
        }
        Err(ApplyError::Secret { connection, why }) => {
            review(app, draft, vec![rule(format!("secret.{connection}"), why)]).await
        }
        Err(error) if is_overtaken(&error) => {
            let now = services::find(&mut app.store.read().await?, &id).await?;
            overtaken(app, &draft.definition, draft.fields, now.map_or(0, |it| it.version)).await
        }
        Err(ApplyError::Refused(all)) => Ok(wrong(draft.fields, rules(all))),
        Err(error) => Err(fault_of(error)),
    }
}

fn says(was_there: bool, lost: i64, unusable: usize) -> Said {
    if was_there {
        Said::new("done-service-saved").with("lost", lost).with("unusable", unusable)
    } else {
        Said::new("done-service-added")
    }
}
