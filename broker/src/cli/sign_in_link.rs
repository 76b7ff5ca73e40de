//! `sign-in-link PERSON`.

use super::{Context, say};
use crate::host::{Command, Host, Reply};
use anyhow::bail;
use protocol::Slug;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Who signs in
    person: Slug,
}

/// Prints the link, and nothing else, on stdout.
pub async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let host = Host::reach(&context.config, &context.lookup(), false).await?;
    let Reply::Issued { text, .. } = host.ask(Command::SignInLink { person: args.person }).await? else {
        bail!("the broker answered something else");
    };
    say(text.expose());
    Ok(ExitCode::SUCCESS)
}
