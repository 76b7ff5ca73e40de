//! Who knocks at the door, and what they hear.

use super::support::Front;
use axum::body::{Body, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use protocol::{Problem, problem::Code};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt as _;

/// The name of the session cookie.
pub const COOKIE: &str = "__Host-countersign";

/// Somebody with a token for APIs, and if they are a person, a cookie.
#[derive(Debug, Clone, Default)]
pub struct Member {
    pub id: String,
    pub token: String,
    pub cookie: String,
}

impl Member {
    /// Acts by token.
    pub fn at<'a>(&self, front: &'a Front) -> Asking<'a> {
        Asking::new(front).header("authorization", &format!("Bearer {}", self.token))
    }

    /// Acts in a browser, from our own page.
    pub fn in_browser<'a>(&self, front: &'a Front) -> Asking<'a> {
        self.with_cookie(front).header("sec-fetch-site", "same-origin").header("accept", "text/html")
    }

    /// Sends the cookie and nothing else.
    pub fn with_cookie<'a>(&self, front: &'a Front) -> Asking<'a> {
        Asking::new(front).header("cookie", &format!("{COOKIE}={}", self.cookie))
    }
}

/// A request in the making.
#[derive(Clone)]
pub struct Asking<'a> {
    front: &'a Front,
    headers: HeaderMap,
}

/// Anybody, without any credential.
pub fn anonymous(front: &Front) -> Asking<'_> {
    Asking::new(front)
}

impl<'a> Asking<'a> {
    fn new(front: &'a Front) -> Self {
        Self { front, headers: HeaderMap::new() }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        self.headers.append(HeaderName::try_from(name).unwrap(), value);
        self
    }

    pub async fn get(self, path: &str) -> Heard {
        self.send("GET", path, Body::empty()).await
    }

    pub async fn post(self, path: &str, json: &Value) -> Heard {
        self.header("content-type", "application/json").send("POST", path, json.to_string()).await
    }

    pub async fn form(self, path: &str, fields: &[(&str, &str)]) -> Heard {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.header("content-type", "application/x-www-form-urlencoded").send("POST", path, body).await
    }

    pub async fn send(self, method: &str, path: &str, body: impl Into<Body>) -> Heard {
        let (front, response) = (self.front, self.open(method, path, body).await);
        let (answered, rest) = response.into_parts();
        let bytes = rest.collect().await.expect("the answer broke off").to_bytes();
        let heard = Heard { status: answered.status, headers: answered.headers, body: bytes };
        front.look_for_secrets(method, path, &heard);
        heard
    }

    /// Sends it and leaves the answer's body unread.
    pub async fn open(self, method: &str, path: &str, body: impl Into<Body>) -> http::Response<Body> {
        let mut request = Request::new(body.into());
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        *request.uri_mut() = path.parse().unwrap_or_else(|_| panic!("{path} is no address"));
        *request.headers_mut() = self.headers;
        let host = HeaderValue::from_static("localhost:8420");
        request.headers_mut().entry(header::HOST).or_insert(host);
        self.front.router.clone().oneshot(request).await.unwrap()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Heard {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Heard {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().unwrap()).unwrap_or_default()
    }

    /// The answer as it must be if all went well.
    pub fn good<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The same, whatever it says.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The answer as a problem in its whole form.
    pub fn refused(&self, status: u16, code: Code) -> Problem {
        let problem = self.problem();
        assert_eq!((self.status.as_u16(), problem.code), (status, code), "{problem:?}");
        problem
    }

    /// A problem that says what a problem must.
    pub fn problem(&self) -> Problem {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{} {}",
            self.status,
            self.text()
        );
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.status, self.status.as_u16());
        assert_eq!(problem.request_id, self.header("x-request-id"), "{problem:?}");
        assert_eq!(problem.request_id.len(), 32);
        let code = serde_json::to_value(problem.code).unwrap();
        assert_eq!(self.header("countersign-refused"), code.as_str().unwrap());
        problem
    }
}
