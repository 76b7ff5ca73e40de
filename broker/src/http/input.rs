//! Reading what was sent: bounded in size and time, and where it is wrong, which field.

use crate::{app::App, fault::Fault};
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Path, Request},
};
use http::{header::CONTENT_TYPE, request::Parts};
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// The largest body of an API call or form.
const LARGEST: usize = 64 * 1024;
/// The longest time that such a body may take.
const LONGEST: Duration = Duration::from_secs(10);

async fn read(body: Body) -> Result<Vec<u8>, Fault> {
    let bytes = timeout(LONGEST, to_bytes(body, LARGEST)).await;
    let bytes = bytes.map_err(|_| Fault::TooSlow(LONGEST.as_secs()))?;
    bytes.map(Into::into).map_err(|error| {
        // Broken off is not too large; nobody is there to read the answer then.
        let source = std::error::Error::source(&error);
        if matches!(source, Some(it) if it.is::<http_body_util::LengthLimitError>()) {
            Fault::TooLarge(LARGEST)
        } else {
            Fault::invalid("body", "broke off")
        }
    })
}

fn is_of_type(headers: &http::HeaderMap, wanted: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

/// A JSON body.
pub(super) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _app: &Arc<App>) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        let bytes = read(body).await?;
        if bytes.is_empty() {
            // What is optional as a whole may be left out.
            return parse(b"{}").map(Self);
        }
        if !is_of_type(&parts.headers, "application/json") {
            return Err(Fault::invalid("Content-Type", "must be application/json"));
        }
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body".to_owned() } else { path };
        Fault::invalid(field, error.into_inner().to_string())
    })?;
    json.end().map_err(|_| Fault::invalid("body", "has something behind its JSON"))?;
    Ok(value)
}

/// The fields of a form, in order.
pub(super) struct Form(pub Vec<(String, String)>);

impl Form {
    /// A field that may stand once.
    pub fn get(&self, name: &str) -> Result<Option<&str>, Fault> {
        let mut values = self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() { Err(Fault::invalid(name, "must stand once")) } else { Ok(first) }
    }

    /// All values of a field that may stand several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// A field that must stand once, parsed.
    pub fn need<T: std::str::FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<T, Fault> {
        let text = self.get(name)?.ok_or_else(|| Fault::invalid(name, "is missing"))?;
        text.parse().map_err(|error: T::Err| Fault::invalid(name, error.to_string()))
    }
}

impl FromRequest<Arc<App>> for Form {
    type Rejection = Fault;

    async fn from_request(request: Request, _app: &Arc<App>) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        if !is_of_type(&parts.headers, "application/x-www-form-urlencoded") {
            return Err(Fault::invalid("Content-Type", "must be application/x-www-form-urlencoded"));
        }
        let bytes = read(body).await?;
        Ok(Self(pairs(&bytes)))
    }
}

/// Name and value pairs of a query or form body.
pub(super) fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

/// The ids and names in a path: what is none of ours does not exist.
pub(super) struct Named<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for Named<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(named)| Self(named)).map_err(|_| Fault::NotFound("thing"))
    }
}
