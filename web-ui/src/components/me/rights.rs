use crate::texts::{rich, t};
use leptos::prelude::*;
use protocol::sessions::{Role, Viewer};

/// What a person may do, and how a program of theirs does it.
#[component]
pub(crate) fn Rights(viewer: Viewer) -> impl IntoView {
    let rows: Vec<_> = viewer.roles.iter().map(|role| view! { <li>{words(*role)}</li> }).collect();
    let none = rows.is_empty().then(|| view! { <p class="soft">{t!("me-roles-none")}</p> });
    let command = format!("countersign-broker person-token {}", viewer.person);
    view! {
        <section id="roles">
            <h2>{t!("me-roles")}</h2>
            {none}
            <ul class="words">{rows}</ul>
        </section>
        <section id="token">
            <h2>{t!("me-token")}</h2>
            <p>{t!("me-token-how")}</p>
            <p><code>{command}</code></p>
            <p class="soft small">{t!("me-token-what")}</p>
        </section>
    }
}

fn words(role: Role) -> AnyView {
    match role {
        Role::Approver => rich!("me-role-approver"),
        Role::Admin => rich!("me-role-admin"),
        Role::Auditor => rich!("me-role-auditor"),
        Role::Developer => rich!("me-role-developer"),
    }
}
