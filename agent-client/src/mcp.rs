//! The MCP gateway, by the grant token itself.

use crate::{call::Answer, error::Error, http::Auth, session::Session};
use protocol::Slug;
use reqwest::{Body, Method, header::HeaderMap};

impl Session {
    /// One HTTP request to the broker's MCP gateway (Streamable HTTP): to one service's endpoint, or to the one of all
    /// services that the session holds. Whatever is answered comes back as it is; nothing is tried again.
    pub async fn mcp(
        &self,
        service: Option<&Slug>,
        method: Method,
        headers: HeaderMap,
        body: impl Into<Body>,
    ) -> Result<Answer, Error> {
        let http = &self.client.http;
        let path = std::iter::once("mcp").chain(service.map(Slug::as_str)).collect::<Vec<_>>();
        let bearer = Auth::Bearer(self.grant_token().clone());
        let request = http.request(method, http.base.join(&path)?, &bearer).headers(headers).body(body);
        Ok(Answer(http.send(request, false).await?))
    }
}
