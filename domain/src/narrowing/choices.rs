//! Narrowings that are made here rather than by a person.

use super::Rules;
use crate::proof::disabled_because;
use protocol::{Condition, Line, Narrowing, Terms, card::NarrowedLine};

/// What a card offers by default: everything that can be granted now, for an hour at most. An account is never
/// chosen for a person, and of what is offered at several services to a client that named nothing, nothing is chosen.
pub fn default_narrowing(asked: &Terms, rules: &Rules<'_>) -> Narrowing {
    let lines = asked.lines.iter().map(|line| {
        let grantable = line
            .actions
            .iter()
            .filter(|_| !asked.unchosen)
            .filter(|a| disabled_because(a, line, rules.means, rules.policy).is_none());
        keep(line, grantable.map(|action| action.name.clone()).collect())
    });
    Narrowing { lines: lines.collect(), duration: Some(rules.policy.offered_duration(asked.duration)) }
}

/// The narrowing that takes nothing away.
pub fn keep_all(terms: &Terms) -> Narrowing {
    let lines =
        terms.lines.iter().map(|line| keep(line, line.actions.iter().map(|a| a.name.clone()).collect()));
    Narrowing { lines: lines.collect(), duration: Some(terms.duration) }
}

/// The narrowing by which these terms were made of what was asked.
pub fn of_terms(asked: &Terms, terms: &Terms) -> Narrowing {
    let of_line = |line: &Line| {
        let before = asked.lines.iter().find(|it| it.id == line.id);
        let known = |it: &Condition| before.is_some_and(|before| before.conditions.contains(it));
        let conditions = line.conditions.iter().filter(|it| !known(it)).cloned().collect();
        NarrowedLine { conditions, ..keep(line, line.actions.iter().map(|a| a.name.clone()).collect()) }
    };
    Narrowing { lines: terms.lines.iter().map(of_line).collect(), duration: Some(terms.duration) }
}

fn keep(line: &Line, actions: Vec<String>) -> NarrowedLine {
    NarrowedLine {
        line: line.id,
        actions,
        resources: Some(line.resources.clone()),
        conditions: Vec::new(),
        max_calls: line.limits.max_calls,
        connection: line.connection.as_ref().map(|connection| connection.id.clone()),
    }
}
