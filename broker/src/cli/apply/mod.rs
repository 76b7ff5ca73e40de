//! `apply`: makes people, services, connections and agents as a file declares them.
//!
//! The difference is shown first. Secrets are read here, by the command, only where a change needs them, and sent to
//! the broker; a secret is write-only, so one that is stored is left alone unless the connection is new, the service's
//! origin or auth changed, or `--reseal` says so.

mod file;
mod keys;
mod secrets;

#[cfg(test)]
mod tests;

use super::{Context, say};
use crate::{
    host::{Command, Host, Reply, SecretText},
    services::Difference,
};
use anyhow::{bail, ensure};
use file::Declared;
use protocol::{Digest, Slug};
use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

/// A file with one of everything, for the help.
const EXAMPLE: &str = include_str!("example.toml");

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_long_help = format!("A file:\n\n{EXAMPLE}"))]
pub struct Args {
    /// The file that declares them
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Only show the difference
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Seal the secret of every connection in the file again: it was changed at its source
    #[arg(long)]
    reseal: bool,
    /// Give this agent a new secret; the old one stops working
    #[arg(long, value_name = "AGENT")]
    new_secret: Vec<Slug>,
    /// End what the agents of --new-secret hold: sessions, requests and tokens. Without it live sessions go on
    #[arg(long, requires = "new_secret")]
    end_sessions: bool,
}

/// Shows the difference, asks, applies.
pub async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let mut declared = file::read(&args.file)?;
    declared.wanted.reseal = args.reseal;
    declared.wanted.new_secrets.clone_from(&args.new_secret);
    declared.wanted.end_sessions = args.end_sessions;
    let (differences, shown) = compare(context, &declared).await?;
    if differences.is_empty() {
        say("Nothing to change.");
        return Ok(ExitCode::SUCCESS);
    }
    for difference in &differences {
        say(difference);
    }
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let given = secrets::read_all(&differences, &declared)?;
    secrets::check_files(&differences, &declared)?;
    if !args.yes && !agreed()? {
        say("Nothing was changed.");
        return Ok(ExitCode::FAILURE);
    }
    let made = apply(context, &declared, shown, given).await?;
    say("Applied.");
    secrets::hand_out(&made, &declared)?;
    Ok(ExitCode::SUCCESS)
}

async fn compare(context: &Context, declared: &Declared) -> anyhow::Result<(Vec<Difference>, Digest)> {
    let host = Host::reach(&context.config, &context.lookup(), true).await?;
    match host.ask(Command::Compare { wanted: declared.wanted.clone() }).await? {
        Reply::Compared { differences, digest } => Ok((differences, digest)),
        _ => bail!("the broker answered something else"),
    }
}

async fn apply(
    context: &Context,
    declared: &Declared,
    shown: Digest,
    secrets: BTreeMap<Slug, SecretText>,
) -> anyhow::Result<BTreeMap<Slug, SecretText>> {
    let host = Host::reach(&context.config, &context.lookup(), true).await?;
    match host.ask(Command::Apply { wanted: declared.wanted.clone(), shown, secrets }).await? {
        Reply::Applied { secrets } => Ok(secrets),
        _ => bail!("the broker answered something else"),
    }
}

fn agreed() -> anyhow::Result<bool> {
    ensure!(io::stdin().is_terminal(), "nobody can be asked here: add --yes to apply this");
    write!(io::stdout(), "Apply this? [y/N] ")?;
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
