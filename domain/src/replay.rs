//! What earlier calls would have come to under other terms: the consequences of a narrowing, from what really happened.
//!
//! The record holds names and digests of calls, not their queries: a condition on the query is taken as met.

use crate::{admit, definition::does, sentence::shown_name};
use protocol::{
    Condition, Line, LineId, Slug, Terms,
    usage::{AskedGrantedUsed, Lost, Why},
};
use std::collections::{BTreeMap, BTreeSet};

/// A call that was made, as the record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Of which service.
    pub service: Slug,
    /// Which action.
    pub action: String,
    /// On which line of its session.
    pub line: LineId,
    /// In which resource.
    pub resource: Option<String>,
    /// The named segments of its path.
    pub names: BTreeMap<String, String>,
    /// How many seconds after the approval.
    pub after: i64,
}

/// What came of the calls of some sessions under other terms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// Calls.
    pub calls: u32,
    /// Calls that would pass.
    pub covered: u32,
    /// The others, the most frequent first.
    pub lost: Vec<Lost>,
}

/// Judges the calls of earlier sessions, each in the order in which they were made, by these terms. `asked` knows the
/// words of actions.
pub fn judge(terms: &Terms, asked: &Terms, sessions: &[Vec<Call>]) -> Judged {
    let mut judged = Judged::default();
    let mut lost: BTreeMap<(String, Why), u32> = BTreeMap::new();
    for calls in sessions {
        let mut spent: BTreeMap<LineId, u32> = BTreeMap::new();
        for call in calls {
            judged.calls += 1;
            match passes(terms, call, &mut spent) {
                Ok(()) => judged.covered += 1,
                Err(why) => *lost.entry((words(asked, call), why)).or_default() += 1,
            }
        }
    }
    judged.lost = lost.into_iter().map(|((what, why), calls)| Lost { what, why, calls }).collect();
    judged.lost.sort_by_key(|it| std::cmp::Reverse(it.calls));
    judged
}

fn passes(terms: &Terms, call: &Call, spent: &mut BTreeMap<LineId, u32>) -> Result<(), Why> {
    if call.after >= i64::from(terms.duration) {
        return Err(Why::Time);
    }
    let of_service = terms.lines.iter().filter(|line| line.service.id == call.service);
    let mut refusal = Why::Action;
    // As for calls: a line without a limit is taken first.
    let mut lines: Vec<&Line> = of_service.collect();
    lines.sort_by_key(|line| (line.limits.max_calls.is_some(), line.id));
    for line in lines {
        if let Err(why) = permits(line, call) {
            refusal = refusal.max(why);
            continue;
        }
        let used = spent.entry(line.id).or_default();
        if line.limits.max_calls.is_none_or(|most| *used < most) {
            *used += 1;
            return Ok(());
        }
        refusal = refusal.max(Why::Limit);
    }
    Err(refusal)
}

fn permits(line: &Line, call: &Call) -> Result<(), Why> {
    if !line.actions.iter().any(|action| action.name == call.action) {
        return Err(Why::Action);
    }
    let inside = |resource: &String| line.resources.contains(resource);
    if !line.resources.is_empty() && !call.resource.as_ref().is_some_and(inside) {
        return Err(Why::Resource);
    }
    let known = |it: &&Condition| it.at.starts_with("path.");
    if line.conditions.iter().filter(known).all(|it| admit::meets_names(it, &call.names)) {
        Ok(())
    } else {
        Err(Why::Condition)
    }
}

fn words(asked: &Terms, call: &Call) -> String {
    let actions =
        asked.lines.iter().flat_map(|line| line.actions.iter().map(move |it| (&line.service.id, it)));
    let mut known = actions.filter(|(service, it)| **service == call.service && it.name == call.action);
    let what = known.next().map_or_else(|| shown_name(&call.action), |(_, action)| does(action));
    match &call.resource {
        Some(resource) => format!("{what} in {}", shown_name(resource)),
        None => what,
    }
}

/// How much of what was asked was granted, and how much of that these calls used.
pub fn used(asked: &Terms, granted: &Terms, calls: &[Call], more: bool) -> AskedGrantedUsed {
    let count = |terms: &Terms| terms.lines.iter().map(|line| line.actions.len()).sum::<usize>();
    let touched: BTreeSet<(LineId, &str)> = calls.iter().map(|it| (it.line, it.action.as_str())).collect();
    let held = granted.lines.iter().flat_map(|line| line.actions.iter().map(move |action| (line.id, action)));
    let unused: Vec<String> = held
        .filter(|(line, action)| !touched.contains(&(*line, action.name.as_str())))
        .map(|(_, action)| does(action))
        .collect();
    let [asked, granted, unused_count] =
        [count(asked), count(granted), unused.len()].map(|it| u32::try_from(it).unwrap_or(u32::MAX));
    AskedGrantedUsed { asked, granted, used: granted.saturating_sub(unused_count), unused, more }
}

/// What a request asks for that none of these earlier ones asked for: actions in words, then resources. Nothing where
/// there was none before: then everything is new, and saying it of each part says nothing.
pub fn first_seen(asked: &Terms, before: &[Terms]) -> Vec<String> {
    if before.is_empty() {
        return Vec::new();
    }
    let lines = || before.iter().flat_map(|terms| &terms.lines);
    let mut first = Vec::new();
    for line in &asked.lines {
        let same: Vec<&Line> = lines().filter(|it| it.service.id == line.service.id).collect();
        if same.is_empty() {
            first.push(line.service.title.clone());
            continue;
        }
        let knows = |name: &str| same.iter().any(|it| it.actions.iter().any(|action| action.name == name));
        first.extend(line.actions.iter().filter(|it| !knows(&it.name)).map(does));
        let reaches =
            |name: &String| same.iter().any(|it| it.resources.is_empty() || it.resources.contains(name));
        if line.resources.is_empty() && !same.iter().any(|it| it.resources.is_empty()) {
            first.push(format!("everything on {}", line.service.title));
        }
        first.extend(line.resources.iter().filter(|it| !reaches(it)).map(|it| shown_name(it)));
    }
    let mut seen = BTreeSet::new();
    first.retain(|it| seen.insert(it.clone()));
    first
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
