use super::{NotFound, desk, id_in_path, show};
use crate::{
    components::{FormToken, Heading, Icon, Message},
    texts::{rich, t},
};
use leptos::prelude::*;
use protocol::{ids::Slug, services::ServiceSummary};

/// `/services/ID/revoke`: says exactly what will stop, and asks.
#[component]
pub(crate) fn RevokeService() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    show(async move { desk.services().await }, move |services| {
        match services.into_iter().find(|service| service.id == id) {
            Some(service) => view! { <Confirm service /> }.into_any(),
            None => view! { <NotFound /> }.into_any(),
        }
    })
}

#[component]
fn Confirm(service: ServiceSummary) -> impl IntoView {
    let action = format!("/services/{}/revoke", service.id);
    view! {
        <Heading title=t!("revoke-title") note=service.title.clone() />
        <Message tone="high" icon="warning">
            <b>{t!("revoke-sessions", count = service.live_sessions)}</b>
            " "
            {rich!("revoke-what", service = service.title)}
        </Message>
        <form method="post" action=action class="confirm">
            <FormToken />
            <label><input type="checkbox" name="block" value="true" checked=service.blocked />" "{t!("revoke-block")}</label>
            <div class="acts">
                <a class="b" href="/services">{t!("back")}</a>
                <button class="b no"><Icon name="stop" />{t!("revoke-do", count = service.live_sessions)}</button>
            </div>
        </form>
    }
}
