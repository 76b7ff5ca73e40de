//! `countersign deny`.

use crate::{
    cli::DenyArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
};
use agent_client::protocol::card::Deny;

pub async fn run(config: &Config, out: &Out, args: DenyArgs) -> Result<Exit, Failure> {
    let person = config.person()?;
    let request_digest = person.card(&args.id).await?.request_digest;
    let denial = Deny { request_digest, reason: args.reason, pause: args.pause };
    let card = person.deny(&args.id, &denial).await?;
    if out.json {
        out.object(&card)?;
    } else {
        let says = card.outcome.as_ref().map_or("Denied.", |outcome| outcome.says.as_str());
        out.line(says)?;
    }
    Ok(Exit::Done)
}
