//! `/services`: what agents may ask for, how it stands, and who uses it now; a file for each of its pages.

mod account;
mod change;
mod form;
mod health;
mod one;
mod results;
mod review;
mod row;
mod tool;
mod tools;

pub(crate) use {
    account::{Connect, Reconnect},
    change::{ChangeAccount, RemoveAccount},
    form::{EditService, NewService},
    one::Service,
    results::Results,
    review::agree,
    tool::Tool,
};

use super::{desk, show};
use crate::{
    components::{Heading, Icon, Message},
    desk::ServiceView,
    format,
    texts::{rich, t},
};
use chrono::{DateTime, Utc};
use health::{Health, standing};
use leptos::prelude::*;
use protocol::sessions::Role;

/// `/services`.
#[component]
pub(crate) fn Services() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let admin = desk.viewer().is_some_and(|viewer| viewer.roles.contains(&Role::Admin));
    let now = desk.now();
    let list = show(async move { desk.service_views().await }, move |services| {
        if services.is_empty() {
            return view! { <Nothing admin /> }.into_any();
        }
        let rows: Vec<_> = services.into_iter().map(|service| view! { <Card service now /> }).collect();
        view! { <ul class="list">{rows}</ul> }.into_any()
    });
    let add = admin
        .then(|| view! { <p class="after"><a class="b go" href="/services/new">{t!("keep-add")}</a></p> });
    view! { <Heading title=t!("keep-services") /> {list} {add} }.into_any()
}

#[component]
fn Card(service: ServiceView, now: DateTime<Utc>) -> impl IntoView {
    let ServiceView { summary, connections, last_used, .. } = service;
    let accounts: Vec<_> = connections
        .iter()
        .map(|it| {
            let standing = standing(it);
            view! { <li><bdi>{it.account.clone()}</bdi> " " <Health standing /></li> }
        })
        .collect();
    let none = accounts.is_empty().then(|| view! { <li class="soft">{t!("keep-no-account")}</li> });
    let blocked = summary
        .blocked
        .then(|| view! { <span class="tag high"><Icon name="lock" />{t!("keep-blocked")}</span> });
    let used = match last_used {
        Some(at) => t!("keep-last-used", ago = format::ago(at, now)),
        None => t!("keep-never-used"),
    };
    view! {
        <li class="row service">
            <span class="face"><Icon name="services" /></span>
            <div>
                <a class="whole" href=format!("/services/{}", summary.id)><b><bdi>{summary.title}</bdi></b></a>
                <p class="soft small"><bdi>{summary.origin}</bdi></p>
                <ul class="accounts small">{accounts}{none}</ul>
            </div>
            <div class="end">
                {blocked}
                <span class="small">{t!("keep-live-sessions", count = summary.live_sessions)}</span>
                <span class="small soft">{used}</span>
            </div>
        </li>
    }
    .into_any()
}

#[component]
fn Nothing(admin: bool) -> impl IntoView {
    let how = if admin { rich!("keep-none-admin") } else { rich!("keep-none-other") };
    view! { <Message tone="plain" icon="services"><b>{t!("keep-none")}</b>" "{how}</Message> }
}
