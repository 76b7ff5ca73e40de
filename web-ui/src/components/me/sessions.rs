use crate::{
    components::{FormToken, Icon},
    format,
    texts::t,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::me::WebSession;

/// Where a person is signed in.
#[component]
pub(crate) fn WebSessions(sessions: Vec<WebSession>, now: DateTime<Utc>) -> impl IntoView {
    let others = sessions.len() > 1;
    let rows: Vec<_> = sessions.into_iter().map(|session| view! { <Row session now /> }).collect();
    let end_others = others.then(|| {
        view! {
            <form method="post" action="/me/sessions/end-others" class="after">
                <FormToken />
                <button class="b no">{t!("me-sessions-end-others")}</button>
            </form>
        }
    });
    view! {
        <section id="sessions">
            <h2>{t!("me-sessions")}</h2>
            <ul class="list">{rows}</ul>
            {end_others}
        </section>
    }
}

#[component]
fn Row(session: WebSession, now: DateTime<Utc>) -> impl IntoView {
    let WebSession { id, via, device, since, last_used_at, this } = session;
    let device = if device.is_empty() { t!("me-session-unknown") } else { device };
    let via = match via.as_str() {
        "passkey" => t!("me-session-passkey"),
        "recovery" => t!("me-session-recovery"),
        "set-up code" => t!("me-session-set-up"),
        other => match other.strip_prefix("link by ") {
            Some(by) => t!("me-session-link-by", person = by),
            None => t!("me-session-link"),
        },
    };
    let end = if this {
        view! { <span class="tag low"><Icon name="done" />{t!("me-session-this")}</span> }.into_any()
    } else {
        view! {
            <form method="post" action=format!("/me/sessions/{id}/end")>
                <FormToken />
                <button class="b quiet no">{t!("me-session-end")}</button>
            </form>
        }
        .into_any()
    };
    view! {
        <li class="row">
            <span class="face"><Icon name="person" /></span>
            <div>
                <b><bdi>{device}</bdi></b>
                <p class="soft small">{via} " · " {t!("me-session-since", time = format::dated(since))} " · " {t!("me-session-used", ago = format::ago(last_used_at, now))}</p>
            </div>
            <div class="end">{end}</div>
        </li>
    }
}
