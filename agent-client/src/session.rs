//! A session: the grant token, and the call tokens it is exchanged for.

use crate::{call::Call, client::Client, error::Error, http::Ask, secret::Secret};
use chrono::{DateTime, Utc};
use protocol::{
    AskedLine, GrantId, RequestView, Slug,
    access::{AskableService, Redeemed},
};
use reqwest::Method;
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::OnceCell;

/// RFC 8693 section 2.1.
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// RFC 8693 section 3.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A redeemed grant. It ends at [`ends_at`](Self::ends_at) at the latest; nothing renews it.
#[derive(Debug)]
pub struct Session {
    pub(crate) client: Client,
    grant: GrantId,
    token: Secret,
    ends_at: DateTime<Utc>,
    lines: Vec<AskedLine>,
    /// The services with their actions, read when a call does not name its action.
    services: OnceCell<Vec<AskableService>>,
}

/// A token for one call of one action of one service.
#[derive(Debug, Clone)]
pub struct CallToken {
    /// The token.
    pub token: Secret,
    /// How long it is good for.
    pub expires_in: Duration,
    /// The action it is for.
    pub scope: Option<String>,
}

/// RFC 8693 section 2.2.1.
#[derive(Deserialize)]
struct Exchanged {
    access_token: String,
    issued_token_type: String,
    token_type: String,
    #[serde(default)]
    expires_in: u64,
    scope: Option<String>,
}

impl Session {
    pub(crate) fn new(client: Client, redeemed: Redeemed) -> Self {
        Self {
            client,
            grant: redeemed.grant,
            token: Secret::new(redeemed.grant_token),
            ends_at: redeemed.ends_at,
            lines: redeemed.authorization_details,
            services: OnceCell::new(),
        }
    }

    /// Its id.
    pub fn grant(&self) -> &GrantId {
        &self.grant
    }

    /// When it ends, at the latest.
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.ends_at
    }

    /// What was granted: read it, it may be less than what was asked.
    pub fn lines(&self) -> &[AskedLine] {
        &self.lines
    }

    /// The grant token. It cannot be had a second time.
    pub fn grant_token(&self) -> &Secret {
        &self.token
    }

    /// Exchanges the grant token for a call token (RFC 8693). Minting one spends nothing.
    pub async fn token(&self, service: &Slug, action: &str) -> Result<CallToken, Error> {
        let fields = vec![
            ("grant_type", TOKEN_EXCHANGE.to_owned()),
            ("subject_token", self.token.expose().to_owned()),
            ("subject_token_type", ACCESS_TOKEN.to_owned()),
            ("audience", service.to_string()),
            ("scope", action.to_owned()),
        ];
        let ask = Ask::post(&["oauth", "token"]).form(fields).safe(true);
        let exchanged: Exchanged = self.client.http.ask(&self.client.client(), &ask).await?;
        let is_bearer = exchanged.token_type.eq_ignore_ascii_case("bearer");
        if !is_bearer || exchanged.issued_token_type != ACCESS_TOKEN {
            return Err(Error::protocol("the exchange gave something else than an access token"));
        }
        Ok(CallToken {
            token: Secret::new(exchanged.access_token),
            expires_in: Duration::from_secs(exchanged.expires_in),
            scope: exchanged.scope,
        })
    }

    /// Prepares a call through the broker's proxy. `path` is that of the service, with its query, escaped.
    pub fn call<'a>(&'a self, service: &'a Slug, method: Method, path: &str) -> Call<'a> {
        Call::new(self, service, method, path)
    }

    /// Ends the session.
    pub async fn end(self) -> Result<RequestView, Error> {
        self.client.end(&self.grant.request()).await
    }

    pub(crate) async fn services(&self) -> Result<&[AskableService], Error> {
        let read = async || Ok::<_, Error>(self.client.me().await?.services);
        Ok(self.services.get_or_try_init(read).await?)
    }
}
