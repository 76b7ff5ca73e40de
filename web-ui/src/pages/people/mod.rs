//! `/people`: who may do what, for admins.

mod decides;
mod person;

pub(crate) use {decides::Decides, person::Person};

use super::{desk, show};
use crate::{
    components::{FormToken, Heading, Icon, face},
    format,
    texts::{rich, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::{people::PersonSummary, sessions::Role};

/// The roles, as they stand in forms.
const ROLES: [(Role, &str); 4] = [
    (Role::Approver, "approver"),
    (Role::Admin, "admin"),
    (Role::Auditor, "auditor"),
    (Role::Developer, "developer"),
];

/// A role in a word, and what it may do.
fn role_words(role: Role) -> (String, String) {
    match role {
        Role::Approver => (t!("role-approver"), t!("role-approver-may")),
        Role::Admin => (t!("role-admin"), t!("role-admin-may")),
        Role::Auditor => (t!("role-auditor"), t!("role-auditor-may")),
        Role::Developer => (t!("role-developer"), t!("role-developer-may")),
    }
}

/// The list, and a form for somebody new.
#[component]
pub(crate) fn People() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let now = desk.now();
    let list = show(async move { desk.people().await }, move |people| {
        let rows: Vec<_> = people.into_iter().map(|person| view! { <Row person now /> }).collect();
        view! { <ul class="list">{rows}</ul> <Add /> }.into_any()
    });
    view! { <Heading title=t!("nav-people") /> {list} }.into_any()
}

#[component]
fn Row(person: PersonSummary, now: DateTime<Utc>) -> impl IntoView {
    let roles: Vec<_> = person.roles.iter().map(|role| role_words(*role).0).collect();
    let roles = if roles.is_empty() { t!("people-no-role") } else { roles.join(", ") };
    let blocked = person
        .blocked
        .then(|| view! { <span class="tag high"><Icon name="lock" />{t!("keep-blocked")}</span> });
    let keys = t!("people-passkeys", count = person.passkeys);
    let unsure = (!person.let_in_by.is_empty())
        .then(|| view! { <span class="tag medium"><Icon name="person" />{t!("people-unsure")}</span> });
    let routine = person
        .routine
        .map(|_| view! { <span class="tag medium"><Icon name="clock" />{t!("people-routine")}</span> });
    let approved = (person.approved > 0).then(|| t!("people-approved", count = person.approved));
    let seen = last_seen(&person, now);
    view! {
        <li class="row">
            {face(&person.title)}
            <div>
                <a class="whole" href=format!("/people/{}", person.id)>
                    <b><bdi>{person.title}</bdi></b>
                    " "
                    <code class="soft">{person.id.to_string()}</code>
                </a>
                <p class="small">{roles}</p>
                <p class="soft small">{seen}" · "{keys}{approved.map(|it| view! { " · "{it} })}</p>
            </div>
            <div class="end">{blocked}{unsure}{routine}</div>
        </li>
    }
    .into_any()
}

/// When they were last here, and how they had signed in.
fn last_seen(person: &PersonSummary, now: DateTime<Utc>) -> String {
    match &person.last_seen {
        Some((at, via)) => t!("people-seen", when = format::ago(*at, now), via = via.as_str()),
        None => t!("people-not-seen"),
    }
}

/// A tick for each role.
#[component]
fn Roles(chosen: Vec<Role>) -> impl IntoView {
    let ticks: Vec<_> = ROLES
        .into_iter()
        .map(|(role, value)| {
            let (word, may) = role_words(role);
            let checked = chosen.contains(&role);
            view! {
                <label class="tick">
                    <input type="checkbox" name="role" value=value checked=checked />
                    <span><b>{word}</b>" "<span class="soft small">{may}</span></span>
                </label>
            }
        })
        .collect();
    view! { <fieldset class="ticks"><legend class="small soft">{t!("people-roles")}</legend>{ticks}</fieldset> }
        .into_any()
}

#[component]
fn Add() -> impl IntoView {
    view! {
        <details class="more add">
            <summary class="b">{t!("people-add")}</summary>
            <form class="card padded fields" method="post" action="/people">
                <FormToken />
                <p class="soft small">{rich!("people-add-hint")}</p>
                <label>
                    <b>{t!("set-up-name")}</b>
                    <span class="soft small">{t!("set-up-name-hint")}</span>
                    <input class="id" type="text" name="name" required=true maxlength="63" autocomplete="off"
                        pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" autocapitalize="none" spellcheck="false" />
                </label>
                <label>
                    <b>{t!("set-up-title")}</b>
                    <span class="soft small">{t!("set-up-title-hint")}</span>
                    <input type="text" name="title" maxlength="100" autocomplete="off" />
                </label>
                <Roles chosen=vec![Role::Developer] />
                <button class="b go">{t!("people-add-do")}</button>
            </form>
        </details>
    }
    .into_any()
}
