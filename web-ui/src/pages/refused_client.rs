use super::{
    NotFound, desk,
    nothing_asked::{back_to_client, named},
};
use crate::{
    components::{Heading, Message},
    texts::{foreign, rich, t},
};
use leptos::prelude::*;

/// A client that nobody vouches for sent the browser here with something that cannot be asked. It is told by a link that
/// its person follows or does not: a redirect at once would make the broker the way to anybody's page.
#[component]
pub(crate) fn RefusedClient() -> impl IntoView {
    let form = desk().and_then(|desk| desk.filled()).unwrap_or_default();
    if form.value("back").is_empty() {
        return view! { <NotFound /> }.into_any();
    }
    let (client, again, host) = (named(&form, "client"), named(&form, "client"), named(&form, "host"));
    let (error, why) = (form.value("error").to_owned(), form.value("why").trim_end_matches('.').to_owned());
    view! {
        <Heading title=t!("refused-title") />
        <Message tone="medium" icon="warning">{rich!("refused-why", client = client)}</Message>
        <div class="card padded">
            <p>{t!("refused-error")}</p>
            <p><code>{error}</code>": "<bdi lang=foreign()>{why}"."</bdi></p>
            <p>{rich!("refused-stranger", client = again, host = host)}</p>
            <div class="acts">{back_to_client(&form, "b")}</div>
        </div>
    }
    .into_any()
}
