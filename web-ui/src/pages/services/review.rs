//! What saving would do, to be agreed to: each change, how many sessions lose the service, and which secrets are needed
//! again.

use crate::{
    components::{Field, FormToken, Icon, Message, hidden, wrong_as_a_whole},
    desk::{FormView, Review},
    texts::{foreign, rich, t},
};
use leptos::prelude::*;
use protocol::ids::Slug;

/// The review of a form.
pub(crate) fn agree(form: &FormView, review: Review, action: String, back: &str) -> AnyView {
    let Review { shown, changes, sessions_lose_it, effects, secrets } = review;
    let changes: Vec<_> = changes
        .into_iter()
        .map(|(what, details)| {
            let details: Vec<_> =
                details.into_iter().map(|line| view! { <li><bdi>{line}</bdi></li> }).collect();
            view! { <li><b><bdi>{what}</bdi></b><ul>{details}</ul></li> }
        })
        .collect();
    let lose = sessions_lose_it.map(|count| view! { <Lose count /> });
    let effects: Vec<_> = effects
        .into_iter()
        .map(|effect| view! { <Message tone="medium" icon="warning">{effect.clone().view()}</Message> })
        .collect();
    let back = back.to_owned();
    let needed = (!secrets.is_empty()).then(|| view! { <Secrets form=form.clone() secrets /> });
    let errors = wrong_as_a_whole(form);
    view! {
        {errors}
        {lose}
        {effects}
        <form method="post" action=action class="keep">
            <FormToken />
            {hidden(&form.fields)}
            <input type="hidden" name="shown" value=shown />
            <div class="card padded">
                <h2>{t!("keep-review-title")}</h2>
                <ul class="differences" lang=foreign()>{changes}</ul>
            </div>
            {needed}
            <div class="acts">
                <button class="b go" name="do" value="save"><Icon name="done" />{t!("keep-save")}</button>
                <button class="b" name="do" value="form">{t!("keep-back-to-form")}</button>
                <a class="b quiet" href=back>{t!("keep-discard")}</a>
            </div>
        </form>
    }
    .into_any()
}

/// Who loses what by a change.
#[component]
fn Lose(count: i64) -> impl IntoView {
    let tone = if count == 0 { "plain" } else { "high" };
    view! { <Message tone icon="warning"><b>{t!("keep-review-lose", count = count)}</b>" "{t!("keep-review-why")}</Message> }
}

/// The secrets that do not open where the service would be.
#[component]
fn Secrets(form: FormView, secrets: Vec<(Slug, String)>) -> impl IntoView {
    let fields: Vec<_> = secrets
        .into_iter()
        .map(|(id, account)| {
            let label = t!("keep-secret-again", account = account, name = id.to_string());
            Field::new(&form, format!("secret.{id}"), label).secret()
        })
        .collect();
    view! {
        <div class="card padded">
            <h2>{t!("keep-secrets")}</h2>
            <p class="small">{rich!("keep-secrets-why")}</p>
            {fields}
        </div>
    }
}
