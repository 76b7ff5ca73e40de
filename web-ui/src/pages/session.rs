use super::{NotFound, desk, id_in_path, show};
use crate::{
    components::{Heading, LeftOut, SessionHead, Timeline},
    texts::t,
};
use leptos::prelude::*;
use protocol::ids::GrantId;

/// `/sessions/ID`: what it may do, what it has done, and the ways to end it.
#[component]
pub(crate) fn Session() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<GrantId>()) else {
        return view! { <NotFound /> }.into_any();
    };
    show(async move { desk.session(&id).await }, |session| {
        let id = session.summary.grant.to_string();
        let (timeline, now) = (session.timeline.clone(), session.now);
        let (more, dropped_until) = (session.more, session.summary.dropped_until);
        view! {
            <Heading title=t!("session-title") id />
            <SessionHead session />
            <section class="done">
                <h2>{t!("session-done")} " " <span class="zone">{t!("session-zone")}</span></h2>
                <Timeline items=timeline now />
                <LeftOut more dropped_until />
            </section>
        }
        .into_any()
    })
}
