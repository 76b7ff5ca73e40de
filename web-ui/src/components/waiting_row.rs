use super::{
    Icon, Spans, face,
    tag::{tier_word, tone},
};
use crate::{
    format,
    texts::{foreign, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::sessions::Waiting;

/// A request that waits, in the inbox. The agent's words stand below the sentence, quoted.
#[component]
pub(crate) fn WaitingRow(waiting: Waiting, now: DateTime<Utc>) -> impl IntoView {
    let left = (waiting.expires_at - now).num_seconds();
    let id = waiting.request.to_string();
    let says = (!waiting.purpose.text.is_empty()).then(|| {
        let text = waiting.purpose.text;
        view! { <p class="soft small">"“" <bdi>{text}</bdi> "”"</p> }
    });
    let others =
        (!waiting.may_decide).then(|| view! { <span class="small soft">{t!("inbox-somebody-else")}</span> });
    view! {
        <li class="row">
            {face(&waiting.agent.title)}
            <div>
                <a class="whole" id=format!("row-{id}") href=format!("/requests/{id}")>
                    <b><bdi>{waiting.agent.title}</bdi></b>
                    " "
                    <span lang=foreign()><Spans sentence=waiting.sentence /></span>
                </a>
                {says}
                {others}
            </div>
            <span class=format!("tag {}", tone(waiting.tier))>
                <Icon name="clock" />
                {tier_word(waiting.tier)}
                " · "
                <time
                    datetime=format::machine(waiting.expires_at)
                    data-until=waiting.expires_at.timestamp_millis()
                    title=t!("inbox-lapses", time = format::moment(waiting.expires_at, now))
                >
                    {format::left(left)}
                </time>
            </span>
        </li>
    }
    .into_any()
}
