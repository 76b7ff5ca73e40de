//! `/audit`: the record, to look through, to take away and to verify.

mod event;
mod filter;
mod standing;

pub(crate) use event::AuditEvent;

use super::{desk, query_fields, show};
use crate::{
    components::{
        Heading, Icon, Message, When,
        kind::{actor_words, kind_words, outcome_look},
    },
    fields,
    texts::{foreign, rich, t},
};
use chrono::{DateTime, Utc};
use domain::audit_query;
use filter::Filter;
use leptos::prelude::*;
use protocol::audit::{AuditEntry, AuditPage, AuditQuery};
use standing::Standing;

/// The list. Everything that it shows stands in its address.
#[component]
pub(crate) fn Audit() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let (query, unread) = audit_query::from_pairs(&query_fields());
    let now = desk.now();
    let (asked, reading) = (query.clone(), desk.clone());
    let list = show(async move { reading.audit(&asked).await }, {
        let query = query.clone();
        move |page| {
            view! { <Filter query=query.clone() unread /> <List page query now /> <Whole now /> }.into_any()
        }
    });
    view! { <Heading title=t!("nav-audit") /> {list} }.into_any()
}

/// What is known of the whole record.
#[component]
fn Whole(now: DateTime<Utc>) -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    show(async move { desk.record_standing().await }, move |standing| {
        view! { <Standing standing now /> }.into_any()
    })
}

#[component]
fn List(page: AuditPage, query: AuditQuery, now: DateTime<Utc>) -> impl IntoView {
    let AuditPage { entries, next, looked_back_to, dropped_until } = page;
    let empty = entries.is_empty() && next.is_none();
    let rows: Vec<_> = entries.into_iter().map(|entry| view! { <Entry entry now /> }).collect();
    let base = audit_query::to_pairs(&query);
    let further = next.map(|place| {
        let mut fields = base.clone();
        fields.push(("before".to_owned(), place.to_string()));
        view! { <a class="b" href=format!("/audit?{}", fields::query(&fields))>{t!("audit-further")}</a> }
    });
    let looked = looked_back_to.map(|at| {
        view! {
            <Message tone="plain" icon="clock">
                {rich!("audit-looked", time = view! { <When at now /> }.into_any())}
            </Message>
        }
    });
    let dropped = dropped_until.filter(|_| next.is_none()).map(|at| {
        view! {
            <Message tone="plain" icon="clock">
                {rich!("audit-dropped", time = view! { <When at now /> }.into_any())}
            </Message>
        }
    });
    view! {
        <section>
            <h2>{t!("audit-found")}</h2>
            {empty.then(|| view! { <Message tone="plain" icon="audit"><b>{t!("audit-nothing")}</b></Message> })}
            <ul class="list record">{rows}</ul>
            <div class="after">{further}</div>
            {looked}
            {dropped}
        </section>
    }
    .into_any()
}

#[component]
fn Entry(entry: AuditEntry, now: DateTime<Utc>) -> impl IntoView {
    let (tone, icon, word) = outcome_look(entry.outcome);
    let href = format!("/audit/{}/{}", entry.chain, entry.seq);
    view! {
        <li class="row">
            <span class=format!("tag {tone}")><Icon name=icon /><span class="vh">{word}</span></span>
            <div>
                <a class="whole" href=href>
                    <b>{kind_words(&entry.kind)}</b>
                    " "
                    <bdi class="soft">{actor_words(&entry.actor)}</bdi>
                </a>
                <p class="soft small"><bdi lang=foreign()>{entry.gist}</bdi></p>
            </div>
            <span class="end small"><span><When at=entry.at now /></span></span>
        </li>
    }
    .into_any()
}
