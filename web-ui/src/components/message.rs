use super::{Heading, Icon};
use crate::texts::{foreign, t};
use leptos::prelude::*;
use protocol::problem::Problem;

/// Words that must be seen: icon, colour and text.
#[component]
pub(crate) fn Message(
    tone: &'static str,
    icon: &'static str,
    /// Whether it interrupts a screen reader.
    #[prop(optional)]
    alert: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <div class=format!("message {tone}") role=if alert { "alert" } else { "status" }>
            <Icon name=icon />
            <p>{children()}</p>
        </div>
    }
}

/// A page that could not be shown: what failed, whether anything was granted, and the id to look for in the log.
#[component]
pub(crate) fn ProblemView(problem: Problem) -> impl IntoView {
    let Problem { title, detail, request_id, .. } = problem;
    view! {
        <Heading title=t!("problem-title") />
        <Message tone="high" icon="warning" alert=true>
            <span lang=foreign()><b>{title}</b> ". " <bdi>{detail}</bdi></span>
            <br />
            <span class="small">{t!("problem-nothing")}</span>
        </Message>
        <p class="after">
            <a class="b" href="">{t!("problem-again")}</a>
            <a class="b quiet" href="/">{t!("to-inbox")}</a>
            <LogId id=request_id />
        </p>
    }
}

/// The id under which the log tells more.
#[component]
pub(crate) fn LogId(id: String) -> impl IntoView {
    view! { <span class="small soft">" " {t!("problem-log")} " " <code>{id}</code></span> }
}
