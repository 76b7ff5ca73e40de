use crate::{
    components::{Message, kind::kind_words},
    fields,
    texts::t,
};
use domain::audit_query::{self, outcome_word};
use leptos::prelude::*;
use protocol::audit::{AuditQuery, Outcome};

/// What can be chosen to look for: what people look for most; an address may hold any.
const KINDS: [&str; 14] = [
    "call.authorised",
    "call.finished",
    "call.refused",
    "call.not_sent",
    "request.opened",
    "request.approved",
    "request.denied",
    "grant.ended",
    "revoked",
    "session.started",
    "person.saved",
    "service.saved",
    "service.tools",
    "vault.sealed",
];

/// The filter: a form whose address is what it shows.
#[component]
pub(super) fn Filter(query: AuditQuery, unread: Vec<String>) -> impl IntoView {
    let pairs = audit_query::to_pairs(&query);
    let filtered = !pairs.is_empty();
    let take = |form: &str| format!("/audit/export.{form}?{}", fields::query(&pairs));
    let unread = (!unread.is_empty()).then(|| {
        view! {
            <Message tone="high" icon="warning" alert=true>
                {t!("audit-unread")} " " <code>{unread.join(", ")}</code>
            </Message>
        }
    });
    view! {
        {unread}
        <form method="get" action="/audit" class="card filter">
            <Fields query />
            <div class="acts">
                <button class="b go">{t!("audit-look")}</button>
                {filtered.then(|| view! { <a class="b" href="/audit">{t!("audit-clear")}</a> })}
                <span class="gap"></span>
                <a class="b quiet" href=take("jsonl") download="">"JSONL"</a>
                <a class="b quiet" href=take("csv") download="">"CSV"</a>
            </div>
        </form>
    }
    .into_any()
}

#[component]
fn Fields(query: AuditQuery) -> impl IntoView {
    let word = |it: Option<protocol::ids::Slug>| it.map(|it| it.to_string()).unwrap_or_default();
    let time = |it: Option<chrono::DateTime<chrono::Utc>>| {
        it.map(|at| at.format("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default()
    };
    let session =
        query.session.map(|it| view! { <input type="hidden" name="session" value=it.to_string() /> });
    view! {
        <Word name="who" label=t!("audit-who") value=word(query.who) />
        <Word name="agent" label=t!("audit-agent") value=word(query.agent) />
        <Word name="service" label=t!("audit-service") value=word(query.service) />
        <Kinds chosen=query.kind />
        <Outcomes chosen=query.outcome />
        <label>
            {t!("audit-since")}
            <input type="datetime-local" name="since" value=time(query.since) />
        </label>
        <label>
            {t!("audit-until")}
            <input type="datetime-local" name="until" value=time(query.until) />
        </label>
        {session}
    }
    .into_any()
}

#[component]
fn Word(name: &'static str, label: String, value: String) -> impl IntoView {
    view! {
        <label>
            {label}
            <input type="text" name=name value=value maxlength="63" autocapitalize="none" spellcheck="false" />
        </label>
    }
}

#[component]
fn Kinds(chosen: Option<String>) -> impl IntoView {
    let chosen = chosen.unwrap_or_default();
    let known = KINDS.contains(&chosen.as_str()) || chosen.is_empty();
    let own =
        (!known).then(|| view! { <option value=chosen.clone() selected=true>{kind_words(&chosen)}</option> });
    let options: Vec<_> = KINDS
        .into_iter()
        .map(|kind| view! { <option value=kind selected=chosen == kind>{kind_words(kind)}</option> })
        .collect();
    view! {
        <label>
            {t!("audit-kind")}
            <select name="kind"><option value="">{t!("audit-any")}</option>{own}{options}</select>
        </label>
    }
    .into_any()
}

#[component]
fn Outcomes(chosen: Option<Outcome>) -> impl IntoView {
    let all = [
        (Outcome::Done, t!("outcome-done")),
        (Outcome::Refused, t!("outcome-refused")),
        (Outcome::Trouble, t!("outcome-trouble")),
    ];
    let options: Vec<_> = all
        .into_iter()
        .map(|(outcome, word)| {
            let selected = chosen == Some(outcome);
            view! { <option value=outcome_word(outcome) selected=selected>{word}</option> }
        })
        .collect();
    view! {
        <label>
            {t!("audit-outcome")}
            <select name="outcome"><option value="">{t!("audit-any")}</option>{options}</select>
        </label>
    }
    .into_any()
}
