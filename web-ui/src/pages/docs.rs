use super::desk;
use crate::{
    components::Heading,
    desk::OperationView,
    texts::{Slot, foreign, rich, t},
};
use leptos::prelude::*;

/// `/docs`: the API, from the same list as `/openapi.json`.
#[component]
pub(crate) fn Docs() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let all = desk.operations();
    let of = |whose: &str| all.iter().filter(|it| it.whose == whose).cloned().collect::<Vec<_>>();
    let (agent, document) = (Slot::link("/docs/agent"), Slot::link("/openapi.json"));
    view! {
        <Heading title=t!("docs-title") />
        <p>{rich!("docs-where", agent = agent, document = document)}</p>
        <div class="reference">
            <Family title=t!("docs-agents") operations=of("agent") />
            <Family title=t!("docs-calls") operations=of("call") />
            <Family title=t!("docs-people") operations=of("person") />
            <Family title=t!("docs-others") operations=of("") />
        </div>
    }
    .into_any()
}

#[component]
fn Family(title: String, operations: Vec<OperationView>) -> impl IntoView {
    let shape = |words: String, shape: Option<String>| {
        shape.map(|shape| view! { <span class="small soft">{words} " " <code>{shape}</code> " "</span> })
    };
    let articles: Vec<_> = operations
        .into_iter()
        .map(|it| {
            view! {
                <article>
                    <h3><code>{it.method} " " {it.path}</code></h3>
                    <p lang=foreign()>{it.says}</p>
                    {shape(t!("docs-takes"), it.takes)}
                    {shape(t!("docs-gives"), it.gives)}
                </article>
            }
        })
        .collect();
    (!articles.is_empty()).then(|| view! { <h2>{title}</h2> {articles} })
}
