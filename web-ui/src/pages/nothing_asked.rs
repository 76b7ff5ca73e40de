use super::{NotFound, desk};
use crate::{
    components::{Heading, Icon, Message},
    desk::FormView,
    texts::{rich, t},
};
use leptos::prelude::*;

/// A client asked for nothing that could be decided on: what would have to be different, and the way back to it.
#[component]
pub(crate) fn NothingAsked() -> impl IntoView {
    let form = desk().and_then(|desk| desk.filled()).unwrap_or_default();
    if form.value("back").is_empty() {
        return view! { <NotFound /> }.into_any();
    }
    let client = named(&form, "client");
    let services = form.fields.iter().filter(|(field, _)| field == "service");
    let services: Vec<_> = services
        .map(|(_, service)| {
            let address = format!("/services/{service}/edit");
            view! { <li><a href=address><bdi>{service.clone()}</bdi></a></li> }
        })
        .collect();
    let which = if services.is_empty() {
        view! { <p><a href="/services">{t!("nothing-services")}</a></p> }.into_any()
    } else {
        view! { <ul>{services}</ul> }.into_any()
    };
    view! {
        <Heading title=t!("nothing-title") />
        <Message tone="medium" icon="warning">{rich!("nothing-why", client = client)}</Message>
        <div class="card padded">
            <p>{t!("nothing-admin")}</p>
            {which}
            <p>{t!("nothing-client")}</p>
            <div class="acts">
                {back_to_client(&form, "b go")}
            </div>
        </div>
    }
    .into_any()
}

/// What a client, or its host, calls itself.
pub(super) fn named(form: &FormView, field: &str) -> AnyView {
    let value = form.value(field).to_owned();
    view! { <bdi>{value}</bdi> }.into_any()
}

/// The way back to the client, with what it is to hear.
pub(super) fn back_to_client(form: &FormView, class: &'static str) -> AnyView {
    let (client, host) = (named(form, "client"), named(form, "host"));
    let back = form.value("back").to_owned();
    view! {
        <a class=format!("{class} wraps") href=back><Icon name="connect" /><span>{rich!("nothing-back", client = client, host = host)}</span></a>
    }
    .into_any()
}
