//! What was granted, beside what was asked, with why in words.

use crate::{
    definition::does,
    pin::unpin,
    policy::Policy,
    proof::{Means, disabled_because},
    sentence::{and_list, counted, duration_words, shown_name},
};
use protocol::{Line, Terms, access::LineDiff};

/// Line by line, what is missing from what was asked and why; all of it if nothing was granted.
pub fn diff(asked: &Terms, granted: Option<&Terms>, policy: &Policy) -> Vec<LineDiff> {
    let of_line = |line: &Line| {
        let kept = granted.and_then(|terms| terms.lines.iter().find(|kept| kept.id == line.id));
        let mut why = missing_actions(line, kept, policy);
        if let Some(kept) = kept {
            why.extend(other_bounds(line, kept));
        }
        if let (Some(_), Some(terms)) = (kept, granted)
            && terms.duration < asked.duration
        {
            let (less, more) = (duration_words(terms.duration), duration_words(asked.duration));
            why.push(format!("Granted for {less} instead of {more}."));
        }
        LineDiff { line: line.id, asked: unpin(line), granted: kept.map(unpin), why }
    };
    asked.lines.iter().map(of_line).collect()
}

fn missing_actions(asked: &Line, kept: Option<&Line>, policy: &Policy) -> Vec<String> {
    let is_kept = |name: &str| kept.is_some_and(|kept| kept.actions.iter().any(|action| action.name == name));
    let missing = asked.actions.iter().filter(|action| !is_kept(&action.name));
    let mut why: Vec<String> = missing
        .map(|action| match disabled_because(action, asked, Means::default(), policy) {
            Some(why) => format!("Not granted: {} ({}), which {why}.", action.name, does(action)),
            None => format!("Not granted: {} ({}).", action.name, does(action)),
        })
        .collect();
    if kept.is_none() {
        why.insert(0, "Nothing of this line was granted.".to_owned());
    }
    why
}

fn other_bounds(asked: &Line, kept: &Line) -> Vec<String> {
    let mut why = Vec::new();
    if kept.resources != asked.resources {
        let names: Vec<String> = kept.resources.iter().map(|name| shown_name(name)).collect();
        why.push(format!("Granted only in {}.", and_list(&names)));
    }
    if let Some(max) = kept.limits.max_calls.filter(|_| kept.limits != asked.limits) {
        let instead = asked.limits.max_calls.map(|more| format!(" instead of {more}")).unwrap_or_default();
        why.push(format!("Granted for at most {}{instead}.", counted(max, "call")));
    }
    if let (None, Some(chosen)) = (&asked.connection, &kept.connection) {
        why.push(format!("Granted as {}.", chosen.account));
    }
    why
}
