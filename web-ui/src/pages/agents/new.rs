use crate::{
    components::{Field, FormToken, Heading, wrong, wrong_as_a_whole},
    desk::{FormView, PersonChoice},
    pages::{desk, show},
    texts::t,
};
use leptos::prelude::*;
use protocol::sessions::Role;

/// `/agents/new`: a new agent. Admins choose its owner; a developer's is their own.
#[component]
pub(crate) fn NewAgent() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let viewer = desk.viewer();
    let admin = viewer.as_ref().is_some_and(|it| it.roles.contains(&Role::Admin));
    let me = viewer.map(|it| it.person.to_string()).unwrap_or_default();
    let form = desk.filled().unwrap_or_else(|| FormView {
        fields: vec![("owner".to_owned(), me), ("credential".to_owned(), "secret".to_owned())],
        ..FormView::default()
    });
    let people = async move { if admin { desk.people_to_choose().await } else { Ok(Vec::new()) } };
    let body = show(people, move |people| view! { <Fill form people /> }.into_any());
    view! { <Heading title=t!("agents-register") /> {body} }.into_any()
}

#[component]
fn Fill(form: FormView, people: Vec<PersonChoice>) -> impl IntoView {
    let errors = wrong_as_a_whole(&form);
    let field = |name: &str, label: String| Field::new(&form, name, label);
    let owners: Vec<_> = people.into_iter().map(|it| (it.id.to_string(), it.title)).collect();
    let owner = if owners.is_empty() {
        view! { <p class="small soft">{t!("agents-yours")}</p> {wrong(&form, "owner", "f-owner-wrong")} }
            .into_any()
    } else {
        field("owner", t!("agents-owner")).hint(t!("agents-owner-hint")).choice(owners)
    };
    let credentials =
        vec![("secret".to_owned(), t!("agents-by-secret")), ("key".to_owned(), t!("agents-by-key"))];
    view! {
        {errors}
        <form method="post" action="/agents/new" class="keep card padded">
            <FormToken />
            {field("name", t!("keep-name")).hint(t!("keep-name-hint")).text(63)}
            {field("title", t!("keep-title")).hint(t!("agents-title-hint")).text(60)}
            {owner}
            {field("credential", t!("agents-credential")).choice(credentials)}
            {field("jwk", t!("agents-key")).hint(t!("agents-key-hint")).pasted()}
            {field("direct", t!("agents-direct")).hint(t!("agents-direct-hint")).tick()}
            <div class="acts"><button class="b go">{t!("agents-register-do")}</button></div>
        </form>
    }
}
