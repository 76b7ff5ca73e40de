//! `/services/ID/results`: which rules clean what an MCP server answers.

use super::{
    form::Overtaken,
    review::agree,
    tools::{RULES, rule_words},
};
use crate::{
    components::{Field, FormToken, Heading, wrong_as_a_whole},
    desk::{FormView, ServiceView},
    pages::{NotFound, desk, id_in_path, show},
    texts::t,
};
use leptos::prelude::*;
use protocol::ids::Slug;

/// The page.
#[component]
pub(crate) fn Results() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let filled = desk.filled();
    show(async move { desk.service_view(&id).await }, move |service| {
        let (Some(server), true) = (&service.definition.mcp, service.may_keep) else {
            return view! { <NotFound /> }.into_any();
        };
        let action = format!("/services/{}/results", service.summary.id);
        let back = format!("/services/{}", service.summary.id);
        let note = service.summary.title.clone();
        let ticked = RULES.iter().filter(|(rule, _)| !server.kept.contains(rule));
        let fields = ticked.map(|(_, word)| (format!("rule.{word}"), "yes".to_owned())).collect();
        let form = filled.unwrap_or_else(|| FormView { fields, ..FormView::default() });
        let body = match form.review.clone() {
            Some(review) => agree(&form, review, action, &back),
            None => view! { <Switches form service action back /> }.into_any(),
        };
        view! { <Heading title=t!("rule-title") note /> {body} }.into_any()
    })
}

#[component]
fn Switches(form: FormView, service: ServiceView, action: String, back: String) -> impl IntoView {
    let version = if form.has("version") {
        form.value("version").to_owned()
    } else {
        service.summary.version.to_string()
    };
    let overtaken =
        form.overtaken.clone().map(|differs| view! { <Overtaken differs log=form.log.clone() /> });
    let switches = RULES.map(|(rule, word)| {
        let (name, does) = rule_words(rule);
        Field::new(&form, format!("rule.{word}"), name).hint(does).tick()
    });
    view! {
        {overtaken}
        {wrong_as_a_whole(&form)}
        <p class="soft small">{t!("rule-are")}</p>
        <form method="post" action=action class="keep card padded">
            <FormToken />
            <input type="hidden" name="version" value=version />
            {switches.into_iter().collect::<Vec<_>>()}
            <div class="acts">
                <a class="b" href=back>{t!("back")}</a>
                <button class="b go" name="do" value="review">{t!("keep-review")}</button>
            </div>
        </form>
    }
}
