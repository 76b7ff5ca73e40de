//! The one place that sends requests to the broker's own API and reads its answers.

pub(crate) mod answer;
pub(crate) mod retry;

use crate::{base::Base, error::Error, key::Key, secret::Secret};
use reqwest::{Method, RequestBuilder, Response, redirect};
use retry::{Pauser, RealTime, Retry};
use serde::{Serialize, de::DeserializeOwned};
use std::{sync::Arc, time::Duration};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer of the broker itself may take.
const ANSWER: Duration = Duration::from_secs(30);

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Auth {
    /// An agent or a person by their bearer token.
    Bearer(Secret),
    /// An agent at an OAuth door.
    Basic { name: String, secret: Secret },
    /// An agent at an OAuth door, by an assertion that its key signs anew for each try.
    Key { name: String, key: Key },
    /// Nobody: public documents.
    Nobody,
}

/// What is asked of the broker.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub method: Method,
    pub path: &'a [&'a str],
    pub query: Vec<(&'static str, String)>,
    pub body: Body,
    /// Whether a repeat changes nothing: only then is it tried again after it was sent.
    pub safe: bool,
    /// How long the answer may take beyond the usual.
    pub extra_time: Duration,
    /// How long the broker may hold it until it has something to say (RFC 7240 section 4.3).
    pub hold: Option<Duration>,
}

/// What is sent along.
#[derive(Debug)]
pub(crate) enum Body {
    None,
    Json(Vec<u8>),
    Form(Vec<(&'static str, String)>),
}

impl<'a> Ask<'a> {
    /// A read.
    pub(crate) fn get(path: &'a [&'a str]) -> Self {
        Self {
            method: Method::GET,
            path,
            query: Vec::new(),
            body: Body::None,
            safe: true,
            extra_time: Duration::ZERO,
            hold: None,
        }
    }

    /// An act.
    pub(crate) fn post(path: &'a [&'a str]) -> Self {
        Self { method: Method::POST, safe: false, ..Self::get(path) }
    }

    /// A taking back.
    pub(crate) fn delete(path: &'a [&'a str]) -> Self {
        Self { method: Method::DELETE, safe: false, ..Self::get(path) }
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|why| Error::invalid(why.to_string()))?;
        self.body = Body::Json(body);
        Ok(self)
    }

    pub(crate) fn form(mut self, fields: Vec<(&'static str, String)>) -> Self {
        self.body = Body::Form(fields);
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: String) -> Self {
        self.query.push((name, value));
        self
    }

    pub(crate) fn safe(mut self, safe: bool) -> Self {
        self.safe = safe;
        self
    }

    pub(crate) fn extra_time(mut self, extra: Duration) -> Self {
        self.extra_time = extra;
        self
    }

    pub(crate) fn held(mut self, hold: Duration) -> Self {
        self.hold = Some(hold);
        self.extra_time(hold)
    }
}

/// A connection pool to one broker.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    pub(crate) base: Base,
    /// The broker's own name, for which an agent's key signs.
    pub(crate) audience: String,
    pub(crate) retry: Retry,
    pub(crate) pauser: Arc<dyn Pauser>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Http {
    pub(crate) fn new(base_url: &str) -> Result<Self, Error> {
        let base = Base::parse(base_url)?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // A redirect would carry secrets to another place; WebSockets need HTTP/1.1.
            .redirect(redirect::Policy::none())
            .http1_only();
        if base.is_this_machine() {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|why| Error::invalid(why.to_string()))?;
        let audience = base.as_str().to_owned();
        Ok(Self { client, base, audience, retry: Retry::default(), pauser: Arc::new(RealTime) })
    }

    /// Asks, again if that is safe and useful, and decodes the answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, auth: &Auth, ask: &Ask<'_>) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            let error = match self.ask_once(auth, ask).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failures += 1;
            if failures >= self.retry.tries || !may_repeat(ask, &error) {
                return Err(error);
            }
            self.pause_before_repeat(error, failures).await?;
        }
    }

    /// Lets the time before a repeat pass; a broker that wants much more of it is for the caller to wait for.
    pub(crate) async fn pause_before_repeat(&self, error: Error, failures: u32) -> Result<(), Error> {
        let pause = error.retry_after().unwrap_or_else(|| self.retry.pause_after(failures));
        if pause > ANSWER {
            return Err(error);
        }
        self.pauser.pause(pause).await;
        Ok(())
    }

    /// Asks once.
    pub(crate) async fn ask_once<T: DeserializeOwned>(&self, auth: &Auth, ask: &Ask<'_>) -> Result<T, Error> {
        let request = self.build(auth, ask)?.timeout(ANSWER + ask.extra_time);
        let response = request.send().await.map_err(|why| answer::transport(&why, ask.safe))?;
        answer::decode(response, ask.safe).await
    }

    /// Sends without a limit on how long the answer takes, and hands the answer over as it is.
    pub(crate) async fn send(&self, request: RequestBuilder, safe: bool) -> Result<Response, Error> {
        request.send().await.map_err(|why| answer::transport(&why, safe))
    }

    /// A request to an address below the broker's.
    pub(crate) fn build(&self, auth: &Auth, ask: &Ask<'_>) -> Result<RequestBuilder, Error> {
        let mut request = self.request(ask.method.clone(), self.base.join(ask.path)?, auth);
        if let Some(hold) = ask.hold {
            request = request.header("prefer", format!("wait={}", hold.as_secs()));
        }
        if !ask.query.is_empty() {
            request = request.query(&ask.query);
        }
        Ok(match &ask.body {
            Body::None => request,
            Body::Json(body) => {
                request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.clone())
            }
            Body::Form(fields) => request.form(&[fields.as_slice(), &self.assertion(auth)?].concat()),
        })
    }

    /// What a key adds to a form (RFC 7523 section 2.2).
    fn assertion(&self, auth: &Auth) -> Result<Vec<(&'static str, String)>, Error> {
        let Auth::Key { name, key } = auth else { return Ok(Vec::new()) };
        Ok(vec![
            ("client_id", name.clone()),
            ("client_assertion_type", ASSERTION_TYPE.to_owned()),
            ("client_assertion", key.assertion(name, &self.audience)?),
        ])
    }

    /// A request to this very address.
    pub(crate) fn request(&self, method: Method, url: url::Url, auth: &Auth) -> RequestBuilder {
        let request = self.client.request(method, url);
        match auth {
            Auth::Bearer(token) => request.bearer_auth(token.expose()),
            Auth::Basic { name, secret } => request.basic_auth(name, Some(secret.expose())),
            Auth::Key { .. } | Auth::Nobody => request,
        }
    }
}

fn may_repeat(ask: &Ask<'_>, error: &Error) -> bool {
    match error {
        // Known not to have been done.
        Error::Unreachable { .. } => true,
        _ => ask.safe && error.is_passing(),
    }
}
