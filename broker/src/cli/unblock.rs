//! `unblock` and `lift-cool-down`: what the host does to let somebody ask again. What was ended stays ended.

use super::{Context, say};
use crate::host::{Command, Host, Reply};
use anyhow::bail;
use protocol::{Slug, revoke::Subject};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What it is
    #[arg(value_enum)]
    kind: Kind,
    /// Its name
    name: Slug,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Agent,
    Person,
    Service,
}

#[derive(Debug, clap::Args)]
pub struct LiftArgs {
    /// The agent that may ask again
    agent: Slug,
}

/// Lifts a block.
pub async fn run(context: &Context, Args { kind, name }: Args) -> anyhow::Result<ExitCode> {
    let subject = match kind {
        Kind::Agent => Subject::Agent { agent: name.clone() },
        Kind::Person => Subject::Person { person: name.clone() },
        Kind::Service => Subject::Service { service: name.clone() },
    };
    ask(context, Command::Unblock { subject }).await?;
    say(format_args!("{name} is not blocked. What was ended stays ended: it has to be asked for again."));
    Ok(ExitCode::SUCCESS)
}

/// Ends an agent's cool-down.
pub async fn lift(context: &Context, LiftArgs { agent }: LiftArgs) -> anyhow::Result<ExitCode> {
    ask(context, Command::LiftCoolDown { agent: agent.clone() }).await?;
    say(format_args!("{agent} may ask again. The denials so far no longer count."));
    Ok(ExitCode::SUCCESS)
}

async fn ask(context: &Context, command: Command) -> anyhow::Result<()> {
    let host = Host::reach(&context.config, &context.lookup(), false).await?;
    match host.ask(command).await? {
        Reply::Done => Ok(()),
        _ => bail!("the broker answered something else"),
    }
}
