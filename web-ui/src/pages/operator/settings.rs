use crate::{
    components::{Heading, Message},
    pages::{desk, show},
    texts::{foreign, rich, t},
};
use leptos::prelude::*;
use protocol::operator::SettingRow;

/// Which settings stand together. What is in no group stands in the last.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "settings-reach",
        &[
            "listen",
            "public_url",
            "environment",
            "site",
            "tls_cert",
            "tls_key",
            "trusted_proxy",
            "plain_http",
        ],
    ),
    ("settings-storage", &["data", "database", "database_password_file", "root_key", "anchor"]),
    ("settings-record", &["retention", "retention_archive"]),
    (
        "settings-upstream",
        &[
            "upstream_connect",
            "upstream_first_byte",
            "upstream_idle",
            "upstream_tool",
            "upstream_total",
            "upstream_ca",
        ],
    ),
    ("settings-operating", &["limits", "admin_listen", "admin_exposed", "log", "log_level"]),
];

/// `/settings`: every setting and where it came from, to read. They are set where the broker runs.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let list = show(async move { desk.settings().await }, move |rows| {
        if rows.is_empty() {
            return view! { <Message tone="plain" icon="settings"><b>{t!("settings-none")}</b></Message> }
                .into_any();
        }
        view! { <Groups rows /> }.into_any()
    });
    view! {
        <Heading title=t!("nav-settings") />
        <p class="soft small standing">{rich!("settings-how")}</p>
        {list}
    }
    .into_any()
}

#[component]
fn Groups(rows: Vec<SettingRow>) -> impl IntoView {
    let mut rest = rows;
    let mut groups = Vec::new();
    for (title, names) in GROUPS {
        let (mine, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|row| names.contains(&row.name.as_str()));
        rest = others;
        groups.push((t!(title), mine));
    }
    groups.push((t!("settings-more"), rest));
    let groups = groups.into_iter().filter(|(_, rows)| !rows.is_empty());
    groups.map(|(title, rows)| view! { <Group title rows /> }).collect::<Vec<_>>()
}

#[component]
fn Group(title: String, rows: Vec<SettingRow>) -> impl IntoView {
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let value = row.value.unwrap_or_else(|| "–".to_owned());
            let origin = match row.origin {
                Some(origin) => view! { <span lang=foreign()>{origin}</span> }.into_any(),
                None => t!("settings-unset").into_any(),
            };
            view! {
                <tr>
                    <th scope="row"><code title=row.variable>{row.name}</code></th>
                    <td><code>{value}</code></td>
                    <td class="soft small">{origin}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <section>
            <h2>{title}</h2>
            <table class="card rows">
                <thead class="vh"><tr>
                    <th scope="col">{t!("settings-name")}</th>
                    <th scope="col">{t!("settings-value")}</th>
                    <th scope="col">{t!("settings-origin")}</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}
