//! The one translation of faults into what the outside sees. Inside text stays inside; what the outside sees says
//! what happened, whether anything was granted or done, and what to do.

use super::access::Style;
use crate::{
    egress::EgressError,
    fault::Fault,
    grants::visible,
    ledger::{LedgerError, Why},
    people::passkeys::relying,
    tokens::TokenError,
    vault::VaultError,
};
use axum::response::{IntoResponse, Response};
use domain::state::Reason;
use http::{HeaderValue, StatusCode, header};
use protocol::{Code, Hint, Problem};

/// A refusal on its way out: the guard writes it down in the form that the route speaks.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub problem: Problem,
    pub style: Style,
}

/// What a fault is to the outside.
struct Seen {
    status: StatusCode,
    code: Code,
    detail: String,
    field: Option<String>,
    hint: Option<Hint>,
}

impl Seen {
    fn new(status: StatusCode, code: Code, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), field: None, hint: None }
    }

    fn hint(self, hint: Hint) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

/// The problem of a fault, without the id of the exchange.
pub(super) fn problem(fault: &Fault) -> Problem {
    let seen = seen(fault);
    // What was sent may stand in it.
    let (detail, field) = (visible(&seen.detail), seen.field.as_deref().map(visible));
    Problem {
        kind: format!("urn:countersign:problem:{}", word(seen.code)),
        title: web_ui::problem_title(seen.code, web_ui::Language::English),
        status: seen.status.as_u16(),
        detail,
        code: seen.code,
        request_id: String::new(),
        field,
        hint: seen.hint,
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let problem = problem(&self);
        if problem.status >= 500 {
            tracing::error!(error = %self, "a request failed");
        } else {
            tracing::debug!(error = %self, "a request was refused");
        }
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if matches!(self, Fault::Unauthenticated | Fault::Token(_)) {
            let challenge = match self {
                Fault::Token(_) => "Bearer realm=\"countersign\", error=\"invalid_token\"",
                _ => "Bearer realm=\"countersign\"",
            };
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(Hint::Retry { after }) = problem.hint {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after));
        }
        response.extensions_mut().insert(Refused { problem, style: Style::Problem });
        response
    }
}

fn seen(fault: &Fault) -> Seen {
    use StatusCode as S;
    match fault {
        Fault::Invalid { field, detail } => {
            let detail = format!("{field}: {detail}. Nothing was done.");
            Seen {
                field: Some(field.clone()),
                ..Seen::new(S::UNPROCESSABLE_ENTITY, Code::InvalidRequest, detail)
            }
        }
        Fault::TooLarge(most) => too_large(*most),
        Fault::TooSlow(most) => too_slow(*most),
        Fault::Unauthenticated => {
            let detail = "No valid credential was sent for this. Nothing was done.";
            Seen::new(S::UNAUTHORIZED, Code::Unauthenticated, detail)
        }
        Fault::Token(error) => token(*error),
        Fault::Forbidden(why) => {
            Seen::new(S::FORBIDDEN, Code::Forbidden, format!("{why}. Nothing was done."))
        }
        Fault::Passkey(_)
        | Fault::MustRecover
        | Fault::OtherResource
        | Fault::TooFast
        | Fault::Narrow(_)
        | Fault::NotApprovable(_) => deciding(fault),
        Fault::OtherHost { .. } | Fault::InTheOpen { .. } | Fault::Busy => not_let_in(fault),
        Fault::NotFound(what) => {
            let detail = format!("There is no such {what}, or it is not yours to see. Nothing was done.");
            Seen::new(S::NOT_FOUND, Code::NotFound, detail)
        }
        Fault::TooMany { after, .. } => too_many(&fault.to_string(), *after),
        Fault::NotGranted { refusal, hint } => {
            let detail = format!("{refusal}. Nothing was sent to the service.");
            Seen { hint: hint.clone(), ..Seen::new(S::FORBIDDEN, Code::NotGranted, detail) }
        }
        Fault::Ambiguous { code, detail } => {
            let detail = format!("{detail} ({code}). Nothing was sent to the service.");
            Seen::new(S::BAD_REQUEST, Code::AmbiguousCall, detail)
        }
        Fault::Ledger(error) => ledger(error),
        Fault::Vault(VaultError::Sealed) => {
            let detail = "The vault is sealed, so no credential can be used. Nothing was spent and nothing was sent. \
                          An operator has to unseal it.";
            Seen::new(S::SERVICE_UNAVAILABLE, Code::Sealed, detail).hint(Hint::Retry { after: 60 })
        }
        Fault::SealedMeanwhile { sent } => sealed_meanwhile(*sent),
        Fault::Upstream(error) => upstream(error),
        Fault::Answer(code) => {
            let detail =
                format!("The service did what it was asked, but its answer cannot be passed on ({code}).");
            Seen::new(S::BAD_GATEWAY, Code::UpstreamFailed, detail)
        }
        Fault::Cut => {
            let detail = "The session or service was stopped while this call was being made. It may have reached the service.";
            Seen::new(S::FORBIDDEN, Code::GrantEnded, detail)
        }
        Fault::Store(_) => {
            let detail = "The database could not be read. Nothing was done; try again.";
            Seen::new(S::SERVICE_UNAVAILABLE, Code::Internal, detail).hint(Hint::Retry { after: 5 })
        }
        Fault::Vault(_) | Fault::Internal(_) => {
            let detail = "The broker failed. Its log has the reason under this exchange's id.";
            Seen::new(S::INTERNAL_SERVER_ERROR, Code::Internal, detail)
        }
    }
}

/// What people may decide, and what proves it.
fn deciding(fault: &Fault) -> Seen {
    use StatusCode as S;
    let why = capital(&fault.to_string());
    match fault {
        Fault::Passkey(refused) => passkey(refused),
        Fault::Narrow(refusal) => narrow(refusal),
        Fault::TooFast => {
            let detail = "This came faster than a person can read the page, as a click does that was meant for another. Nothing was granted and nothing was changed; look, and do it again.";
            Seen::new(S::CONFLICT, Code::TooFast, detail)
        }
        Fault::NotApprovable(_) => {
            let detail = format!(
                "{why}. Nothing was asked and nothing is granted. Whoever runs this broker has to name somebody who may \
                 decide on it."
            );
            Seen::new(S::CONFLICT, Code::NotApprovable, detail).hint(Hint::Stop)
        }
        _ => Seen::new(S::FORBIDDEN, Code::Forbidden, format!("{why}. Nothing was done.")),
    }
}

fn sealed_meanwhile(sent: bool) -> Seen {
    let what = if sent { "It may have reached the service" } else { "Nothing was sent" };
    let detail = format!(
        "The vault was sealed while this call was being made. It was on the record and counts as used. {what}."
    );
    Seen::new(StatusCode::SERVICE_UNAVAILABLE, Code::Sealed, detail).hint(Hint::Retry { after: 60 })
}

fn too_many(why: &str, after: u32) -> Seen {
    let detail = format!("{}. Nothing was done; try again in {after} seconds.", capital(why));
    Seen::new(StatusCode::TOO_MANY_REQUESTS, Code::RateLimited, detail).hint(Hint::Retry { after })
}

fn too_large(most: usize) -> Seen {
    let detail = format!("The body must be at most {most} bytes. Nothing was done.");
    Seen::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge, detail)
}

fn too_slow(seconds: u64) -> Seen {
    let detail = format!("The body took longer than {seconds} seconds. Nothing was done.");
    Seen::new(StatusCode::REQUEST_TIMEOUT, Code::Timeout, detail)
}

fn passkey(refused: &relying::Refused) -> Seen {
    let (code, status) = match refused {
        relying::Refused::Late => (Code::Expired, StatusCode::GONE),
        _ => (Code::Forbidden, StatusCode::FORBIDDEN),
    };
    Seen::new(status, code, format!("{}. Nothing was done.", capital(&refused.to_string())))
}

fn narrow(refusal: &domain::narrowing::NarrowRefusal) -> Seen {
    use domain::narrowing::NarrowRefusal;
    let code = match refusal {
        NarrowRefusal::NotGrantable { .. } => Code::NeedsStrongerProof,
        _ => Code::InvalidRequest,
    };
    Seen::new(StatusCode::UNPROCESSABLE_ENTITY, code, format!("{refusal}. Nothing was granted."))
}

fn token(error: TokenError) -> Seen {
    let detail = match error {
        TokenError::Expired => "This token has expired. Nothing was done.",
        TokenError::TooLarge => "This token would be too large. Nothing was done.",
        _ => "This token is not valid here. Nothing was done.",
    };
    Seen::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, detail)
}

fn upstream(error: &EgressError) -> Seen {
    let what = if error.is_not_sent() {
        "Nothing was sent to the service"
    } else {
        "The call may have reached the service; do not repeat it blindly"
    };
    let detail = format!("The service could not be called ({}). {what}. It is on the record.", error.code());
    let status = match error {
        EgressError::FirstByteTimeout | EgressError::TotalTimeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    Seen::new(status, Code::UpstreamFailed, detail)
}

/// What was refused before anybody looked at what it is.
fn not_let_in(fault: &Fault) -> Seen {
    use StatusCode as S;
    match fault {
        Fault::OtherHost { public_url } => {
            let detail = format!(
                "The request names a host that is not this broker's. Nothing was done. Use {public_url}."
            );
            Seen::new(S::MISDIRECTED_REQUEST, Code::InvalidRequest, detail)
        }
        Fault::InTheOpen { public_url } => {
            let detail = format!(
                "This came over plain http, where others can read it. Nothing was done. Use {public_url}, and \
                 replace the credential if one was sent."
            );
            Seen::new(S::FORBIDDEN, Code::Forbidden, detail)
        }
        _ => {
            let detail =
                "Agents hold as many connections as they may at the moment. Nothing was done; try again.";
            Seen::new(S::SERVICE_UNAVAILABLE, Code::Busy, detail).hint(Hint::Retry { after: 2 })
        }
    }
}

fn ledger(error: &LedgerError) -> Seen {
    use StatusCode as S;
    match error {
        LedgerError::Refused(why) => refused(why),
        LedgerError::Unavailable => {
            let detail = "The record cannot be written at the moment, so nothing was done. Try again.";
            Seen::new(S::SERVICE_UNAVAILABLE, Code::AuditUnavailable, detail).hint(Hint::Retry { after: 2 })
        }
        LedgerError::NotRecordedYet => {
            let detail = format!("{}.", capital(&error.to_string()));
            Seen::new(S::SERVICE_UNAVAILABLE, Code::AuditUnavailable, detail).hint(Hint::Retry { after: 5 })
        }
        LedgerError::AwaitsRevocation => {
            let detail = format!("{}. Nothing was done; try again.", capital(&error.to_string()));
            Seen::new(S::SERVICE_UNAVAILABLE, Code::AuditUnavailable, detail).hint(Hint::Retry { after: 2 })
        }
        LedgerError::OutcomeUnknown => {
            let detail = "It is not known whether this was recorded: it may have been done. Read it again before you repeat it.";
            Seen::new(S::SERVICE_UNAVAILABLE, Code::OutcomeUnknown, detail)
        }
        LedgerError::Data(_) => {
            let detail = "This could not be recorded as it is, so nothing was done.";
            Seen::new(S::UNPROCESSABLE_ENTITY, Code::InvalidRequest, detail)
        }
    }
}

fn refused(why: &Why) -> Seen {
    use StatusCode as S;
    let nothing =
        |code, status| Seen::new(status, code, format!("{}. Nothing was done.", capital(&why.to_string())));
    match why {
        Why::Missing(_) | Why::Foreign => nothing(Code::NotFound, S::NOT_FOUND),
        Why::State(refusal) => match refusal.reason {
            Reason::Late => nothing(Code::Expired, S::GONE),
            Reason::Digest | Reason::Wider => nothing(Code::Changed, S::CONFLICT),
            Reason::State if refusal.state == protocol::access::RequestStatus::Lapsed => {
                nothing(Code::Expired, S::GONE)
            }
            Reason::State | Reason::Early | Reason::Twice => nothing(Code::AlreadyDone, S::CONFLICT),
        },
        Why::Changed | Why::Overtaken(_) | Why::Stale | Why::Outdated(_) => {
            nothing(Code::Changed, S::CONFLICT)
        }
        Why::NotActive(_) | Why::Expired(_) | Why::Revoked(_) | Why::TakenAway(_) => {
            nothing(Code::GrantEnded, S::FORBIDDEN)
        }
        Why::Limit(_) => nothing(Code::LimitReached, S::FORBIDDEN),
        Why::TokenUsed => nothing(Code::TokenUsed, S::UNAUTHORIZED),
        Why::Repeat { same: true, .. } => {
            let detail = format!("{why}. It was not sent again; the record says what became of it.");
            Seen::new(S::CONFLICT, Code::AlreadyDone, detail)
        }
        Why::OtherAsk(_) => nothing(Code::InvalidRequest, S::UNPROCESSABLE_ENTITY),
        Why::Repeat { .. } => {
            let detail = format!("{why}, which was for something else. Nothing was sent.");
            Seen::new(S::UNPROCESSABLE_ENTITY, Code::InvalidRequest, detail)
        }
        Why::Blocked(_) | Why::NotPermitted(_) | Why::Altered => nothing(Code::Forbidden, S::FORBIDDEN),
        Why::NeedsPasskey | Why::NeedsProof => nothing(Code::NeedsStrongerProof, S::FORBIDDEN),
        Why::TooManyPending(_) => {
            nothing(Code::TooManyPending, S::TOO_MANY_REQUESTS).hint(Hint::Retry { after: 30 })
        }
        Why::CoolingDown { after, .. } => {
            nothing(Code::CoolingDown, S::TOO_MANY_REQUESTS).hint(Hint::Retry { after: *after })
        }
        Why::Spent => nothing(Code::Expired, S::GONE),
        Why::Sealed => nothing(Code::Sealed, S::SERVICE_UNAVAILABLE).hint(Hint::Retry { after: 60 }),
        Why::NotAccepted => {
            nothing(Code::NotAccepted, S::SERVICE_UNAVAILABLE).hint(Hint::Retry { after: 60 })
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The stable word of a code, as it is serialised.
pub(super) fn word(code: Code) -> String {
    serde_json::to_value(code).ok().and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}
