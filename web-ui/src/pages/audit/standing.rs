use crate::{
    components::{FormToken, Message, When},
    texts::{foreign, rich, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::audit::{ChainHead, RecordStanding, Verified};

/// Whether the record is whole, as far as this broker has looked, and where its chains end.
#[component]
pub(super) fn Standing(standing: RecordStanding, now: DateTime<Utc>) -> impl IntoView {
    let RecordStanding { chains, anchored_at, verified } = standing;
    let anchor = match anchored_at {
        Some(at) => rich!("audit-anchored", time = view! { <When at now /> }.into_any()),
        None => t!("audit-no-anchor").into_any(),
    };
    let heads: Vec<_> = chains.into_iter().map(|head| view! { <Head head now /> }).collect();
    view! {
        <section id="verified">
            <h2>{t!("audit-whole")}</h2>
            {match verified {
                Some(verified) => view! { <Result verified now /> }.into_any(),
                None => view! { <p class="soft small">{t!("audit-not-verified")}</p> }.into_any(),
            }}
            <form method="post" action="/audit/verify" class="after">
                <FormToken />
                <button class="b">{t!("audit-verify")}</button>
                <span class="small soft">{t!("audit-verify-hint")}</span>
            </form>
            <p class="small soft">{anchor}</p>
            <details class="more">
                <summary>{t!("audit-heads")}</summary>
                <ul class="heads">{heads}</ul>
            </details>
        </section>
    }
    .into_any()
}

/// What came of the last verification.
#[component]
fn Result(verified: Verified, now: DateTime<Utc>) -> impl IntoView {
    let when = view! { <When at=verified.at now /> }.into_any();
    let by = rich!("audit-verified-by", time = when, person = verified.by.to_string());
    let Some(damage) = verified.damage else {
        let dropped = (verified.dropped > 0).then(|| t!("audit-verified-dropped", count = verified.dropped));
        return view! {
            <Message tone="low" icon="done">
                <b>{t!("audit-verified", records = verified.records, chains = verified.chains)}</b>
                " "
                {t!(
                    "audit-verified-counts",
                    approvals = verified.approvals,
                    revocations = verified.revocations,
                    calls = verified.calls,
                )}
                " "
                {dropped}
                <br />
                <span class="small">{by}</span>
            </Message>
        }
        .into_any();
    };
    let place = format!("/audit/{}/{}", damage.chain, damage.seq);
    view! {
        <Message tone="high" icon="warning" alert=true>
            <b>{t!("audit-damaged")}</b>
            " "
            <a href=place>{t!("audit-damaged-at", number = damage.seq.to_string())}</a>
            " "
            <bdi lang=foreign()>{damage.what}</bdi>
            <br />
            <span class="small">{by}</span>
        </Message>
    }
    .into_any()
}

#[component]
fn Head(head: ChainHead, now: DateTime<Utc>) -> impl IntoView {
    let ended = match head.ended_at {
        Some(at) => rich!("audit-chain-ended", time = view! { <When at now /> }.into_any()),
        None => t!("audit-chain-open").into_any(),
    };
    view! {
        <li>
            <code>{head.chain}</code>
            <span>
                {rich!("audit-chain-started", time = view! { <When at=head.started_at now /> }.into_any())}
                " · "
                {ended}
                " · "
                {t!("audit-chain-records", count = head.seq)}
            </span>
            <code>{head.hash}</code>
        </li>
    }
    .into_any()
}
