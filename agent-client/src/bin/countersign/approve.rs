//! `countersign approve`: shows exactly what is about to be granted, and grants exactly that.

use crate::{
    cli::ApproveArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
    show_card,
};
use agent_client::{
    Less, PeopleClient,
    protocol::{Card, Digest, Narrowing, card::Approve},
};
use std::io::{self, IsTerminal, Write};

pub async fn run(config: &Config, out: &Out, args: ApproveArgs) -> Result<Exit, Failure> {
    let person = config.person()?;
    let (card, narrowing) = shown(&person, &args).await?;
    if !out.json {
        show_card::print(out, &card)?;
    }
    let grant_digest = approvable(&card)?;
    if !args.yes && !confirmed(&card)? {
        return Err(Failure::Other("nothing was decided".to_owned()));
    }
    let approval = Approve {
        narrowing,
        request_digest: card.request_digest.clone(),
        grant_digest,
        reason: args.reason,
        passkey: None,
    };
    let card = person.approve(&args.id, &approval).await?;
    if out.json {
        out.object(&card)?;
    } else {
        let says =
            card.outcome.as_ref().map_or("Your decision is recorded.", |outcome| outcome.says.as_str());
        out.line(says)?;
    }
    Ok(Exit::Done)
}

/// The card as it would be granted: after a narrowing it is read again, for that carries the digests.
async fn shown(person: &PeopleClient, args: &ApproveArgs) -> Result<(Card, Option<Narrowing>), Failure> {
    let less = Less {
        without: args.without.clone(),
        only: args.only.clone(),
        max_calls: args.max_calls,
        duration: args.duration,
        connections: args.connections.clone(),
    };
    let card = person.card(&args.id).await?;
    if less.is_nothing() {
        return Ok((card, None));
    }
    let unknown = |names: Vec<String>| Failure::Usage(format!("not on this card: {}", names.join(", ")));
    let narrowing = less.apply(&card).map_err(unknown)?;
    Ok((person.preview(&args.id, &narrowing).await?, Some(narrowing)))
}

fn approvable(card: &Card) -> Result<Digest, Failure> {
    if let Some(why) = &card.permission.why_not {
        return Err(Failure::Other(format!("you cannot decide this: {why}")));
    }
    let why = || match card.blocked_because.as_slice() {
        [] => "there is nothing to approve".to_owned(),
        reasons => reasons.join("; "),
    };
    card.grant_digest.clone().filter(|_| card.blocked_because.is_empty()).ok_or_else(|| Failure::Other(why()))
}

/// Asks the person at the terminal; a script has to say --yes.
fn confirmed(card: &Card) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::Usage("there is no terminal to ask at: add --yes".to_owned()));
    }
    let label = crate::visible::line(&card.approve_label);
    write!(io::stderr(), "{label}? [y/N] ")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
