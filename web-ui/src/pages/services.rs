use super::{desk, show};
use crate::{
    components::{Heading, Icon, Message},
    texts::{foreign, rich, t},
};
use leptos::prelude::*;
use protocol::{
    services::{Action, Effect, Recogniser, ServiceSummary},
    sessions::Role,
};

/// `/services`: what agents may ask for, and who uses it now.
#[component]
pub(crate) fn Services() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let admin = desk.viewer().is_some_and(|viewer| viewer.roles.contains(&Role::Admin));
    let list = show(async move { desk.services().await }, move |services| {
        if services.is_empty() {
            return view! { <Nothing /> }.into_any();
        }
        let rows: Vec<_> = services.into_iter().map(|service| view! { <Service service admin /> }).collect();
        view! { <ul class="list">{rows}</ul> }.into_any()
    });
    view! { <Heading title=t!("nav-services") /> {list} }.into_any()
}

#[component]
fn Service(service: ServiceSummary, admin: bool) -> impl IntoView {
    let accounts: Vec<_> = service.connections.into_iter().map(|connection| connection.account).collect();
    let accounts = if accounts.is_empty() { t!("services-no-account") } else { accounts.join(", ") };
    let href = format!("/services/{}/revoke", service.id);
    let revoke = admin.then(
        || view! { <a class="b quiet no" href=href><Icon name="stop" />{t!("services-revoke-open")}</a> },
    );
    let blocked = service
        .blocked
        .then(|| view! { <span class="tag high"><Icon name="lock" />{t!("services-blocked")}</span> });
    view! {
        <li class="row service">
            <span class="face"><Icon name="services" /></span>
            <div>
                <b>{service.title}</b>
                <p class="soft small"><bdi>{service.origin}</bdi>" · "{rich!("services-as", account = accounts)}</p>
                <p class="small">{t!("services-live", count = service.live_sessions)}</p>
                <details>
                    <summary class="small">{t!("services-actions", count = service.actions.len())}</summary>
                    <Actions actions=service.actions />
                </details>
            </div>
            <div class="end">{blocked}{revoke}</div>
        </li>
    }
    .into_any()
}

#[component]
fn Actions(actions: Vec<Action>) -> impl IntoView {
    let rows = actions.into_iter().map(|action| {
        let Recogniser::Http { method, path } = action.recogniser;
        let permanent = (!action.reversible && action.effect != Effect::Read)
            .then(|| view! { " · "{t!("services-permanent")} });
        view! {
            <li>
                <span lang=foreign()>{action.verb}" "{action.object}</span>
                {permanent}
                <br />
                <code class="soft small">{method}" "{path}</code>
            </li>
        }
    });
    view! { <ul class="actions">{rows.collect::<Vec<_>>()}</ul> }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Message tone="plain" icon="services">
            {rich!("services-empty")}
        </Message>
    }
}
