use super::{NotFound, desk, id_in_path, query_fields, show};
use crate::{
    components::{
        Heading, Message,
        card::{CardStart, Mode},
    },
    desk::{Desk, WayBack},
    fields::{self, narrowing_fields},
    islands::RequestCard,
    texts::{foreign, rich, t},
};
use domain::narrowing;
use leptos::prelude::*;
use protocol::{
    access::RequestStatus,
    card::{Card, Narrowing},
    ids::RequestId,
};

/// `/requests/ID`: the card. The query carries the narrowing, and `review=1` asks to see it as it would be granted; a
/// GET, because it changes nothing and may be loaded again.
#[component]
pub(crate) fn Request() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<RequestId>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let query = query_fields();
    let review = query.iter().any(|(name, value)| name == "review" && value == "1");
    let (narrowing, unread) = match asked_narrowing(query) {
        Ok(narrowing) => (narrowing, None),
        Err(why) => (None, Some(why)),
    };
    let mode = if review && unread.is_none() { Mode::Review } else { Mode::Edit };
    let asking = desk.clone();
    let fields = narrowing.as_ref().map(narrowing::to_pairs);
    show(async move { asking.card(&id, narrowing).await }, move |card| {
        let (start, way_back) = (start(card, fields, mode, desk.as_ref()), desk.way_back());
        view! { <Page start unread way_back /> }.into_any()
    })
}

/// The narrowing in the query; none if it has no such field.
fn asked_narrowing(query: Vec<(String, String)>) -> Result<Option<Narrowing>, String> {
    let fields = narrowing_fields(query);
    if fields.is_empty() {
        return Ok(None);
    }
    narrowing::from_pairs(&fields).map(Some).map_err(|why| why.to_string())
}

/// The card with the fields that it shows: those that were sent, else those of the offer itself.
fn start(card: Card, fields: Option<Vec<fields::Pair>>, mode: Mode, desk: &dyn Desk) -> CardStart {
    let fields = fields.unwrap_or_else(|| fields::of_card(&card));
    CardStart { fields, card, mode, now: desk.now(), form_token: desk.form_token() }
}

#[component]
fn Page(start: CardStart, unread: Option<String>, way_back: Option<WayBack>) -> impl IntoView {
    let id = start.card.request.to_string();
    let title = match (start.card.status, start.mode) {
        (RequestStatus::Pending, Mode::Review) => t!("request-review"),
        _ => t!("request-title"),
    };
    let details = view! { <Details card=start.card.clone() /> };
    view! {
        <Heading title id />
        {unread.map(|why| view! {
            <Message tone="high" icon="warning" alert=true>
                {t!("request-unread")} " " <bdi lang=foreign()>{why}</bdi>
            </Message>
        })}
        <RequestCard start />
        <div id="way-back" data-live>{way_back.map(|it| view! { <Back way_back=it /> })}</div>
        {details}
    }
}

/// Where this browser goes once the request is decided.
#[component]
fn Back(way_back: WayBack) -> impl IntoView {
    let WayBack { client, host, address, goes, .. } = way_back;
    let (client, host) = (view! { <bdi>{client}</bdi> }.into_any(), view! { <bdi>{host}</bdi> }.into_any());
    if !goes {
        let why = rich!("request-way-back", client = client, host = host);
        return view! { <Message tone="plain" icon="connect">{why}</Message> }.into_any();
    }
    let going = rich!("request-going-back", client = client, host = host);
    view! {
        <Message tone="low" icon="connect">
            {going} " " <a href=address.clone() data-go=address>{t!("request-go-back")}</a>
        </Message>
    }
    .into_any()
}

/// What the two digests are computed over, for those who want to compare.
#[component]
fn Details(card: Card) -> impl IntoView {
    let granted = card.grant_digest.map(
        |digest| view! { <dt>{t!("request-grant-digest")}</dt><dd><code>{digest.to_string()}</code></dd> },
    );
    view! {
        <details class="more">
            <summary>{t!("request-details")}</summary>
            <dl>
                <dt>{t!("request-title")}</dt><dd><code>{card.request.to_string()}</code>", "{t!("request-version", number = card.version.to_string())}</dd>
                <dt>{t!("request-agent")}</dt><dd><code>{card.agent.id.to_string()}</code>", "{t!("request-secret", number = card.agent.key.to_string())}</dd>
                <dt>{t!("request-asked")}</dt><dd><time>{crate::format::machine(card.asked_at)}</time></dd>
                <dt>{t!("request-digest")}</dt><dd><code>{card.request_digest.to_string()}</code></dd>
                {granted}
            </dl>
        </details>
    }
    .into_any()
}
