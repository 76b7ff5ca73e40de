//! The request card in a terminal: the broker's words first, the agent's words quoted below.

use crate::{duration, exit::Failure, out::Out, show};
use agent_client::protocol::{
    Card, RequestStatus,
    card::{CardAction, CardLine},
};

/// Prints the card.
pub fn print(out: &Out, card: &Card) -> Result<(), Failure> {
    out.sentence(&card.sentence)?;
    out.line(&format!("{} {}", card.worst.headline, card.worst.detail))?;
    for line in &card.lines {
        out.lines(&self::line(line))?;
    }
    out.lines(&facts(card))
}

fn line(line: &CardLine) -> Vec<String> {
    let account =
        line.connection.as_ref().map(|account| format!(" as {}", account.account)).unwrap_or_default();
    let mut lines = vec![format!("{}. {}{account} ({})", line.line, line.title, line.origin)];
    lines.extend(line.actions.iter().map(action));
    if line.resources.is_empty() {
        lines.push("  in everything".to_owned());
    }
    for resource in &line.resources {
        lines.push(format!("  in {} {}", tick(resource.ticked), resource.name));
    }
    lines.extend(line.conditions.iter().map(|condition| format!("  if {condition}")));
    lines.extend(line.max_calls.map(|max| format!("  at most {max} calls")));
    for choice in &line.choices {
        lines.push(format!("  choose --connection {} ({})", choice.id, choice.account));
    }
    lines
}

fn action(action: &CardAction) -> String {
    let why = action.disabled_because.as_ref().map(|why| format!(" – {why}")).unwrap_or_default();
    format!("  {} {} ({}){why}", tick(action.ticked), action.label, action.name)
}

fn tick(ticked: bool) -> &'static str {
    if ticked { "[x]" } else { "[ ]" }
}

fn facts(card: &Card) -> Vec<String> {
    let whose = if card.yours { "your agent".to_owned() } else { format!("an agent of {}", card.owner) };
    let mut lines = vec![
        format!("For {}, until {}", duration::words(card.duration.chosen), show::time(card.duration.ends_at)),
        format!("{} ({whose}) says: \u{201c}{}\u{201d}", card.agent.title, card.purpose.text),
        format!("Matching code {}", card.matching_code),
    ];
    if card.purpose.removed > 0 {
        lines.push(format!("{} invisible characters were removed from its words.", card.purpose.removed));
    }
    if card.agent.direct {
        lines.push("It may use its grant token directly, without an exchange for each call.".to_owned());
    }
    let history = card.history;
    lines.push(format!(
        "In 14 days it asked {} times: {} approved, {} denied.",
        history.asked, history.approved, history.denied
    ));
    if card.status == RequestStatus::Pending {
        lines.push(format!("Lapses at {}", show::time(card.expires_at)));
    }
    lines.extend(card.blocked_because.iter().map(|why| format!("Cannot be approved: {why}")));
    lines.extend(card.permission.why_not.iter().map(|why| format!("You cannot decide this: {why}")));
    lines.extend(card.outcome.iter().map(|outcome| outcome.says.clone()));
    lines
}
