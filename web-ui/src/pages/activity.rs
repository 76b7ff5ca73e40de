use super::{desk, show};
use crate::{
    components::{
        Heading, Message,
        chart::{Bar, Bars},
    },
    fields, format,
    texts::t,
};
use chrono::{DateTime, Datelike, Utc};
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
    let bars =
        |value: fn(&Numbers) -> u64, of_that: fn(&Numbers) -> u64, words: fn(u64) -> String| -> Vec<Bar> {
            let bar = |(day, numbers): &(DateTime<Utc>, Numbers)| Bar {
                label: day.day().to_string(),
                value: value(numbers),
                of_that: of_that(numbers),
                words: words(value(numbers)),
            };
            days.iter().map(bar).collect()
        };
    let plain: fn(u64) -> String = |value| value.to_string();
    let time: fn(u64) -> String = |seconds| short_span(seconds);
    let seconds: fn(&Numbers) -> u64 =
        |it| it.median_seconds.and_then(|it| u64::try_from(it).ok()).unwrap_or_default();
    let calls = bars(|it| it.calls + it.refused, |it| it.refused, plain);
    let decisions = bars(|it| it.decisions, |it| it.denied, plain);
    let times = bars(seconds, |_| 0, time);
    let by_day = days.iter().map(|(day, numbers)| (format::day(*day), None, *numbers)).collect();
    let named = |field: &'static str, rows: Vec<(String, Numbers)>| {
        let row = |(name, numbers): (String, Numbers)| {
            let query = fields::query(&[(field.to_owned(), name.clone())]);
            (name, Some(format!("/audit?{query}")), numbers)
        };
        rows.into_iter().map(row).collect::<Vec<_>>()
    };
    let (agents, services) = (named("agent", agents), named("service", services));
    view! {
        {more.then(|| view! { <Message tone="plain" icon="clock">{t!("activity-more")}</Message> })}
        <div class="charts">
            <Chart title=t!("activity-calls") bars=calls note=t!("activity-refused-note") />
            <Chart title=t!("activity-decisions") bars=decisions note=t!("activity-denied-note") />
            <Chart title=t!("activity-times") bars=times note=t!("activity-times-note") />
        </div>
        <Table title=t!("activity-agents") head=t!("audit-agent") rows=agents />
        <Table title=t!("activity-services") head=t!("audit-service") rows=services />
        <Table title=t!("activity-days") head=t!("activity-day") rows=by_day />
    }
    .into_any()
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
fn Chart(title: String, bars: Vec<Bar>, note: String) -> impl IntoView {
    view! {
        <section class="card padded chart">
            <h2>{title}</h2>
            <Bars bars />
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
        <section>
            <h2>{title.clone()}</h2>
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
        </section>
    }
    .into_any()
}
