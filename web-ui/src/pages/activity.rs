use super::{desk, show};
use crate::{
    components::{
        Heading, Message,
        chart::{Bar, Bars, Lanes},
    },
    fields, format,
    texts::t,
};
use chrono::Datelike;
use leptos::prelude::*;
use protocol::activity::{self, Numbers};

/// `/activity`: what was decided and done in the last days, to look at.
#[component]
pub(crate) fn Activity() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let body =
        show(async move { desk.activity().await }, move |activity| view! { <Charts activity /> }.into_any());
    view! {
        <Heading title=t!("nav-activity") />
        <p class="soft small standing">{t!("activity-how")}</p>
        {body}
    }
    .into_any()
}

#[component]
fn Charts(activity: activity::Activity) -> impl IntoView {
    let activity::Activity { days, agents, services, more } = activity;
    let bars: Vec<_> = days.iter().map(|(day, numbers)| (day.day().to_string(), *numbers)).collect();
    let by_day = days.iter().map(|(day, numbers)| (format::day(*day), None, *numbers)).collect();
    let (of_agents, of_services) = (linked("agent", &agents), linked("service", &services));
    view! {
        {more.then(|| view! { <Message tone="plain" icon="clock">{t!("activity-more")}</Message> })}
        <section>
            <h2>{t!("activity-days")}</h2>
            <div class="charts">{measures(&bars, |bars| view! { <Bars bars /> }.into_any())}</div>
            <Table title=t!("activity-days") head=t!("activity-day") rows=by_day />
        </section>
        <section>
            <h2>{t!("activity-agents")}</h2>
            <div class="charts lanes">{measures(&agents, |lanes| view! { <Lanes lanes /> }.into_any())}</div>
            <Table title=t!("activity-agents") head=t!("audit-agent") rows=of_agents />
        </section>
        <section>
            <h2>{t!("activity-services")}</h2>
            <div class="charts lanes">{measures(&services, |lanes| view! { <Lanes lanes /> }.into_any())}</div>
            <Table title=t!("activity-services") head=t!("audit-service") rows=of_services />
        </section>
    }
    .into_any()
}

/// Calls, decisions and times to decide, a chart each.
fn measures(of: &[(String, Numbers)], drawn: fn(Vec<Bar>) -> AnyView) -> Vec<AnyView> {
    let bars = |value: fn(&Numbers) -> u64, of_that: fn(&Numbers) -> u64, words: fn(u64) -> String| {
        let bar = |(label, numbers): &(String, Numbers)| Bar {
            label: label.clone(),
            value: value(numbers),
            of_that: of_that(numbers),
            words: words(value(numbers)),
        };
        drawn(of.iter().map(bar).collect())
    };
    let plain: fn(u64) -> String = |value| value.to_string();
    let seconds: fn(&Numbers) -> u64 =
        |it| it.median_seconds.and_then(|it| u64::try_from(it).ok()).unwrap_or_default();
    let calls = bars(|it| it.calls + it.refused, |it| it.refused, plain);
    let decisions = bars(|it| it.decisions, |it| it.denied, plain);
    let times = bars(seconds, |_| 0, short_span);
    vec![
        view! { <Chart title=t!("activity-calls") note=t!("activity-refused-note")>{calls}</Chart> }
            .into_any(),
        view! { <Chart title=t!("activity-decisions") note=t!("activity-denied-note")>{decisions}</Chart> }
            .into_any(),
        view! { <Chart title=t!("activity-times") note=t!("activity-times-note")>{times}</Chart> }.into_any(),
    ]
}

/// Rows that lead to what the record has of each.
fn linked(field: &'static str, rows: &[(String, Numbers)]) -> Vec<(String, Option<String>, Numbers)> {
    let row = |(name, numbers): &(String, Numbers)| {
        let query = fields::query(&[(field.to_owned(), name.clone())]);
        (name.clone(), Some(format!("/audit?{query}")), *numbers)
    };
    rows.iter().map(row).collect()
}

/// A time that fits over a bar.
fn short_span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

#[component]
fn Chart(title: String, note: String, children: Children) -> impl IntoView {
    view! {
        <section class="card padded chart">
            <h3>{title}</h3>
            {children()}
            <p class="soft small">{note}</p>
        </section>
    }
}

/// The same numbers as a table.
#[component]
fn Table(title: String, head: String, rows: Vec<(String, Option<String>, Numbers)>) -> impl IntoView {
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, href, it)| {
            let name = view! { <bdi>{name}</bdi> };
            let name = match href {
                Some(href) => view! { <a href=href>{name}</a> }.into_any(),
                None => name.into_any(),
            };
            let median = it.median_seconds.and_then(|it| u64::try_from(it).ok()).map(short_span);
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td>{it.decisions}</td>
                    <td>{it.denied}</td>
                    <td>{it.calls}</td>
                    <td>{it.refused}</td>
                    <td>{median.unwrap_or_else(|| "–".to_owned())}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="wide-table" role="region" aria-label=title tabindex="0">
                <table class="card numbers">
                    <thead><tr>
                        <th scope="col">{head}</th>
                        <th scope="col">{t!("activity-decisions")}</th>
                        <th scope="col">{t!("activity-denied")}</th>
                        <th scope="col">{t!("activity-calls")}</th>
                        <th scope="col">{t!("activity-refused")}</th>
                        <th scope="col">{t!("activity-median")}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
        </div>
    }
    .into_any()
}
