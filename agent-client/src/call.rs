//! One call through the broker's proxy.

use crate::{
    actions,
    error::Error,
    http::{Auth, answer},
    session::Session,
};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use protocol::Slug;
use reqwest::{
    Body, Method, RequestBuilder, Response, StatusCode,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};

/// A call that is being put together; [`send`](Self::send) makes it.
#[derive(Debug)]
#[must_use = "a call is made by `send`"]
pub struct Call<'a> {
    session: &'a Session,
    service: &'a Slug,
    method: Method,
    path: String,
    how: How,
    headers: HeaderMap,
    body: Option<Body>,
    /// The first thing that was wrong while it was put together.
    wrong: Option<Error>,
}

/// Which token the call carries.
#[derive(Debug)]
enum How {
    /// A call token for the action that method and path match.
    Recognised,
    /// A call token for this action.
    Action(String),
    /// The grant token itself, where the agent's switch allows it.
    Direct,
}

impl<'a> Call<'a> {
    pub(crate) fn new(session: &'a Session, service: &'a Slug, method: Method, path: &str) -> Self {
        let path = format!("/{}", path.trim_start_matches('/'));
        let headers = HeaderMap::new();
        Self { session, service, method, path, how: How::Recognised, headers, body: None, wrong: None }
    }

    /// Names the action, where method and path do not tell it.
    pub fn action(mut self, action: &str) -> Self {
        self.how = How::Action(action.to_owned());
        self
    }

    /// Uses the grant token itself: one request less, if the agent is allowed to.
    pub fn direct(mut self) -> Self {
        self.how = How::Direct;
        self
    }

    /// Adds a header. With an `Idempotency-Key` the call is tried again after a lost answer; without, never.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(AUTHORIZATION), _) => {
                self.wrong = Some(Error::invalid("Authorization is set by the broker"));
            }
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            _ => self.wrong = Some(Error::invalid(format!("no header: {name:?}"))),
        }
        self
    }

    /// The body: bytes, text, a file, or a stream ([`Body::wrap_stream`]).
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// A JSON body, with its header.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.header("content-type", "application/json").body(bytes),
            Err(why) => {
                self.wrong = Some(Error::invalid(why.to_string()));
                self
            }
        }
    }

    /// Makes the call. What the service answers, errors included, is an [`Answer`]; what the broker refuses is
    /// [`Error::Refused`].
    pub async fn send(mut self) -> Result<Answer, Error> {
        if let Some(wrong) = self.wrong.take() {
            return Err(wrong);
        }
        let http = &self.session.client.http;
        let url = self.url()?;
        let token = self.token().await?;
        let repeatable = self.headers.contains_key("idempotency-key");
        let mut request = http.request(self.method, url, &Auth::Bearer(token)).headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let mut failures = 0;
        loop {
            let again = if repeatable { request.try_clone() } else { None };
            let result = self.session.send(request).await;
            failures += 1;
            match (result, again) {
                (Err(error), Some(again)) if error.is_passing() && failures < http.retry.tries => {
                    http.pause_before_repeat(error, failures).await?;
                    request = again;
                }
                (result, _) => return result,
            }
        }
    }

    async fn token(&self) -> Result<crate::Secret, Error> {
        let action = match &self.how {
            How::Direct => return Ok(self.session.grant_token().clone()),
            How::Action(action) => action.as_str(),
            How::Recognised => self.recognise().await?,
        };
        Ok(self.session.token(self.service, action).await?.token)
    }

    async fn recognise(&self) -> Result<&'a str, Error> {
        let services = self.session.services().await?;
        let method = self.method.as_str();
        actions::find(services, self.session.lines(), self.service, method, &self.path).ok_or_else(|| {
            Error::NoSuchAction {
                service: self.service.to_string(),
                call: format!("{} {}", self.method, self.path),
            }
        })
    }

    /// The address at the proxy. URL parsers resolve dots and turn backslashes, which would aim the token at another
    /// place: such paths are refused here.
    fn url(&self) -> Result<url::Url, Error> {
        let segments = self.path.split('?').next().unwrap_or_default().split('/');
        let is_dots = |segment: &str| {
            let plain = segment.replace("%2e", ".").replace("%2E", ".");
            plain == "." || plain == ".."
        };
        if segments.clone().any(is_dots) || self.path.contains(['\\', '#']) {
            return Err(Error::invalid("a path must not contain '.' or '..' segments, '\\' or '#'"));
        }
        let base = self.session.client.http.base.join(&["proxy", self.service.as_str()])?;
        let text = format!("{base}{}", self.path);
        url::Url::parse(&text).map_err(|why| Error::invalid(format!("the path: {why}")))
    }
}

impl Session {
    async fn send(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let response = self.client.http.send(request, false).await?;
        answer::split_refusal(response).await.map(Answer)
    }
}

/// What the service answered; its body streams.
#[derive(Debug)]
pub struct Answer(pub(crate) Response);

impl Answer {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// The body as it comes, without an end if it is a stream of events.
    pub fn stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send {
        self.0.bytes_stream().map(|chunk| chunk.map_err(|why| cut(&why)))
    }

    /// The whole body.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        self.0.bytes().await.map_err(|why| cut(&why))
    }

    /// The whole body, from JSON.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let body = self.bytes().await?;
        serde_json::from_slice(&body).map_err(|why| Error::protocol(why.to_string()))
    }
}

/// The call was made, its answer broke off: the session may have ended.
fn cut(why: &reqwest::Error) -> Error {
    answer::transport(why, false)
}
