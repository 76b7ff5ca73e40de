//! `/people/NAME/decides`: for which services and agents somebody may decide.

use crate::{
    components::{FormToken, Heading, wrong_as_a_whole},
    desk::{FormView, ScopeView},
    pages::{NotFound, desk, id_in_path, services::agree, show},
    texts::t,
};
use leptos::prelude::*;
use protocol::ids::Slug;

/// The form, or what saving it would do.
#[component]
pub(crate) fn Decides() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let filled = desk.filled();
    show(async move { desk.scope(&id).await }, move |it| {
        let (action, back) = (format!("/people/{}/decides", it.person), format!("/people/{}", it.person));
        let title = it.title.clone();
        let form = filled.unwrap_or_else(|| as_it_is(&it));
        let body = match form.review.clone() {
            Some(review) => agree(&form, review, action, &back),
            None => view! { <Fill it form action back /> }.into_any(),
        };
        view! { <Heading title named=true note=t!("decides-title") /> {body} }.into_any()
    })
}

fn as_it_is(it: &ScopeView) -> FormView {
    let named = |field: &str, names: &[Slug]| -> Vec<(String, String)> {
        names.iter().map(|name| (field.to_owned(), name.to_string())).collect()
    };
    let mut fields = named("service", &it.scope.services);
    fields.extend(named("agent", &it.scope.agents));
    FormView { fields, ..FormView::default() }
}

#[component]
fn Fill(it: ScopeView, form: FormView, action: String, back: String) -> impl IntoView {
    let errors = wrong_as_a_whole(&form);
    let services = ticks(&form, "service", t!("decides-services"), it.services);
    let agents = ticks(&form, "agent", t!("decides-agents"), it.agents);
    view! {
        {errors}
        <form method="post" action=action class="card padded fields">
            <FormToken />
            <input type="hidden" name="seen" value=it.seen />
            <p class="small soft">{t!("decides-hint")}</p>
            {services}
            {agents}
            <div class="acts">
                <a class="b" href=back>{t!("back")}</a>
                <button class="b go" name="do" value="review">{t!("keep-review")}</button>
            </div>
        </form>
    }
}

fn ticks(form: &FormView, field: &'static str, legend: String, all: Vec<(Slug, String)>) -> AnyView {
    let ticked = |id: &Slug| form.fields.iter().any(|(name, value)| name == field && value == id.as_str());
    let boxes: Vec<_> = all
        .into_iter()
        .map(|(id, title)| {
            let checked = ticked(&id);
            view! {
                <label class="tick">
                    <input type="checkbox" name=field value=id.to_string() checked=checked />
                    <span><bdi>{title}</bdi>" "<code class="soft small">{id.to_string()}</code></span>
                </label>
            }
        })
        .collect();
    view! { <fieldset class="ticks"><legend class="small soft">{legend}</legend>{boxes}</fieldset> }
        .into_any()
}
