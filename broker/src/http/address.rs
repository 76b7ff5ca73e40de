//! Where a request came from.

use crate::{app::App, fault::Fault, net::ClientAddress};
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

/// The address that a stranger's budget is counted by. What came over no connection came from this machine.
pub(super) struct Address(pub IpAddr);

impl FromRequestParts<Arc<App>> for Address {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Fault> {
        let client = parts.extensions.get::<ClientAddress>();
        Ok(Self(client.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |it| it.0)))
    }
}
