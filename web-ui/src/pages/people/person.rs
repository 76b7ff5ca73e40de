use super::{Roles, last_seen};
use crate::{
    components::{FormToken, Heading, Icon, Message},
    pages::{NotFound, desk, id_in_path, inbox::tenths, show},
    texts::{rich, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::{
    ids::Slug,
    people::{PersonSummary, Scope},
    sessions::Routine,
};

/// `/people/NAME`: what one person may do, how they come in, and the way to keep them out.
#[component]
pub(crate) fn Person() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let now = desk.now();
    show(async move { desk.people().await }, move |people| {
        match people.into_iter().find(|person| person.id == id) {
            Some(person) => view! { <Page person now /> }.into_any(),
            None => view! { <NotFound /> }.into_any(),
        }
    })
}

#[component]
fn Page(person: PersonSummary, now: DateTime<Utc>) -> impl IntoView {
    let base = format!("/people/{}", person.id);
    let seen = last_seen(&person, now);
    let blocked = person.blocked;
    let keys = t!("people-passkeys", count = person.passkeys);
    let unsure = (!person.let_in_by.is_empty())
        .then(|| view! { <Unsure by=person.let_in_by.clone() base=base.clone() /> });
    let routine = person.routine.map(|routine| view! { <Routinely routine /> });
    let scope = person.decides_for.clone();
    let (agents, approved) =
        (t!("people-agents", count = person.agents), t!("people-approved", count = person.approved));
    view! {
        <Heading title=person.title.clone() named=true note=person.id.to_string() />
        {blocked.then(|| view! {
            <Message tone="high" icon="lock"><b>{t!("person-blocked")}</b></Message>
        })}
        <p class="soft small standing">{seen}" · "{keys}" · "{agents}" · "{approved}</p>
        {routine}
        <Rights person=person.clone() base=base.clone() />
        {unsure}
        <DecidesFor scope base=base.clone() />
        {(!blocked).then(|| view! { <Link base=base.clone() /> })}
        <Entry person base />
    }
    .into_any()
}

/// Name and roles.
#[component]
fn Rights(person: PersonSummary, base: String) -> impl IntoView {
    let last = person.last_admin.then(|| {
        view! { <p class="small warn">{t!("person-last-admin")}</p> }
    });
    view! {
        <form class="card padded fields" method="post" action=base>
            <FormToken />
            <label>
                <b>{t!("set-up-title")}</b>
                <input type="text" name="title" maxlength="100" value=person.title autocomplete="off" />
            </label>
            <Roles chosen=person.roles />
            {last}
            <button class="b go">{t!("person-save")}</button>
        </form>
    }
    .into_any()
}

/// A passkey that may be somebody else's, and the way to say that it is not.
#[component]
fn Unsure(by: Vec<Slug>, base: String) -> impl IntoView {
    let people = by.iter().map(Slug::as_str).collect::<Vec<_>>().join(", ");
    view! {
        <section>
            <Message tone="medium" icon="person">{t!("person-unsure", people = people)}</Message>
            <form method="post" action=format!("{base}/vouch") class="after">
                <FormToken />
                <button class="b">{t!("person-vouch")}</button>
            </form>
        </section>
    }
}

/// What admins are told of decisions that look like routine.
#[component]
fn Routinely(routine: Routine) -> impl IntoView {
    let Routine { decisions, approved, median_ms } = routine;
    let median = median_ms.map(|ms| t!("inbox-routine-median", seconds = tenths(ms)));
    view! {
        <Message tone="medium" icon="clock">
            {rich!("person-routine", approved = approved.to_string(), decisions = decisions.to_string())}
            " "
            {median}
            " "
            {t!("person-routine-advice")}
        </Message>
    }
}

/// For which services and agents they may decide, and the way to change it.
#[component]
fn DecidesFor(scope: Scope, base: String) -> impl IntoView {
    let listed = |names: &[Slug]| names.iter().map(Slug::as_str).collect::<Vec<_>>().join(", ");
    let services = (!scope.services.is_empty()).then(
        || view! { <p class="small">{t!("decides-only-services", names = listed(&scope.services))}</p> },
    );
    let agents = (!scope.agents.is_empty())
        .then(|| view! { <p class="small">{t!("decides-only-agents", names = listed(&scope.agents))}</p> });
    let all = (services.is_none() && agents.is_none())
        .then(|| view! { <p class="small">{t!("decides-everything")}</p> });
    view! {
        <section>
            <h2>{t!("decides-title")}</h2>
            {services}
            {agents}
            {all}
            <p class="after"><a class="b" href=format!("{base}/decides")>{t!("decides-change")}</a></p>
        </section>
    }
}

/// A way in, for whoever lost theirs or has none yet.
#[component]
fn Link(base: String) -> impl IntoView {
    view! {
        <section>
            <h2>{t!("person-link")}</h2>
            <form method="post" action=format!("{base}/link")>
                <FormToken />
                <p>{t!("person-link-hint")}</p>
                <p class="after"><button class="b">{t!("person-link-do")}</button></p>
            </form>
        </section>
    }
}

/// Keeps them out, or lets them in again.
#[component]
fn Entry(person: PersonSummary, base: String) -> impl IntoView {
    if person.blocked {
        return view! {
            <section>
                <h2>{t!("person-let-in")}</h2>
                <form method="post" action=format!("{base}/let-in")>
                    <FormToken />
                    <p>{t!("person-let-in-hint")}</p>
                    <p class="after"><button class="b">{t!("person-let-in-do")}</button></p>
                </form>
            </section>
        }
        .into_any();
    }
    view! {
        <section>
            <h2>{t!("person-block")}</h2>
            <form method="post" action=format!("{base}/block") class="confirm">
                <FormToken />
                <p>{t!("person-block-hint")}</p>
                <label class="stack">
                    <span>{t!("person-block-why")}</span>
                    <textarea name="reason" rows="2" maxlength="280"></textarea>
                </label>
                <div class="acts">
                    <button class="b no" disabled=person.last_admin><Icon name="lock" />{t!("person-block-do")}</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}
