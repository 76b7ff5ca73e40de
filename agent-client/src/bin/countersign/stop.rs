//! `countersign stop`: it does not ask, for stopping is what one needs in a hurry.

use crate::{
    cli::StopArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
    show,
};
use agent_client::protocol::revoke::{RevokeRequest, Stopped, Subject};

pub async fn run(config: &Config, out: &Out, args: StopArgs) -> Result<Exit, Failure> {
    let person = config.person()?;
    let revocation = RevokeRequest { block: args.block, reason: args.reason.clone() };
    let stopped = person.revoke(&subject(args)?, &revocation).await?;
    out.show(&stopped, words)?;
    Ok(Exit::Done)
}

fn subject(args: StopArgs) -> Result<Subject, Failure> {
    Ok(match args {
        StopArgs { id: Some(grant), service: Some(service), .. } => {
            Subject::SessionService { grant, service }
        }
        StopArgs { id: Some(grant), .. } => Subject::Session { grant },
        StopArgs { service: Some(service), .. } => Subject::Service { service },
        StopArgs { agent: Some(agent), .. } => Subject::Agent { agent },
        StopArgs { person: Some(person), .. } => Subject::Person { person },
        StopArgs { all: true, .. } => Subject::All,
        _ => return Err(Failure::Usage("say what to stop".to_owned())),
    })
}

fn words(stopped: &Stopped) -> Vec<String> {
    let mut lines = vec![format!(
        "Stopped: {} sessions ended, {} lost a service, {} requests can no longer be approved.",
        stopped.sessions, stopped.narrowed, stopped.requests
    )];
    lines.push(format!("{} calls in flight were cut.", stopped.streams));
    let until = stopped
        .tokens_until
        .map(|until| format!(" The last of them would have expired at {}.", show::time(until)));
    lines.push(format!(
        "{} call tokens are refused from now on.{}",
        stopped.tokens,
        until.unwrap_or_default()
    ));
    lines
}
