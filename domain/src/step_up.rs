//! What a request asks for beside what its agent holds already. Only what a live line permits without more ado counts as
//! held: with a limit or a condition of its own it is something else than what is asked.

use crate::{definition::does, sentence::shown_name};
use protocol::{Action, Line, Terms};

/// The two sides, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// What is held already.
    pub has: Vec<String>,
    /// What is asked in addition.
    pub adds: Vec<String>,
}

/// Tells apart what is held already; none where nothing of it is.
pub fn difference(asked: &Terms, live: &[Terms]) -> Option<Difference> {
    let lines: Vec<&Line> = live.iter().flat_map(|terms| &terms.lines).collect();
    let several = asked.lines.windows(2).any(|two| matches!(two, [a, b] if a.service.id != b.service.id));
    let mut difference = Difference::default();
    for line in &asked.lines {
        let at = if several { format!(" at {}", shown_name(&line.service.title)) } else { String::new() };
        for action in &line.actions {
            let holds = |resource| lines.iter().any(|it| covers(it, line, action, resource));
            let mut say = |held: bool, place: &str| {
                let words = format!("{}{place}{at}", does(action));
                let side = if held { &mut difference.has } else { &mut difference.adds };
                if !side.contains(&words) {
                    side.push(words);
                }
            };
            if line.resources.is_empty() {
                say(holds(None), "");
            }
            let (has, adds): (Vec<&String>, Vec<&String>) =
                line.resources.iter().partition(|it| holds(Some(it.as_str())));
            for (held, names) in [(true, has), (false, adds)] {
                let names: Vec<String> = names.into_iter().map(|it| shown_name(it)).collect();
                if !names.is_empty() {
                    say(held, &format!(" in {}", names.join(", ")));
                }
            }
        }
    }
    Some(difference).filter(|it| !it.has.is_empty())
}

/// Whether a live line permits an action of an asked one, in one resource or in all, through the same account: where the
/// person still has to choose one, nothing of it is held yet.
fn covers(live: &Line, asked: &Line, action: &Action, resource: Option<&str>) -> bool {
    let here = match resource {
        Some(resource) => live.resources.is_empty() || live.resources.iter().any(|it| it == resource),
        None => live.resources.is_empty(),
    };
    here && live.service.id == asked.service.id
        && live.service.version == asked.service.version
        && live.actions.contains(action)
        && live.connection == asked.connection
        && live.conditions.iter().all(|it| asked.conditions.contains(it))
        && live.limits.is_none()
}

#[cfg(test)]
#[path = "step_up_tests.rs"]
mod tests;
