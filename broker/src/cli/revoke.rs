//! `revoke`: works also while the vault is sealed and while no broker runs.

use super::{Context, say};
use crate::host::{Command, Host, Reply};
use anyhow::bail;
use protocol::{
    GrantId, Slug,
    revoke::{Stopped, Subject},
};
use std::{fmt, process::ExitCode};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    what: What,
    /// Also refuse new requests from now on (services, agents and people)
    #[arg(long)]
    block: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// One session, as ses_…
    #[arg(long, value_name = "SESSION")]
    session: Option<GrantId>,
    /// A service, everywhere
    #[arg(long, value_name = "SERVICE")]
    service: Option<Slug>,
    /// An agent
    #[arg(long, value_name = "AGENT")]
    agent: Option<Slug>,
    /// A person: what their agents hold, what they approved, and every way in that they have
    #[arg(long, value_name = "PERSON")]
    person: Option<Slug>,
    /// Everything
    #[arg(long)]
    all: bool,
}

/// Revokes; prints what it stopped.
pub async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let Args { what, block, reason } = args;
    let subject = what.subject();
    if block && matches!(subject, Subject::Session { .. } | Subject::All) {
        bail!("--block is for a service, an agent or a person");
    }
    let host = Host::reach(&context.config, &context.lookup(), false).await?;
    let Reply::Stopped { stopped } = host.ask(Command::Revoke { subject, block, reason }).await? else {
        bail!("the broker answered something else");
    };
    say(Words(&stopped));
    Ok(ExitCode::SUCCESS)
}

impl What {
    fn subject(self) -> Subject {
        let session = self.session.map(|grant| Subject::Session { grant });
        let service = self.service.map(|service| Subject::Service { service });
        let agent = self.agent.map(|agent| Subject::Agent { agent });
        let person = self.person.map(|person| Subject::Person { person });
        // clap has made sure that exactly one was given.
        session.or(service).or(agent).or(person).unwrap_or(Subject::All)
    }
}

/// What was stopped.
struct Words<'a>(&'a Stopped);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = self.0;
        write!(f, "Revoked (number {}). Sessions ended: {}", it.number, it.sessions)?;
        if it.narrowed > 0 {
            write!(f, ", narrowed: {}", it.narrowed)?;
        }
        write!(
            f,
            "; open requests ended: {}; calls cut: {}; unused tokens: {}",
            it.requests, it.streams, it.tokens
        )?;
        it.tokens_until
            .map_or(Ok(()), |until| write!(f, " (the last until {})", until.format("%H:%M:%S UTC")))
    }
}
