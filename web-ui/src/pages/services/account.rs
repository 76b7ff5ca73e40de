//! Accounts: connecting one, and entering its secret again.

use crate::{
    components::{Field, FormToken, Heading, Message, wrong, wrong_as_a_whole},
    desk::{ConnectionView, FormView, PersonChoice},
    pages::{NotFound, desk, id_in_path, prove::ProveFirst, show},
    texts::{rich, t},
};
use leptos::prelude::*;
use protocol::{ids::Slug, me::Ceremony, services::AuthStyle};

/// `/services/ID/connect`.
#[component]
pub(crate) fn Connect() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let filled = desk.filled().unwrap_or_default();
    let service = id.clone();
    let asked = async move {
        let people = desk.people_to_choose().await?;
        let definition = desk.service_view(&service).await?.definition;
        Ok((definition, people, desk.ask_step_up().await?))
    };
    show(asked, move |(definition, people, proof)| {
        let (title, asks) = (definition.title, definition.auth != AuthStyle::None);
        let action = format!("/services/{id}/connect");
        let body = match proof {
            Some(ceremony) => {
                view! { <ProveFirst ceremony next=action why=t!("prove-before-secret") /> }.into_any()
            }
            None => view! { <Fill form=filled people action asks /> }.into_any(),
        };
        view! { <Heading title=t!("keep-connect") note=title /> {body} }.into_any()
    })
}

#[component]
fn Fill(form: FormView, people: Vec<PersonChoice>, action: String, asks: bool) -> impl IntoView {
    let errors = wrong_as_a_whole(&form);
    let field = |name: &str, label: String| Field::new(&form, name, label);
    let owners = people.iter().map(|it| (it.id.to_string(), it.title.clone())).collect();
    let approvers = approvers(&form, people);
    view! {
        {errors}
        <form method="post" action=action class="keep card padded" autocomplete="off">
            <FormToken />
            {field("name", t!("keep-name")).hint(t!("keep-name-hint")).text(63)}
            {field("account", t!("keep-account")).hint(t!("keep-account-hint")).text(60)}
            <Whose form=form.clone() />
            {field("owner", t!("keep-owner")).hint(t!("keep-owner-hint")).choice(owners)}
            {approvers}
            {asks.then(|| field("secret", t!("keep-secret")).hint(t!("keep-secret-hint")).secret())}
            {(!asks).then(|| view! { <p class="small soft">{t!("tools-no-secret")}</p> })}
            <div class="acts"><button class="b go">{t!("keep-connect-do")}</button></div>
        </form>
    }
}

/// Personal or shared: never a default, since it decides who approves.
#[component]
fn Whose(form: FormView) -> impl IntoView {
    let options = [("personal", t!("keep-whose-personal")), ("shared", t!("keep-whose-shared"))];
    let chosen = form.value("whose").to_owned();
    let options = options.map(|(value, words)| {
        let checked = value == chosen;
        view! {
            <label class="option"><input type="radio" name="whose" value=value checked=checked required=true />" "<span>{words}</span></label>
        }
    });
    view! {
        <fieldset class="field">
            <legend>{t!("keep-whose")}</legend>
            {options.to_vec()}
            {wrong(&form, "whose", "f-whose-wrong")}
        </fieldset>
    }
}

/// Who may approve for a shared account.
pub(super) fn approvers(form: &FormView, people: Vec<PersonChoice>) -> AnyView {
    let ticked =
        |id: &Slug| form.fields.iter().any(|(name, value)| name == "approver" && value == id.as_str());
    let boxes: Vec<_> = people
        .into_iter()
        .filter(|it| it.approver)
        .map(|it| {
            let checked = ticked(&it.id);
            view! {
                <label class="option">
                    <input type="checkbox" name="approver" value=it.id.to_string() checked=checked />" "<span><bdi>{it.title}</bdi></span>
                </label>
            }
        })
        .collect();
    let nobody = boxes.is_empty().then(|| view! { <p class="small soft">{t!("keep-nobody-approves")}</p> });
    view! {
        <fieldset class="field">
            <legend>{t!("keep-approvers")}</legend>
            {boxes}
            {nobody}
            <p class="hint">{t!("keep-approvers-hint")}</p>
            {wrong(form, "approver", "f-approver-wrong")}
        </fieldset>
    }
    .into_any()
}

/// `/connections/ID/reconnect`.
#[component]
pub(crate) fn Reconnect() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let form = desk.filled().unwrap_or_default();
    let asked = async move { Ok((desk.service_views().await?, desk.ask_step_up().await?)) };
    show(asked, move |(services, proof)| {
        let mut all = services.into_iter().flat_map(|service| {
            let title = service.summary.title;
            service.connections.into_iter().map(move |it| (title.clone(), it))
        });
        match all.find(|(_, it)| it.id == id) {
            Some((title, it)) if it.may_reconnect => view! { <Again title it form proof /> }.into_any(),
            _ => view! { <NotFound /> }.into_any(),
        }
    })
}

#[component]
fn Again(title: String, it: ConnectionView, form: FormView, proof: Option<Ceremony>) -> impl IntoView {
    let errors = wrong_as_a_whole(&form);
    let action = format!("/connections/{}/reconnect", it.id);
    let field = Field::new(&form, "secret", t!("keep-secret")).hint(t!("keep-secret-hint")).secret();
    let body = match proof {
        Some(ceremony) => {
            view! { <ProveFirst ceremony next=action why=t!("prove-before-secret") /> }.into_any()
        }
        None => view! {
            <form method="post" action=action class="keep card padded" autocomplete="off">
                <FormToken />
                <input type="hidden" name="version" value=it.secret_version />
                {field}
                <div class="acts"><button class="b go">{t!("keep-reconnect-do")}</button></div>
            </form>
        }
        .into_any(),
    };
    view! {
        <Heading title=t!("keep-reconnect-title") note=it.account.clone() />
        {errors}
        <Message tone="plain" icon="lock">{rich!("keep-reconnect-is", account = it.account, service = title)}</Message>
        {body}
    }
}
