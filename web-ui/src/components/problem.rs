use super::{Heading, LogId, Message};
use crate::{
    Language,
    texts::{foreign, in_language, t},
};
use leptos::prelude::*;
use protocol::{Code, problem::Problem};

/// A page that could not be shown: what failed, whether anything was granted, and the id to look for in the log.
#[component]
pub(crate) fn ProblemView(problem: Problem) -> impl IntoView {
    let Problem { code, detail, request_id, .. } = problem;
    view! {
        <Heading title=t!("problem-title") />
        <Message tone="high" icon="warning" alert=true>
            {problem_words(code, detail)}
            <br />
            <span class="small">{t!("problem-nothing")}</span>
        </Message>
        <p class="after">
            <a class="b" href="">{t!("problem-again")}</a>
            <a class="b quiet" href="/">{t!("to-inbox")}</a>
            <LogId id=request_id />
        </p>
    }
}

/// What went wrong and what is now true in the viewer's language; the particulars in that of the rules, marked.
pub(crate) fn problem_words(code: Code, detail: String) -> AnyView {
    view! {
        <b>{t!(title(code))}</b>
        ". "
        {t!(so(code))}
        " "
        <bdi lang=foreign()>{detail}</bdi>
    }
    .into_any()
}

/// What a problem is called, on a page or by the API, which speaks English.
pub fn problem_title(code: Code, language: Language) -> String {
    in_language(language, title(code))
}

fn title(code: Code) -> &'static str {
    match code {
        Code::InvalidRequest => "problem-invalid-request",
        Code::Unauthenticated => "problem-unauthenticated",
        Code::Forbidden => "problem-forbidden",
        Code::NotFound => "problem-not-found",
        Code::NoSuchRoute => "problem-no-such-route",
        Code::Changed => "problem-changed",
        Code::AlreadyDone => "problem-already-done",
        Code::Expired => "problem-expired",
        Code::NotGranted => "problem-not-granted",
        Code::GrantEnded => "problem-grant-ended",
        Code::LimitReached => "problem-limit-reached",
        Code::TokenUsed => "problem-token-used",
        Code::TooManyPending => "problem-too-many-pending",
        Code::RateLimited => "problem-rate-limited",
        Code::CoolingDown => "problem-cooling-down",
        Code::NotApprovable => "problem-not-approvable",
        Code::NeedsStrongerProof => "problem-needs-stronger-proof",
        Code::TooFast => "problem-too-fast",
        Code::TooLarge => "problem-too-large",
        Code::Timeout => "problem-timeout",
        Code::AmbiguousCall => "problem-ambiguous-call",
        Code::UpstreamFailed => "problem-upstream-failed",
        Code::Sealed => "problem-sealed",
        Code::NotAccepted => "problem-not-accepted",
        Code::AuditUnavailable => "problem-audit-unavailable",
        Code::OutcomeUnknown => "problem-outcome-unknown",
        Code::Busy => "problem-busy",
        Code::Internal => "problem-internal",
    }
}

/// What is now true, as far as the code alone says it.
fn so(code: Code) -> &'static str {
    match code {
        Code::OutcomeUnknown | Code::UpstreamFailed | Code::Internal => "problem-so-unknown",
        // A revocation may be in force and wait to be recorded.
        Code::AuditUnavailable | Code::AlreadyDone | Code::GrantEnded => "problem-so-particulars",
        _ => "problem-so-nothing",
    }
}
