use super::{Heading, Icon};
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
        <Heading title="That did not work" />
        <Message tone="high" icon="warning" alert=true>
            <b>{title}</b>
            ". "
            <bdi>{detail}</bdi>
            <br />
            <span class="small">"Nothing was granted or changed by opening this page."</span>
        </Message>
        <p class="after">
            <a class="b" href="">"Try again"</a>
            <a class="b quiet" href="/">"Inbox"</a>
            <span class="small soft">"For the log: " <code>{request_id}</code></span>
        </p>
    }
}
