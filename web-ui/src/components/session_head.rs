use super::{FormToken, Icon, Spans, card::whose, face, session_row::standing};
use crate::{
    format,
    pages::desk,
    texts::{foreign, rich, t},
};
use leptos::prelude::*;
use protocol::{
    sessions::{LimitState, Session, SessionSummary},
    usage::AskedGrantedUsed,
};

/// Who, what and until when, what is used up, and the ways to end it.
#[component]
pub(crate) fn SessionHead(session: Session) -> impl IntoView {
    let now = session.now;
    let (tone, icon, state) = standing(&session.summary);
    let clock = session.summary.ends_at.filter(|_| session.may_stop || tone == "low").map(|ends| {
        view! {
            <div class="clock">
                <b>
                    <time datetime=format::machine(ends) data-until=ends.timestamp_millis()>
                        {format::left((ends - now).num_seconds())}
                    </time>
                </b>
                <span class="soft small">{t!("session-left")}</span>
            </div>
        }
    });
    let facts = view! { <Facts session=session.clone() /> };
    let owner = &session.summary.owner;
    let yours = desk().and_then(|desk| desk.viewer()).is_some_and(|viewer| viewer.person == *owner);
    let whose = whose(yours, owner.to_string());
    let Session { summary, may_stop, .. } = session;
    let acts = may_stop.then(|| view! { <Acts summary=summary.clone() /> });
    view! {
        <section class="card" id="head" data-live="">
            <header class="who">
                {face(&summary.agent.title)}
                <div>
                    <b><bdi>{summary.agent.title.clone()}</bdi></b>
                    <span class="soft small">{whose}</span>
                </div>
                {clock}
            </header>
            <p class="says" lang=foreign()><Spans sentence=summary.sentence /></p>
            <div class="facts">
                <span class=format!("tag {tone}")><Icon name=icon />{state}</span>
                {facts}
            </div>
            {acts}
        </section>
    }
    .into_any()
}

#[component]
fn Facts(session: Session) -> impl IntoView {
    let summary = session.summary;
    let ends = summary
        .ends_at
        .map(|at| view! { <span>{rich!("session-ends", time = format::moment(at, session.now))}</span> });
    let limits = session.limits.into_iter().map(|LimitState { of, used, max, .. }| {
        view! { <span>{rich!("session-limit", used = used, max = max, of = view! { <bdi>{of}</bdi> }.into_any())}</span> }
    });
    view! {
        <span>{rich!("session-calls", count = summary.calls)}</span>
        <span>{rich!("session-refused", count = summary.refused)}</span>
        {limits.collect::<Vec<_>>()}
        {session.usage.map(|usage| view! { <Used usage /> })}
        {ends}
        {summary.last_call_at.map(|at| view! { <span>{rich!("session-last-call", when = format::ago(at, session.now))}</span> })}
        {summary.reason.map(|reason| view! { <span>{rich!("session-words", reason = reason)}</span> })}
    }
    .into_any()
}

/// How much of what was asked was granted and used: what it could do without next time.
#[component]
fn Used(usage: AskedGrantedUsed) -> impl IntoView {
    let AskedGrantedUsed { asked, granted, used, unused, more } = usage;
    let never = (!unused.is_empty() && !more).then(|| t!("session-never-used", what = unused.join(", ")));
    let says = if more {
        rich!("session-used-at-least", asked = asked, granted = granted, used = used)
    } else {
        rich!("session-used", asked = asked, granted = granted, used = used)
    };
    view! { <span title=never data-used=used>{says}</span> }
}

/// Stop it, or take one service out of it. Both only ever take away, so one act is enough.
#[component]
fn Acts(summary: SessionSummary) -> impl IntoView {
    let base = format!("/sessions/{}", summary.grant);
    let several = summary.services.iter().filter(|service| !service.taken_away).count() > 1;
    let services = summary.services.into_iter().map(|service| {
        if service.taken_away {
            return view! { <span class="soft small taken"><s>{service.title}</s>" "{t!("session-taken")}</span> }.into_any();
        }
        let action = format!("{base}/services/{}/take-away", service.service);
        several
            .then(|| view! {
                <form method="post" action=action>
                    <FormToken />
                    <button class="b" id=format!("take-{}", service.service)>{rich!("session-take", service = service.title)}</button>
                </form>
            })
            .into_any()
    });
    view! {
        <div class="acts">
            <form method="post" action=format!("{base}/stop")>
                <FormToken />
                <button class="b no" id="stop-now"><Icon name="stop" />{t!("card-stop")}</button>
            </form>
            {services.collect::<Vec<_>>()}
        </div>
    }
    .into_any()
}
