//! Effects become tiers: how much friction a grant needs.

use protocol::{Action, Effect, Line, Terms, Tier, services::ServiceKind};

/// The tier of one action, as the table of the design has it. A line that names no resource reaches everything on
/// its service, which is one tier higher.
pub fn action_tier(effect: Effect, reversible: bool, sensitive: bool, names_no_resource: bool) -> Tier {
    let tier = match effect {
        Effect::Read if sensitive => Tier::Medium,
        Effect::Read => Tier::Low,
        Effect::Write if reversible => Tier::Medium,
        Effect::Write | Effect::Delete | Effect::Spend | Effect::Send => Tier::High,
        Effect::Admin => Tier::Critical,
    };
    if names_no_resource { one_higher(tier) } else { tier }
}

/// The tier of an action as it stands on this line. A tool of an MCP server is granted by its name, and what it reaches
/// stands in its arguments: there is no resource that a line could have named, so nothing is one tier higher for it.
pub fn tier_on(action: &Action, line: &Line) -> Tier {
    let all = line.resources.is_empty() && line.service.kind != ServiceKind::Mcp;
    action_tier(action.effect, action.reversible, line.service.sensitive, all)
}

/// The highest tier on a line; low if it has no actions.
pub fn line_tier(line: &Line) -> Tier {
    line.actions.iter().map(|action| tier_on(action, line)).max().unwrap_or(Tier::Low)
}

/// The highest tier of all lines; low if there are none.
pub fn terms_tier(terms: &Terms) -> Tier {
    terms.lines.iter().map(line_tier).max().unwrap_or(Tier::Low)
}

fn one_higher(tier: Tier) -> Tier {
    match tier {
        Tier::Low => Tier::Medium,
        Tier::Medium => Tier::High,
        Tier::High | Tier::Critical => Tier::Critical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn the_table() {
        use Effect::{Admin, Delete, Read, Send, Spend, Write};
        use Tier::{Critical, High, Low, Medium};
        // effect, reversible, sensitive, tier with resources, tier without
        let table = [
            (Read, true, false, Low, Medium),
            (Read, false, false, Low, Medium),
            (Read, true, true, Medium, High),
            (Write, true, false, Medium, High),
            (Write, true, true, Medium, High),
            (Write, false, false, High, Critical),
            (Delete, true, false, High, Critical),
            (Delete, false, false, High, Critical),
            (Spend, true, false, High, Critical),
            (Send, true, false, High, Critical),
            (Admin, true, false, Critical, Critical),
        ];
        for (effect, reversible, sensitive, named, unnamed) in table {
            assert_eq!(action_tier(effect, reversible, sensitive, false), named, "{effect:?} {reversible}");
            assert_eq!(action_tier(effect, reversible, sensitive, true), unnamed, "{effect:?} {reversible}");
        }
    }

    #[test]
    fn the_highest_counts() {
        let mut terms = samples::terms();
        assert_eq!(terms_tier(&terms), Tier::High, "it holds a delete");
        terms.lines[0].actions.retain(|action| action.effect != Effect::Delete);
        assert_eq!(line_tier(&terms.lines[0]), Tier::Medium);
        terms.lines[0].resources.clear();
        assert_eq!(terms_tier(&terms), Tier::High);
        terms.lines.clear();
        assert_eq!(terms_tier(&terms), Tier::Low);
    }
}
