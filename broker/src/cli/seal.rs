//! `seal`: the kill switch.

use super::{Context, say};
use crate::host::{Command, Host, Reply};
use anyhow::bail;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Seals the vault; says what that cut.
pub async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let host = Host::reach(&context.config, &context.lookup(), false).await?;
    let Reply::Sealed { streams } = host.ask(Command::Seal { reason: args.reason }).await? else {
        bail!("the broker answered something else");
    };
    say(format_args!(
        "Sealed. Keys are dropped, nothing is called any more; calls cut: {streams}. Sessions go on when it is unsealed; \
         to end them, revoke. It stays sealed over restarts, until: countersign-broker unseal"
    ));
    Ok(ExitCode::SUCCESS)
}
