use super::{NotFound, desk};
use crate::{
    components::{Heading, Icon, Message},
    texts::{rich, t},
};
use leptos::prelude::*;

/// A client asked for nothing that could be decided on: what would have to be different, and the way back to it.
#[component]
pub(crate) fn NothingAsked() -> impl IntoView {
    let form = desk().and_then(|desk| desk.filled()).unwrap_or_default();
    let back = form.value("back").to_owned();
    if back.is_empty() {
        return view! { <NotFound /> }.into_any();
    }
    let name = |field: &str| {
        let value = form.value(field).to_owned();
        view! { <bdi>{value}</bdi> }.into_any()
    };
    let (client, again, host) = (name("client"), name("client"), name("host"));
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
                <a class="b go" href=back><Icon name="connect" /><span>{rich!("nothing-back", client = again, host = host)}</span></a>
            </div>
        </div>
    }
    .into_any()
}
