//! `countersign inbox`.

use crate::{
    cli::InboxArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
    show, show_card,
};
use agent_client::protocol::sessions::{Inbox, SessionSummary, Waiting};

pub async fn run(config: &Config, out: &Out, args: &InboxArgs) -> Result<Exit, Failure> {
    let person = config.person()?;
    if let Some(id) = &args.id {
        let card = person.card(id).await?;
        if out.json {
            out.object(&card)?;
        } else {
            show_card::print(out, &card)?;
        }
        return Ok(Exit::Done);
    }
    let inbox = person.inbox().await?;
    if out.json {
        out.object(&inbox)?;
    } else {
        print(out, &inbox)?;
    }
    Ok(Exit::Done)
}

fn print(out: &Out, inbox: &Inbox) -> Result<(), Failure> {
    if inbox.waiting.is_empty() {
        out.line("Nothing waits for you.")?;
    }
    for waiting in &inbox.waiting {
        out.lines(&self::waiting(waiting))?;
    }
    sessions(out, "Live sessions:", &inbox.active)?;
    sessions(out, "Decided in the last 24 hours:", &inbox.decided)
}

fn waiting(waiting: &Waiting) -> Vec<String> {
    let decide = if waiting.may_decide { "" } else { " (not yours to decide)" };
    vec![
        format!("{} lapses at {}{decide}", waiting.request, show::time(waiting.expires_at)),
        format!("  {}", show::plain(&waiting.sentence)),
        format!("  {} says: \u{201c}{}\u{201d}", waiting.agent.title, waiting.purpose.text),
    ]
}

fn sessions(out: &Out, title: &str, sessions: &[SessionSummary]) -> Result<(), Failure> {
    if !sessions.is_empty() {
        out.line(title)?;
    }
    sessions.iter().try_for_each(|session| out.lines(&show::summary(session)))
}
