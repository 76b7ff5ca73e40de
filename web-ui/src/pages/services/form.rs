//! The form of a service: as it stands, from the catalogue, or as it was just posted. Rows are added and removed by the
//! server, so that it works without JavaScript and keeps what was typed.

use super::{review::agree, row::row};
use crate::{
    components::{Field, FormToken, Heading, Icon, LogId, Message, wrong, wrong_as_a_whole},
    desk::{CatalogueEntry, FormOf, FormView},
    pages::{NotFound, desk, id_in_path, query_fields, show},
    texts::{foreign, rich, t},
};
use leptos::prelude::*;
use protocol::ids::Slug;

/// `/services/new`, with `?from=` a service of the catalogue.
#[component]
pub(crate) fn NewService() -> impl IntoView {
    let from = query_fields().into_iter().find(|(name, _)| name == "from").map(|(_, value)| value);
    page(FormOf::NewService(from), "/services/new".to_owned())
}

/// `/services/ID/edit`.
#[component]
pub(crate) fn EditService() -> impl IntoView {
    match id_in_path::<Slug>() {
        Some(id) => page(FormOf::Service(id.clone()), format!("/services/{id}/edit")),
        None => view! { <NotFound /> }.into_any(),
    }
}

fn page(of: FormOf, action: String) -> AnyView {
    let Some(desk) = desk() else { return ().into_any() };
    let new = matches!(of, FormOf::NewService(_));
    let title = if new { t!("keep-add") } else { t!("keep-edit-title") };
    let note = match &of {
        FormOf::Service(id) => id.to_string(),
        FormOf::NewService(_) => String::new(),
    };
    let filled = desk.filled();
    let catalogue = if new && filled.is_none() { desk.catalogue() } else { Vec::new() };
    let form = async move {
        match filled {
            Some(filled) => Ok(filled),
            None => desk.service_form(of).await,
        }
    };
    let body = show(form, move |form| match form.review.clone() {
        Some(review) => agree(&form, review, action, "/services"),
        None => view! { <Catalogue catalogue /> <Fill form action new /> }.into_any(),
    });
    view! { <Heading title note /> {body} }.into_any()
}

/// What there is to begin with.
#[component]
fn Catalogue(catalogue: Vec<CatalogueEntry>) -> impl IntoView {
    let entries: Vec<_> = catalogue
        .into_iter()
        .map(|it| {
            view! {
                <li>
                    <a href=format!("/services/new?from={}", it.id)>{it.title}</a>
                    " " <span class="soft small">{t!("keep-catalogue-actions", count = it.actions)} " · " <bdi>{it.origin}</bdi></span>
                </li>
            }
        })
        .collect();
    (!entries.is_empty()).then(
        || view! { <section class="catalogue"><h2>{t!("keep-catalogue")}</h2><ul>{entries}</ul></section> },
    )
}

#[component]
fn Fill(form: FormView, action: String, new: bool) -> impl IntoView {
    let rows: Vec<_> = domain::definition::form::rows(&form.fields)
        .into_iter()
        .enumerate()
        .map(|(at, number)| row(&form, number, at + 1))
        .collect();
    let overtaken =
        form.overtaken.clone().map(|differs| view! { <Overtaken differs log=form.log.clone() /> });
    let errors = wrong_as_a_whole(&form);
    let no_actions = wrong(&form, "actions", "f-actions-wrong");
    let version = form.value("version").to_owned();
    view! {
        {overtaken}
        {errors}
        <form method="post" action=action class="keep">
            <FormToken />
            <input type="hidden" name="version" value=version />
            // What Enter presses: the first button of a form, which would else take an action away.
            <button class="vh" name="do" value="review" tabindex="-1" aria-hidden="true">{t!("keep-review")}</button>
            <div class="card padded"><Ground form=form.clone() new /></div>
            <h2>{t!("keep-actions")}</h2>
            <p class="soft small">{t!("keep-actions-hint")}</p>
            {no_actions}
            {rows}
            <div class="acts">
                <button class="b quiet" name="do" value="add_row">{t!("keep-add-row")}</button>
                <button class="b go" name="do" value="review">{t!("keep-review")}</button>
            </div>
        </form>
    }
}

/// Where the service is and how a credential is put on its calls.
#[component]
fn Ground(form: FormView, new: bool) -> impl IntoView {
    let field = |name: &str, label: String| Field::new(&form, name, label);
    let styles = vec![
        ("bearer".to_owned(), t!("keep-auth-bearer")),
        ("header".to_owned(), t!("keep-auth-header")),
        ("basic".to_owned(), t!("keep-auth-basic")),
    ];
    let id = new.then(|| field("id", t!("keep-name")).hint(t!("keep-name-hint")).text(63));
    let private = form.has("allow_private").then(|| {
        view! { <Message tone="medium" icon="warning">{t!("keep-private-warning")}</Message> }
    });
    view! {
        {id}
        {field("title", t!("keep-title")).text(60)}
        {field("origin", t!("keep-origin")).hint(t!("keep-origin-hint")).text(300)}
        {field("auth", t!("keep-auth")).choice(styles)}
        <div class="pair">
            {field("auth_name", t!("keep-auth-name")).text(100)}
            {field("auth_prefix", t!("keep-auth-prefix")).hint(t!("keep-auth-prefix-hint")).text(100)}
            {field("auth_user", t!("keep-auth-user")).text(100)}
        </div>
        {field("resource", t!("keep-resource")).hint(t!("keep-resource-hint")).text(200)}
        {field("sensitive", t!("keep-sensitive")).hint(t!("keep-sensitive-hint")).tick()}
        {field("approvals", t!("keep-approvals")).hint(t!("keep-approvals-hint")).text(3)}
        {field("four_eyes", t!("keep-four-eyes")).hint(t!("keep-four-eyes-hint")).tick()}
        {field("allow_private", t!("keep-private")).hint(t!("keep-private-hint")).tick()}
        {private}
    }
}

/// Somebody else saved it meanwhile.
#[component]
pub(super) fn Overtaken(differs: Vec<String>, log: String) -> impl IntoView {
    let lines: Vec<_> = differs.into_iter().map(|line| view! { <li><bdi>{line}</bdi></li> }).collect();
    view! {
        <Message tone="medium" icon="warning" alert=true>{rich!("keep-overtaken")} <LogId id=log /></Message>
        <ul class="differences" lang=foreign()>{lines}</ul>
    }
}

/// A list that is empty, with what to do.
#[component]
pub(super) fn NotThere(children: Children) -> impl IntoView {
    view! { <p class="not-there soft"><Icon name="pending" />{children()}</p> }
}
