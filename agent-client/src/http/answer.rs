//! Reading answers: JSON, problems, OAuth errors, and what is none of these.

use crate::error::{Error, Refusal};
use protocol::{Code, Hint, Problem, problem::MEDIA_TYPE};
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;

/// No answer of the broker itself is larger.
const LARGEST: usize = 8 * 1024 * 1024;

/// What every problem of the broker itself is called; an upstream's problem is not.
const BROKERS_OWN: &str = "urn:countersign:problem:";

/// The body of a good answer, or the error that a bad one stands for.
pub(crate) async fn decode<T: DeserializeOwned>(response: Response, safe: bool) -> Result<T, Error> {
    let status = response.status();
    if !status.is_success() {
        return Err(decode_error(response, safe).await);
    }
    let body = read(response, safe).await?;
    serde_json::from_slice(&body).map_err(|why| Error::protocol(format!("{status}: {why}")))
}

/// The error that an answer stands for, whichever form it has.
pub(crate) async fn decode_error(response: Response, safe: bool) -> Error {
    let status = response.status();
    let retry_after = super::retry::retry_after(response.headers());
    let media_type = media_type(&response);
    match read(response, safe).await {
        Ok(body) => read_error(status, &media_type, &body, retry_after, safe),
        Err(error) => error,
    }
}

/// Whether this is the broker's own refusal, and not something that an upstream answered.
pub(crate) async fn split_refusal(response: Response) -> Result<Response, Error> {
    if response.status().is_success() || media_type(&response) != MEDIA_TYPE {
        return Ok(response);
    }
    let status = response.status();
    let retry_after = super::retry::retry_after(response.headers());
    let headers = response.headers().clone();
    let body = read(response, false).await?;
    match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) if problem.kind.starts_with(BROKERS_OWN) => Err(refused(problem, retry_after)),
        _ => Ok(rebuild(status, headers, body)),
    }
}

/// The upstream's own problem document, put together again as it came.
fn rebuild(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Response {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.into()
}

fn media_type(response: &Response) -> String {
    let value =
        response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// RFC 6749 section 5.2, with the broker's hint.
#[derive(Deserialize)]
struct OAuthError {
    error: String,
    error_description: Option<String>,
    hint: Option<Box<Hint>>,
}

fn read_error(
    status: StatusCode,
    media_type: &str,
    body: &[u8],
    retry_after: Option<Duration>,
    safe: bool,
) -> Error {
    if media_type == MEDIA_TYPE {
        return match serde_json::from_slice(body) {
            Ok(problem) => refused(problem, retry_after),
            Err(why) => Error::protocol(format!("{status} with an unknown problem: {why}")),
        };
    }
    if let Ok(OAuthError { error, error_description, hint }) = serde_json::from_slice(body) {
        return Error::OAuth { error, description: error_description, hint };
    }
    let why = format!("{status} from something in front of the broker, or from something that is no broker");
    match status.as_u16() {
        503 => Error::Unreachable { why },
        502 | 504 if safe => Error::Unreachable { why },
        502 | 504 => Error::OutcomeUnknown { why },
        _ => Error::protocol(why),
    }
}

fn refused(problem: Problem, retry_after: Option<Duration>) -> Error {
    if problem.code == Code::OutcomeUnknown {
        return Error::OutcomeUnknown { why: problem.detail };
    }
    let hinted = match problem.hint {
        Some(Hint::Retry { after }) => Some(Duration::from_secs(after.into())),
        _ => None,
    };
    Error::Refused { refusal: Box::new(Refusal { problem, retry_after: retry_after.or(hinted) }) }
}

/// The whole body, as long as it is no larger than anything the broker says.
async fn read(mut response: Response, safe: bool) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body),
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(Error::protocol("the answer is too large")),
            Err(why) => return Err(transport(&why, safe)),
        }
    }
}

/// A failure on the way. Only what was never sent, or changes nothing, is known to have had no effect.
pub(crate) fn transport(why: &reqwest::Error, safe: bool) -> Error {
    if why.is_builder() {
        return Error::invalid(root_cause(why));
    }
    if safe || why.is_connect() { unreachable(why) } else { Error::OutcomeUnknown { why: root_cause(why) } }
}

pub(crate) fn unreachable(why: &reqwest::Error) -> Error {
    Error::Unreachable { why: root_cause(why) }
}

/// The innermost reason: the outer ones only say that something failed.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, media_type: &str, body: &str, safe: bool) -> Error {
        read_error(StatusCode::from_u16(status).unwrap(), media_type, body.as_bytes(), None, safe)
    }

    fn problem(code: &str, hint: &str) -> String {
        format!(
            r#"{{"type":"urn:countersign:problem:{code}","title":"T","status":403,"detail":"D","code":"{code}",
               "request_id":"r1","hint":{hint}}}"#
        )
    }

    #[test]
    fn a_problem_is_a_refusal_with_its_hint() {
        let error = error(403, MEDIA_TYPE, &problem("forbidden", r#"{"action":"retry","after":9}"#), true);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
        assert_eq!(error.problem().map(|problem| problem.code), Some(Code::Forbidden));
        assert_eq!(error.to_string(), "T: D");
    }

    #[test]
    fn an_unknown_outcome_is_never_a_refusal() {
        let error = error(503, MEDIA_TYPE, &problem("outcome_unknown", r#"{"action":"stop"}"#), true);
        assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error:?}");
    }

    #[test]
    fn oauth_errors_keep_their_word() {
        let body = r#"{"error":"invalid_target","error_description":"no such service"}"#;
        let error = error(400, "application/json", body, true);
        assert_eq!(error.to_string(), "invalid_target: no such service");
        assert_eq!(error.hint(), None);
    }

    #[test]
    fn oauth_errors_keep_the_brokers_hint() {
        let body = r#"{"error":"invalid_scope","hint":{"action":"retry","after":9}}"#;
        let error = error(400, "application/json", body, true);
        assert_eq!(error.hint(), Some(&Hint::Retry { after: 9 }));
    }

    #[test]
    fn a_gateway_that_lost_an_unsafe_request_leaves_it_unknown() {
        assert!(matches!(error(502, "text/html", "<h1>", true), Error::Unreachable { .. }));
        assert!(matches!(error(502, "text/html", "<h1>", false), Error::OutcomeUnknown { .. }));
        assert!(matches!(error(503, "text/html", "<h1>", false), Error::Unreachable { .. }));
        assert!(matches!(error(302, "text/html", "", true), Error::Protocol { .. }));
    }
}
