use super::{NotFound, desk, id_in_path, show};
use crate::{
    components::{FormToken, Heading, Icon, Message},
    format::count,
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
    let sessions = match service.live_sessions {
        0 => "No live session holds it.".to_owned(),
        1 => "1 live session loses it at once.".to_owned(),
        n => format!("{n} live sessions lose it at once."),
    };
    let action = format!("/services/{}/revoke", service.id);
    view! {
        <Heading title="Revoke everywhere" note=service.title.clone() />
        <Message tone="high" icon="warning">
            <b>{sessions}</b>
            " Calls to " {service.title} " that run are cut, the next ones fail. Requests for it that wait can no longer be approved. "
            "This cannot be undone: agents have to ask again."
        </Message>
        <form method="post" action=action class="confirm">
            <FormToken />
            <label><input type="checkbox" name="block" value="true" checked=service.blocked />" Refuse new requests for it too"</label>
            <div class="acts">
                <a class="b" href="/services">"Back"</a>
                <button class="b no"><Icon name="stop" />{format!("Revoke in {}", count(service.live_sessions, "session"))}</button>
            </div>
        </form>
    }
}
