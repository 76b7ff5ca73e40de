//! The form of a service: as it stands, from the catalogue, or as it was just posted. Rows are added and removed by the
//! server, so that it works without JavaScript and keeps what was typed.

use super::{review::agree, row::row};
use crate::{
    components::{Field, FormToken, Heading, Icon, LogId, Message, hidden, wrong, wrong_as_a_whole},
    desk::{CatalogueEntry, FormOf, FormView},
    pages::{NotFound, desk, id_in_path, query_fields, show},
    texts::{foreign, rich, t},
};
use leptos::prelude::*;
use protocol::ids::Slug;

/// `/services/new`, with `?from=` a service of the catalogue, or `?kind=mcp`.
#[component]
pub(crate) fn NewService() -> impl IntoView {
    let asked = query_fields();
    let asked = |name: &str| asked.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
    let of = if asked("kind").as_deref() == Some("mcp") {
        FormOf::NewServer
    } else {
        FormOf::NewService(asked("from"))
    };
    page(of, "/services/new".to_owned())
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
    let new = !matches!(of, FormOf::Service(_));
    let server = of == FormOf::NewServer;
    let title = if new { t!("keep-add") } else { t!("keep-edit-title") };
    let note = match &of {
        FormOf::Service(id) => id.to_string(),
        FormOf::NewService(_) | FormOf::NewServer => String::new(),
    };
    let filled = desk.filled();
    let kinds = (new && filled.is_none()).then(|| view! { <Kinds server /> });
    let catalogue = if new && !server && filled.is_none() { desk.catalogue() } else { Vec::new() };
    let form = async move {
        match filled {
            Some(filled) => Ok(filled),
            None => desk.service_form(of).await,
        }
    };
    let body = show(form, move |form| match form.review.clone() {
        Some(review) => agree(&form, review, action, "/services"),
        None => view! { {kinds} <Catalogue catalogue /> <Fill form action new /> }.into_any(),
    });
    view! { <Heading title note /> {body} }.into_any()
}

/// Which kind of service it is to be.
#[component]
fn Kinds(server: bool) -> impl IntoView {
    let here = |it: bool| it.then_some("page");
    view! {
        <nav class="tabs" aria-label=t!("tools-kind")>
            <a href="/services/new" aria-current=here(!server)>{t!("tools-kind-http")}</a>
            <a href="/services/new?kind=mcp" aria-current=here(server)>{t!("tools-kind-mcp")}</a>
        </nav>
    }
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
    let overtaken =
        form.overtaken.clone().map(|differs| view! { <Overtaken differs log=form.log.clone() /> });
    let errors = wrong_as_a_whole(&form);
    let version = form.value("version").to_owned();
    let is_mcp = form.value("kind") == "mcp";
    let ground = view! { <div class="card padded"><Ground form=form.clone() new /></div> };
    let rows = (!is_mcp).then(|| view! { <Rows form=form.clone() /> });
    view! {
        {overtaken}
        {errors}
        <form method="post" action=action class="keep">
            <FormToken />
            <input type="hidden" name="version" value=version />
            {is_mcp.then(|| view! { <input type="hidden" name="kind" value="mcp" /> })}
            // What Enter presses: the first button of a form, which would else take an action away.
            <button class="vh" name="do" value="review" tabindex="-1" aria-hidden="true">{t!("keep-review")}</button>
            {ground}
            {rows}
            <div class="acts">
                {(!is_mcp).then(|| view! { <button class="b quiet" name="do" value="add_row">{t!("keep-add-row")}</button> })}
                <button class="b go" name="do" value="review">{t!("keep-review")}</button>
            </div>
        </form>
    }
}

/// What agents may ask for of an HTTP API.
#[component]
fn Rows(form: FormView) -> impl IntoView {
    let rows: Vec<_> = domain::definition::form::rows(&form.fields)
        .into_iter()
        .enumerate()
        .map(|(at, number)| row(&form, number, at + 1))
        .collect();
    view! {
        <h2>{t!("keep-actions")}</h2>
        <p class="soft small">{t!("keep-actions-hint")}</p>
        {wrong(&form, "actions", "f-actions-wrong")}
        {rows}
    }
}

/// Where the service is and how a credential is put on its calls.
#[component]
fn Ground(form: FormView, new: bool) -> impl IntoView {
    let field = |name: &str, label: String| Field::new(&form, name, label);
    let id = new.then(|| field("id", t!("keep-name")).hint(t!("keep-name-hint")).text(63));
    let private = form.has("allow_private").then(|| {
        view! { <Message tone="medium" icon="warning">{t!("keep-private-warning")}</Message> }
    });
    let resource = (form.value("kind") != "mcp")
        .then(|| field("resource", t!("keep-resource")).hint(t!("keep-resource-hint")).text(200));
    let place = match form.value("mcp_program") {
        "" => view! { <Place form=form.clone() /> }.into_any(),
        program => view! { <Program form=form.clone() program=program.to_owned() /> }.into_any(),
    };
    view! {
        {id}
        {field("title", t!("keep-title")).text(60)}
        {place}
        {resource}
        {field("sensitive", t!("keep-sensitive")).hint(t!("keep-sensitive-hint")).tick()}
        {field("approvals", t!("keep-approvals")).hint(t!("keep-approvals-hint")).text(3)}
        {field("four_eyes", t!("keep-four-eyes")).hint(t!("keep-four-eyes-hint")).tick()}
        {field("allow_private", t!("keep-private")).hint(t!("keep-private-hint")).tick()}
        {private}
    }
}

/// Where it is reached over HTTP, and by which credential.
#[component]
fn Place(form: FormView) -> impl IntoView {
    let field = |name: &str, label: String| Field::new(&form, name, label);
    let is_mcp = form.value("kind") == "mcp";
    let mut styles = vec![
        ("bearer".to_owned(), t!("keep-auth-bearer")),
        ("header".to_owned(), t!("keep-auth-header")),
        ("basic".to_owned(), t!("keep-auth-basic")),
    ];
    styles.extend(is_mcp.then(|| ("none".to_owned(), t!("tools-auth-none"))));
    let path = is_mcp.then(|| field("mcp_path", t!("tools-path")).hint(t!("tools-path-hint")).text(200));
    view! {
        {field("origin", t!("keep-origin")).hint(t!("keep-origin-hint")).text(300)}
        {path}
        {field("auth", t!("keep-auth")).choice(styles)}
        <div class="pair">
            {field("auth_name", t!("keep-auth-name")).text(100)}
            {field("auth_prefix", t!("keep-auth-prefix")).hint(t!("keep-auth-prefix-hint")).text(100)}
            {field("auth_user", t!("keep-auth-user")).text(100)}
        </div>
    }
}

/// A program of the host: what runs is said there alone, so nothing of it can be changed here.
#[component]
fn Program(form: FormView, program: String) -> impl IntoView {
    let kept = ["origin", "auth", "mcp_program"].map(|name| (name.to_owned(), form.value(name).to_owned()));
    view! {
        <p class="field">{rich!("tools-over-stdio", program = program)}". "<span class="hint">{t!("tools-program-hint")}</span></p>
        {hidden(&kept)}
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
