use crate::{
    components::{Heading, Icon, Message, When},
    pages::{desk, query_fields, show},
    texts::{foreign, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::operator::{CheckRow, CheckVerdict, KeyRow, SystemView};

/// `/system`: the broker as it stands; with `?checks=1` also what its own examination finds.
#[component]
pub(crate) fn System() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let examine = query_fields().iter().any(|(name, value)| name == "checks" && value == "1");
    let now = desk.now();
    let state = show(async move { desk.system(examine).await }, move |system| {
        view! { <State system now examine /> }.into_any()
    });
    view! { <Heading title=t!("nav-system") /> {state} }.into_any()
}

#[component]
fn State(system: SystemView, now: DateTime<Utc>, examine: bool) -> impl IntoView {
    let keys: Vec<_> = system.keys.iter().cloned().map(|key| view! { <Key key now /> }).collect();
    let checks = system.checks.clone();
    view! {
        <Facts system now />
        <section>
            <h2>{t!("system-checks")}</h2>
            {match checks {
                Some(checks) => view! { <Checks checks /> }.into_any(),
                None if examine => view! { <p class="soft small">{t!("system-no-checks")}</p> }.into_any(),
                None => ().into_any(),
            }}
            <form method="get" action="/system" class="after">
                <button class="b" name="checks" value="1">{t!("system-run")}</button>
                <span class="small soft">{t!("system-run-hint")}</span>
            </form>
        </section>
        <section>
            <h2>{t!("system-keys")}</h2>
            <table class="card rows">
                <thead class="vh"><tr>
                    <th scope="col">{t!("system-key")}</th>
                    <th scope="col">{t!("system-key-for")}</th>
                    <th scope="col">{t!("system-key-since")}</th>
                </tr></thead>
                <tbody>{keys}</tbody>
            </table>
        </section>
    }
    .into_any()
}

#[component]
fn Facts(system: SystemView, now: DateTime<Utc>) -> impl IntoView {
    let sealed = if system.sealed { t!("system-sealed") } else { t!("system-open") };
    let chain = format!("/audit/{}/1", system.chain);
    view! {
        <div class="card padded">
            <dl class="pairs">
                <dt>{t!("system-version")}</dt><dd>{system.version}</dd>
                <dt>{t!("system-database")}</dt>
                <dd><code>{system.database}</code>" · "{t!("system-schema", number = system.schema.to_string())}</dd>
                <dt>{t!("system-started")}</dt>
                <dd>{system.started_at.map(|at| view! { <When at now /> })}</dd>
                <dt>{t!("system-vault")}</dt><dd>{sealed}</dd>
                <dt>{t!("system-waiting")}</dt>
                <dd>{t!("system-waiting-of", acts = system.waiting, revocations = system.waiting_revocations)}</dd>
                <dt>{t!("audit-chain")}</dt><dd><a href=chain><code>{system.chain}</code></a></dd>
            </dl>
        </div>
    }
    .into_any()
}

#[component]
fn Key(key: KeyRow, now: DateTime<Utc>) -> impl IntoView {
    let purpose = if key.signs { t!("system-key-signs") } else { t!("system-key-wraps") };
    view! {
        <tr>
            <th scope="row"><code>{key.name}</code></th>
            <td>{purpose}</td>
            <td><When at=key.created_at now /></td>
        </tr>
    }
}

/// What was found, the worst first. Its words are the broker's own, which are English.
#[component]
fn Checks(checks: Vec<CheckRow>) -> impl IntoView {
    let place = |verdict| match verdict {
        CheckVerdict::Failure => 0,
        CheckVerdict::Warning => 1,
        CheckVerdict::Ok => 2,
    };
    let mut checks = checks;
    checks.sort_by_key(|check| place(check.verdict));
    let bad = checks.iter().filter(|check| check.verdict != CheckVerdict::Ok).count();
    let (tone, icon) = if bad == 0 { ("low", "done") } else { ("medium", "warning") };
    let rows: Vec<_> = checks.into_iter().map(|check| view! { <Check check /> }).collect();
    view! {
        <Message tone icon><b>{t!("system-found", count = bad)}</b></Message>
        <ul class="list record">{rows}</ul>
    }
    .into_any()
}

#[component]
fn Check(check: CheckRow) -> impl IntoView {
    let (tone, icon, word) = match check.verdict {
        CheckVerdict::Ok => ("low", "done", t!("system-ok")),
        CheckVerdict::Warning => ("medium", "warning", t!("system-warning")),
        CheckVerdict::Failure => ("high", "denied", t!("system-failure")),
    };
    view! {
        <li class="row">
            <span class=format!("tag {tone}")><Icon name=icon /><span class="vh">{word}</span></span>
            <div lang=foreign()>
                <b>{check.name}</b>
                <p class="small">{check.what}</p>
                {check.to_do.map(|to_do| view! { <p class="small soft">{to_do}</p> })}
            </div>
        </li>
    }
    .into_any()
}
