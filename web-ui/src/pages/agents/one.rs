//! `/agents/ID`: whose it is, how it authenticates, how it is trusted, what it asked.

use super::Trusted;
use crate::{
    components::{Field, FormToken, Heading, Icon, KnownClient, Message, SessionRow, wrong_as_a_whole},
    desk::{AgentView, FormView, KeyView, Once, RecentSession, Trust},
    format,
    pages::{NotFound, desk, id_in_path, show},
    texts::{rich, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::ids::Slug;

/// `/agents/ID`.
#[component]
pub(crate) fn Agent() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let now = desk.now();
    let form = desk.filled().unwrap_or_default();
    show(async move { desk.agent_view(&id).await }, move |agent| {
        view! { <Whole agent form now /> }.into_any()
    })
}

#[component]
fn Whole(agent: AgentView, form: FormView, now: DateTime<Utc>) -> impl IntoView {
    let once = form.once.clone().map(|once| view! { <OnceShown once /> });
    let errors = wrong_as_a_whole(&form);
    let change =
        (agent.may_change && !agent.is_brought()).then(|| view! { <Change agent=agent.clone() form /> });
    let recent = agent.recent.clone();
    view! {
        <Heading title=agent.summary.title.clone() note=agent.summary.id.to_string() />
        {once}
        {errors}
        <Facts agent=agent.clone() now />
        {known(&agent, now)}
        <Acts agent />
        <Recent recent now />
        {change}
    }
}

/// How well the client is known, where a person brought it along or a browser is sent back to it.
fn known(agent: &AgentView, now: DateTime<Utc>) -> Option<AnyView> {
    let (client, twins, direct) = (agent.client.clone()?, agent.twins.clone(), agent.summary.direct);
    let renamed = client.name != agent.summary.title;
    Some(view! { <KnownClient client twins renamed direct now /> }.into_any())
}

/// A secret, this once.
#[component]
fn OnceShown(once: Once) -> impl IntoView {
    let Once { agent, secret, says } = once;
    view! {
        <Message tone="low" icon="done">{says.view()}</Message>
        <section class="card padded once">
            <h2>{t!("agents-secret-once", agent = agent.to_string())}</h2>
            <p class="small">{rich!("agents-secret-once-is")}</p>
            <pre class="copy" tabindex="0"><code>{secret}</code></pre>
            <p class="after"><a class="b" href=format!("/connect?agent={agent}")>{t!("agents-how")}</a></p>
        </section>
    }
}

#[component]
fn Facts(agent: AgentView, now: DateTime<Utc>) -> impl IntoView {
    let secret = match agent.secret {
        None if agent.is_brought() => t!("agents-by-client"),
        Some(number) => t!("agents-secret-number", number = number.to_string()),
        None => t!("agents-no-secret"),
    };
    let key = |it: &KeyView| view! { <li><b><bdi>{it.kid.clone()}</bdi></b> " " <code class="small">{it.thumbprint.clone()}</code></li> };
    let keys: Vec<_> = agent.keys.iter().map(key).collect();
    let moment = |at: Option<DateTime<Utc>>| {
        at.map_or_else(
            || t!("agents-never"),
            |at| format!("{} ({})", format::dated(at), format::ago(at, now)),
        )
    };
    let direct = if agent.summary.direct { t!("agents-is-direct") } else { t!("agents-is-not-direct") };
    view! {
        <dl class="facts-of">
            <div><dt>{t!("agents-owner")}</dt><dd><bdi>{agent.summary.owner.to_string()}</bdi></dd></div>
            <div><dt>{t!("agents-trust")}</dt><dd><Trusted trust=agent.trust now /></dd></div>
            <div><dt>{t!("agents-credentials")}</dt><dd>{secret}<ul>{keys}</ul></dd></div>
            <div><dt>{t!("agents-grant-token")}</dt><dd>{direct}</dd></div>
            <div><dt>{t!("agents-first")}</dt><dd>{moment(agent.first_seen)}</dd></div>
            <div><dt>{t!("agents-last")}</dt><dd>{moment(agent.last_seen)}</dd></div>
            <div><dt>{t!("agents-now")}</dt><dd>
                {t!("agents-live", count = agent.summary.live_sessions)} " · " {t!("agents-pending", count = agent.pending)}
            </dd></div>
        </dl>
    }
}

/// Stopping it, and letting it ask again.
#[component]
fn Acts(agent: AgentView) -> impl IntoView {
    let id = agent.summary.id.to_string();
    let stopped = matches!(agent.trust, Trust::Paused | Trust::CoolingDown { .. });
    let pause = (agent.may_change && agent.trust != Trust::Paused).then(|| {
        let words = t!("agents-pause", count = agent.summary.live_sessions);
        view! {
            <form method="post" action=format!("/agents/{id}/pause") class="act">
                <FormToken />
                <button class="b no"><Icon name="stop" />{words}</button>
            </form>
        }
    });
    let lift = (stopped && agent.may_lift).then(|| {
        view! {
            <form method="post" action=format!("/agents/{id}/resume") class="act">
                <FormToken />
                <button class="b">{t!("agents-resume")}</button>
            </form>
        }
    });
    let ask =
        (stopped && !agent.may_lift).then(|| view! { <p class="small soft">{t!("agents-ask-an-admin")}</p> });
    view! { <div class="acts">{pause}{lift}{ask}<a class="b" href=format!("/connect?agent={id}")>{t!("agents-how")}</a></div> }
}

#[component]
fn Recent(recent: Vec<RecentSession>, now: DateTime<Utc>) -> impl IntoView {
    let none = recent.is_empty().then(|| view! { <p class="soft">{t!("agents-asked-nothing")}</p> });
    let rows: Vec<_> = recent
        .into_iter()
        .map(|it| {
            let counts = t!("agents-counts", asked = it.asked, granted = it.granted, used = it.session.calls);
            view! { <SessionRow session=it.session now /> <li class="counts small soft">{counts}</li> }
        })
        .collect();
    view! { <section><h2>{t!("agents-recent")}</h2>{none}<ul class="list">{rows}</ul></section> }
}

/// The forms of those who keep it.
#[component]
fn Change(agent: AgentView, form: FormView) -> impl IntoView {
    let id = agent.summary.id.clone();
    let seen = agent.seen.clone();
    // What was just refused stands in its own form; the others show what is.
    let shown = if form.has("title") || form.error("title").is_some() {
        form.clone()
    } else {
        let mut fields = vec![("title".to_owned(), agent.summary.title.clone())];
        fields.push(("redirect_uris".to_owned(), agent.redirect_uris.join("\n")));
        fields.extend(agent.summary.direct.then(|| ("direct".to_owned(), "yes".to_owned())));
        FormView { fields, ..FormView::default() }
    };
    let field = |name: &str, label: String| Field::new(&shown, name, label);
    view! {
        <section class="keep">
            <h2>{t!("agents-change")}</h2>
            <form method="post" action=format!("/agents/{id}/edit") class="card padded">
                <FormToken />
                <input type="hidden" name="seen" value=seen.clone() />
                {field("title", t!("keep-title")).text(60)}
                {field("direct", t!("agents-direct")).hint(t!("agents-direct-hint")).tick()}
                {field("redirect_uris", t!("agents-redirects")).hint(t!("agents-redirects-hint")).lines()}
                <div class="acts"><button class="b">{t!("agents-save")}</button></div>
            </form>
            <NewSecret id=id.clone() seen=seen.clone() has=agent.secret.is_some() />
            <Keys id seen keys=agent.keys form />
        </section>
    }
}

#[component]
fn NewSecret(id: Slug, seen: String, has: bool) -> impl IntoView {
    let none = FormView::default();
    let end = has.then(|| Field::new(&none, "end_sessions", t!("agents-end-sessions")).tick());
    let why = if has { t!("agents-new-secret-is") } else { t!("agents-first-secret-is") };
    view! {
        <form method="post" action=format!("/agents/{id}/secret") class="card padded">
            <FormToken />
            <input type="hidden" name="seen" value=seen />
            <h3>{t!("agents-new-secret")}</h3>
            <p class="small">{why}</p>
            {end}
            <div class="acts"><button class="b">{t!("agents-new-secret-do")}</button></div>
        </form>
    }
}

#[component]
fn Keys(id: Slug, seen: String, keys: Vec<KeyView>, form: FormView) -> impl IntoView {
    let rows: Vec<_> =
        keys.into_iter().map(|key| view! { <RemoveKey id=id.clone() seen=seen.clone() key /> }).collect();
    let field = Field::new(&form, "jwk", t!("agents-key")).hint(t!("agents-key-hint")).pasted();
    view! {
        <div class="card padded">
            <h3>{t!("agents-keys")}</h3>
            {rows}
            <form method="post" action=format!("/agents/{id}/keys")>
                <FormToken />
                <input type="hidden" name="seen" value=seen />
                {field}
                <div class="acts"><button class="b">{t!("agents-add-key")}</button></div>
            </form>
        </div>
    }
}

#[component]
fn RemoveKey(id: Slug, seen: String, key: KeyView) -> impl IntoView {
    let label = t!("agents-remove-key-of", key = key.kid.clone());
    view! {
        <form method="post" action=format!("/agents/{id}/keys/remove") class="key">
            <FormToken />
            <input type="hidden" name="seen" value=seen />
            <input type="hidden" name="thumbprint" value=key.thumbprint.clone() />
            <span><b><bdi>{key.kid}</bdi></b> " " <code class="small">{key.thumbprint}</code></span>
            <button class="b quiet no" aria-label=label>{t!("agents-remove-key")}</button>
        </form>
    }
}
