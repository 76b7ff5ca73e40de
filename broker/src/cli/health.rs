//! `health`: whether the broker that runs here can serve; for probes that have no shell and no `curl`.

use super::{Context, say};
use crate::host::{Command, Host, Reply};
use anyhow::bail;
use std::process::ExitCode;

/// Asks over the host socket, so it works whatever the broker listens on. Exits with 1 if it cannot serve.
pub async fn run(context: &Context) -> anyhow::Result<ExitCode> {
    let host = Host::running(&context.config).await?;
    let Reply::Health { health } = host.ask(Command::Health).await? else {
        bail!("the broker answered something else");
    };
    say(serde_json::to_string(&health)?);
    Ok(if health.is_ready() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
