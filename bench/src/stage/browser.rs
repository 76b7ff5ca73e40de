//! A browser on one connection: it keeps cookies, and is told where to go next.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::header::{LOCATION, SET_COOKIE};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;

use crate::load::Ask;
use crate::load::own::{connect, request};

pub struct Browser {
    sender: SendRequest<Full<Bytes>>,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A connection to the server that is asked.
    pub async fn open(ask: &Ask) -> Result<Self> {
        Ok(Self { sender: connect(ask).await?, cookies: BTreeMap::new() })
    }

    /// Gives it a cookie, as `NAME=VALUE`.
    pub fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Asks for something that leads elsewhere: where to.
    pub async fn led(&mut self, ask: Ask) -> Result<String> {
        let (status, location, body) = self.send(ask).await?;
        location.with_context(|| format!("leads nowhere: {status} {}", String::from_utf8_lossy(&body)))
    }

    /// Asks for something that is answered.
    pub async fn read(&mut self, ask: Ask) -> Result<Bytes> {
        let (status, _, body) = self.send(ask).await?;
        ensure!(status.is_success(), "{status} {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    async fn send(&mut self, ask: Ask) -> Result<(http::StatusCode, Option<String>, Bytes)> {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let ask = if pairs.is_empty() { ask } else { ask.header("cookie", pairs.join("; ")) };
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request(&ask)?).await?.into_parts();
        for cookie in head.headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str()?);
        }
        let location = head.headers.get(LOCATION).map(|it| it.to_str().map(str::to_owned)).transpose()?;
        Ok((head.status, location, body.collect().await?.to_bytes()))
    }
}
