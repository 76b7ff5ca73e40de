//! `countersign-broker mcp-probe`: the gateway's upstream side against a server that tests clients.

use crate::{
    egress::{Destination, Egress, EgressLimits, Origin, SystemResolver},
    mcp::{LEGACY, MODERN, Probe, ToolCall},
};
use anyhow::{Context as _, bail};
use std::{env, sync::Arc};

/// What a suite tells the client that it tests.
const SAID: [&str; 2] = ["MCP_CONFORMANCE_PROTOCOL_VERSION", "MCP_CONFORMANCE_CONTEXT"];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The server's endpoint.
    url: url::Url,
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    tool_calls: Option<Vec<ToolCall>>,
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    let said = |name: &str| env::var(name).ok();
    let modern = match said(SAID[0]).as_deref() {
        None | Some(MODERN) => true,
        Some(LEGACY) => false,
        Some(other) => bail!("{other} is no revision that is spoken here"),
    };
    let wanted: Wanted = match said(SAID[1]) {
        Some(text) => serde_json::from_str(&text).context("the context of the scenario")?,
        None => Wanted::default(),
    };
    let origin = Origin::parse(&args.url.origin().ascii_serialization())?;
    let egress = Egress::new(EgressLimits::default(), Arc::new(SystemResolver), Vec::new())?;
    let to = Destination { origin, allow_private: true, connection: "probe".to_owned() };
    Probe::new(egress, to, args.url.path().to_owned())?.run(modern, wanted.tool_calls).await
}
