use crate::texts::{foreign, t};
use leptos::prelude::*;
use protocol::{
    access::EndReason,
    mcp::ResultRule,
    record::Actor,
    timeline::{CallResult, Cleaned, Happened},
};

/// What happened. What an action does was written by whoever declared it, in whatever language.
pub(super) fn what(happened: &Happened, by: &Actor) -> AnyView {
    let text = match happened {
        Happened::Called { does, .. } | Happened::Refused { does, .. } => {
            return view! { <bdi lang=foreign()>{does.clone()}</bdi> }.into_any();
        }
        Happened::Asked => t!("timeline-asked"),
        Happened::Approved => t!("timeline-approved", who = who(by)),
        Happened::Consented => t!("timeline-consented", who = who(by)),
        Happened::Denied => t!("timeline-denied", who = who(by)),
        Happened::Withdrawn => t!("timeline-withdrawn"),
        Happened::Lapsed => t!("timeline-lapsed"),
        Happened::Started => t!("timeline-started"),
        Happened::Ended { why } => t!("timeline-ended", why = end(*why)),
        Happened::Stopped => t!("timeline-stopped", who = who(by)),
        Happened::ServiceTaken => t!("timeline-service-taken", who = who(by)),
        Happened::Other { kind } => kind.clone(),
    };
    view! { <bdi>{text}</bdi> }.into_any()
}

/// How it went, or how whoever did it was signed in.
pub(super) fn how(happened: Happened, by: &Actor) -> AnyView {
    match (happened, by) {
        (Happened::Called { result, .. }, _) => view! { <bdi>{went(&result)}</bdi> }.into_any(),
        (Happened::Refused { why, .. }, _) => view! { <bdi lang=foreign()>{why}</bdi> }.into_any(),
        (_, Actor::Person { via, .. }) => view! { <bdi>{signed_in(via)}</bdi> }.into_any(),
        _ => ().into_any(),
    }
}

fn who(by: &Actor) -> String {
    match by {
        Actor::Person { person, .. } => person.to_string(),
        Actor::Agent { .. } => t!("timeline-by-agent"),
        Actor::Host => t!("timeline-by-operator"),
        Actor::Broker => t!("timeline-by-broker"),
    }
}

fn signed_in(via: &str) -> String {
    match via {
        "passkey" => t!("timeline-via-passkey"),
        "link" => t!("timeline-via-link"),
        "token" => t!("timeline-via-token"),
        other => match other.strip_prefix("link by ") {
            Some(by) => t!("timeline-via-link-by", by = by.to_owned()),
            None => t!("timeline-via", via = other.to_owned()),
        },
    }
}

fn end(why: Option<EndReason>) -> String {
    match why {
        Some(EndReason::Expired) => t!("end-expired"),
        Some(EndReason::Revoked) => t!("end-revoked"),
        Some(EndReason::Closed) => t!("end-closed"),
        Some(EndReason::Exhausted) => t!("end-exhausted"),
        Some(EndReason::Idle) => t!("end-idle"),
        Some(EndReason::NotRedeemed) => t!("end-not-redeemed"),
        None => t!("end-unknown"),
    }
}

fn went(result: &CallResult) -> String {
    match result {
        CallResult::OnItsWay => t!("call-on-its-way"),
        CallResult::Answered { status, ms, trouble, failed, cleaned } => {
            let (status, ms) = (status.to_string(), ms.to_string());
            let answered = t!("call-answered", status = status, ms = ms);
            let trouble = trouble.as_deref().map(|code| format!(" · {}", trouble_of(code)));
            let failed = failed.then(|| format!(" · {}", t!("call-tool-failed")));
            let cleaned = cleaned.iter().map(|it| format!(" · {}", changed(it)));
            [answered].into_iter().chain(trouble).chain(failed).chain(cleaned).collect()
        }
        CallResult::NotSent { why } => t!("call-not-sent", why = trouble_of(why)),
        CallResult::Unknown { why } => t!("call-unknown", why = trouble_of(why)),
    }
}

/// What a rule changed in the answer of an MCP server.
fn changed(it: &Cleaned) -> String {
    let count = i64::try_from(it.places).unwrap_or(i64::MAX);
    match it.rule {
        ResultRule::Invisible => t!("call-cleaned-invisible", count = count),
        ResultRule::Control => t!("call-cleaned-control", count = count),
        ResultRule::Markup => t!("call-cleaned-markup", count = count),
        ResultRule::Size => t!("call-cleaned-size", count = count),
    }
}

/// What a stable word for trouble says; one without words of its own stands for itself.
fn trouble_of(code: &str) -> String {
    match code {
        "cut" => t!("trouble-cut"),
        "broken" | "upstream_broken" => t!("trouble-broken"),
        "agent_left" => t!("trouble-agent-left"),
        "answer_refused" => t!("trouble-answer-refused"),
        "upstream_address_refused" => t!("trouble-address-refused"),
        "upstream_tls_failed" => t!("trouble-tls"),
        "upstream_unreachable" => t!("trouble-unreachable"),
        "upstream_timeout" | "upstream_total_timeout" => t!("trouble-timeout"),
        "request_body_broken" => t!("trouble-body"),
        other => other.replace('_', " "),
    }
}
