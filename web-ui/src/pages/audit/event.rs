//! One record, with every fact in readable form; of a decision also what was on the screen.

use crate::{
    components::{
        Heading, Icon, When,
        kind::{actor_words, kind_words, outcome_look},
    },
    format,
    pages::{NotFound, desk, show},
    texts::{foreign, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use protocol::{audit, record::Record};
use serde_json::Value;

/// `/audit/CHAIN/NUMBER`.
#[component]
pub(crate) fn AuditEvent() -> impl IntoView {
    let params = use_params_map().get_untracked();
    let place = params.get("chain").zip(params.get("seq").and_then(|seq| seq.parse::<i64>().ok()));
    let (Some(desk), Some((chain, seq))) = (desk(), place) else { return view! { <NotFound /> }.into_any() };
    let now = desk.now();
    show(async move { desk.audit_event(&chain, seq).await }, move |event| {
        view! { <Page event now /> }.into_any()
    })
}

#[component]
fn Page(event: audit::AuditEvent, now: DateTime<Utc>) -> impl IntoView {
    let audit::AuditEvent { record, outcome, hash, earlier, later } = event;
    let (tone, icon, word) = outcome_look(outcome);
    let place = t!("audit-place", number = record.seq.to_string());
    let near = |by: i64| format!("/audit/{}/{}", record.chain, record.seq + by);
    let earlier = earlier.then(|| view! { <a class="b quiet" href=near(-1)>{t!("audit-earlier")}</a> });
    let later = later.then(|| view! { <a class="b quiet" href=near(1)>{t!("audit-later")}</a> });
    let decision = matches!(record.kind.as_str(), "request.approved" | "request.denied");
    let screen = decision.then(|| view! { <OnScreen record=record.clone() /> });
    view! {
        <Heading title=kind_words(&record.kind) note=place />
        <div class="card padded">
            <p>
                <span class=format!("tag {tone}")><Icon name=icon />{word}</span>
                " "
                <bdi>{actor_words(&record.actor)}</bdi>
            </p>
            <p><When at=record.at now /></p>
            <Ways record=record.clone() />
        </div>
        {screen}
        <Facts record=record.clone() />
        <Proof record=record.clone() hash />
        <p class="after">
            <a class="b" href="/audit">{t!("audit-back")}</a>
            {earlier}
            {later}
        </p>
    }
    .into_any()
}

/// To the session or request, and to everything else of it.
#[component]
fn Ways(record: Record) -> impl IntoView {
    record.grant.map(|grant| {
        let session = format!("/sessions/{grant}");
        let request = format!("/requests/{}", grant.request());
        let all = format!("/audit?session={grant}");
        view! {
            <p class="after">
                <a class="b quiet" href=session>{t!("audit-session")}</a>
                <a class="b quiet" href=request>{t!("audit-request")}</a>
                <a class="b quiet" href=all>{t!("audit-of-session")}</a>
            </p>
        }
    })
}

/// What a person decided on, as it was recorded with the decision.
#[component]
fn OnScreen(record: Record) -> impl IntoView {
    let facts = &record.facts;
    let text = |name: &str| facts.get(name).and_then(Value::as_str).map(str::to_owned);
    let lines = facts.get("lines").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<_> = lines.map(|line| view! { <Line line=line.clone() /> }).collect();
    let none = lines.is_empty().then(|| view! { <p class="soft small">{t!("audit-screen-request")}</p> });
    let duration = facts.get("duration").and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
    let reason = text("reason").map(|reason| {
        view! { <dt>{t!("audit-screen-reason")}</dt><dd>"“"<bdi>{reason}</bdi>"”"</dd> }
    });
    let digest = |name: &str, label: String| {
        text(name).map(|digest| view! { <dt>{label}</dt><dd><code>{digest}</code></dd> })
    };
    view! {
        <section>
            <h2>{t!("audit-screen")}</h2>
            <div class="card padded">
                <ul class="screen">{lines}</ul>
                {none}
                <dl class="pairs">
                    {duration.map(|it| view! { <dt>{t!("audit-screen-duration")}</dt><dd>{format::span(it)}</dd> })}
                    {reason}
                    {digest("request_digest", t!("request-digest"))}
                    {digest("grant_digest", t!("request-grant-digest"))}
                </dl>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Line(line: Value) -> impl IntoView {
    let word = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| {
        let items = line.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>().join(", ")
    };
    let resources = list("resources");
    let resources = if resources.is_empty() { t!("audit-screen-everywhere") } else { resources };
    view! {
        <li>
            <b><bdi>{word("service")}</bdi></b>
            " "
            <code><bdi>{list("actions")}</bdi></code>
            <br />
            <span class="small soft"><bdi>{resources}</bdi>" · "<bdi>{word("connection")}</bdi></span>
        </li>
    }
    .into_any()
}

/// All facts, as they are recorded: in English.
#[component]
fn Facts(record: Record) -> impl IntoView {
    let mut flat = Vec::new();
    for (name, value) in &record.facts {
        flatten(name, value, &mut flat);
    }
    let rows: Vec<_> = flat
        .into_iter()
        .map(|(name, value)| view! { <dt lang=foreign()>{name}</dt><dd><bdi lang=foreign()>{value}</bdi></dd> })
        .collect();
    view! {
        <section>
            <h2>{t!("audit-facts")}</h2>
            <div class="card padded"><dl class="pairs">{rows}</dl></div>
        </section>
    }
    .into_any()
}

/// `subject: {what: session}` as `subject, what`: `session`.
fn flatten(name: &str, value: &Value, into: &mut Vec<(String, String)>) {
    let name = name.replace('_', " ");
    match value {
        Value::Object(inner) => {
            for (key, value) in inner {
                flatten(&format!("{name}, {key}"), value, into);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                flatten(&format!("{name} {}", at + 1), item, into);
            }
        }
        Value::Array(items) => {
            let words: Vec<_> = items.iter().map(plain).collect();
            into.push((name, words.join(", ")));
        }
        Value::Null => (),
        other => into.push((name, plain(other))),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What the chain holds of it.
#[component]
fn Proof(record: Record, hash: String) -> impl IntoView {
    let call =
        record.call.map(|call| view! { <dt>{t!("audit-call")}</dt><dd><code>{call.to_string()}</code></dd> });
    view! {
        <details class="more">
            <summary>{t!("audit-proof")}</summary>
            <dl>
                <dt>{t!("audit-kind")}</dt><dd><code>{record.kind}</code></dd>
                <dt>{t!("audit-time")}</dt><dd><code>{record.at.to_rfc3339()}</code></dd>
                <dt>{t!("audit-chain")}</dt><dd><code>{record.chain}</code></dd>
                <dt>{t!("audit-number")}</dt><dd>{record.seq}</dd>
                <dt>{t!("audit-watermark")}</dt><dd>{record.watermark}</dd>
                {call}
                <dt>{t!("audit-hash")}</dt><dd><code>{hash}</code></dd>
            </dl>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::flatten;
    use serde_json::json;

    #[test]
    fn facts_become_lines() {
        let mut flat = Vec::new();
        let facts =
            json!({"what": "session", "lines": [{"max_calls": 5}], "actions": ["a", "b"], "none": null});
        flatten("subject", &facts, &mut flat);
        let wanted = [
            ("subject, actions", "a, b"),
            ("subject, lines 1, max calls", "5"),
            ("subject, what", "session"),
        ];
        assert_eq!(flat, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
