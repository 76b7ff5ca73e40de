//! Narrowing: the only way to make the terms of a grant.
//!
//! A granted line is made *from* the line it names, by taking away. Nothing of what a person or a program sends is
//! copied into the result except names that were asked for, a resource that bounds a line which asked for all, and
//! numbers that are not higher. [`is_within`] checks the result again, written the other way round.

mod choices;
mod diff;
mod form;
mod within;

pub use choices::{default_narrowing, keep_all, of_terms};
pub use diff::diff;
pub use form::{BadField, from_pairs, to_pairs};
pub use within::is_within;

use crate::{
    pin::{check_condition, check_resource},
    policy::Policy,
    proof::{Means, disabled_because},
    sentence::{duration_words, shown_name},
};
use protocol::{
    Action, Condition, Limits, Line, LineId, Narrowing, Slug, Terms, card::NarrowedLine, terms::ConnectionRef,
};
use std::collections::{BTreeMap, BTreeSet};

/// The accounts among which a person has to choose, for lines that did not pin one.
pub type Choices = BTreeMap<LineId, Vec<ConnectionRef>>;

/// What limits what can be granted.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The numbers.
    pub policy: &'a Policy,
    /// What the person who decides can bring.
    pub means: Means,
    /// The accounts to choose from.
    pub choices: &'a Choices,
}

/// Why something is no narrowing of what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NarrowRefusal {
    /// Nothing would be granted.
    #[error("nothing is left to grant: keep at least one action, or deny the request")]
    NothingLeft,
    /// Nothing was chosen yet of what is offered to a client that named nothing.
    #[error("its client named nothing, so nothing is chosen yet: choose what to grant, or deny the request")]
    NothingChosen,
    /// No such line was asked.
    #[error("line {line} was not asked")]
    UnknownLine {
        /// The line that is meant.
        line: LineId,
    },
    /// The same line twice.
    #[error("line {line} stands there twice")]
    RepeatedLine {
        /// Which.
        line: LineId,
    },
    /// An action that was not asked.
    #[error("line {line} did not ask for the action {action}")]
    UnknownAction {
        /// Of which line.
        line: LineId,
        /// Which.
        action: String,
    },
    /// An action that cannot be granted now.
    #[error("{action} on line {line} {why}")]
    NotGrantable {
        /// Of which line.
        line: LineId,
        /// Which.
        action: String,
        /// Why not.
        why: String,
    },
    /// A resource that was not asked.
    #[error("line {line} did not ask for the resource {resource}")]
    UnknownResource {
        /// Of which line.
        line: LineId,
        /// Which.
        resource: String,
    },
    /// A resource that no call could name.
    #[error("the resource {resource} of line {line} {why}")]
    BadResource {
        /// Of which line.
        line: LineId,
        /// Which.
        resource: String,
        /// Why not.
        why: String,
    },
    /// All resources of a line were taken away. That must not mean "everywhere".
    #[error("line {line} has no resource left: keep one, or untick all its actions")]
    NoResourceLeft {
        /// Which.
        line: LineId,
    },
    /// Too many resources.
    #[error("line {line} names more than {max} resources")]
    TooManyResources {
        /// Which.
        line: LineId,
        /// At most so many.
        max: usize,
    },
    /// A condition that no call could meet or fail.
    #[error("the condition on {at} of line {line} {why}")]
    BadCondition {
        /// Of which line.
        line: LineId,
        /// On which argument.
        at: String,
        /// Why not.
        why: String,
    },
    /// Too many conditions.
    #[error("line {line} would have more than {max} conditions")]
    TooManyConditions {
        /// Which.
        line: LineId,
        /// At most so many.
        max: usize,
    },
    /// A limit that is higher than the one asked.
    #[error("line {line} asked for at most {asked} calls")]
    HigherLimit {
        /// Which.
        line: LineId,
        /// What was asked.
        asked: u32,
    },
    /// A limit of nothing.
    #[error("the limit of line {line} must be at least 1 call")]
    NoCalls {
        /// Which.
        line: LineId,
    },
    /// Several accounts are possible, and none was chosen.
    #[error("choose the account for line {line}")]
    AccountNotChosen {
        /// Which.
        line: LineId,
    },
    /// An account that is not among those that are possible.
    #[error("{connection} is no account that line {line} can use")]
    UnknownAccount {
        /// Of which line.
        line: LineId,
        /// Which.
        connection: Slug,
    },
    /// Longer than asked or than this broker grants.
    #[error("can last at most {}", duration_words(*max))]
    TooLong {
        /// At most so many seconds.
        max: u32,
    },
    /// Shorter than this broker grants.
    #[error("must last at least {}", duration_words(*min))]
    TooShort {
        /// At least so many seconds.
        min: u32,
    },
}

/// Makes the terms of a grant from what was asked. Lines without actions, and lines that are not mentioned, are not
/// granted; everything that is not less than what was asked is refused.
pub fn narrow(asked: &Terms, narrowing: &Narrowing, rules: &Rules<'_>) -> Result<Terms, NarrowRefusal> {
    let mut kept: BTreeMap<LineId, &NarrowedLine> = BTreeMap::new();
    for line in &narrowing.lines {
        if !asked.lines.iter().any(|of| of.id == line.line) {
            return Err(NarrowRefusal::UnknownLine { line: line.line });
        }
        if kept.insert(line.line, line).is_some() {
            return Err(NarrowRefusal::RepeatedLine { line: line.line });
        }
    }
    let mut lines = Vec::with_capacity(asked.lines.len());
    for line in &asked.lines {
        if let Some(keep) = kept.get(&line.id).filter(|keep| !keep.actions.is_empty()) {
            lines.push(narrow_line(line, keep, rules)?);
        }
    }
    if lines.is_empty() {
        let why = if asked.unchosen { NarrowRefusal::NothingChosen } else { NarrowRefusal::NothingLeft };
        return Err(why);
    }
    let duration = narrow_duration(asked.duration, narrowing.duration, rules.policy)?;
    Ok(Terms { lines, duration, ..asked.clone() })
}

fn narrow_line(asked: &Line, keep: &NarrowedLine, rules: &Rules<'_>) -> Result<Line, NarrowRefusal> {
    let narrowed = Line {
        actions: narrow_actions(asked, &keep.actions)?,
        resources: narrow_resources(asked, keep.resources.as_deref(), rules.policy)?,
        limits: narrow_limits(asked, keep.max_calls)?,
        connection: Some(choose_connection(asked, keep.connection.as_ref(), rules.choices)?),
        id: asked.id,
        service: asked.service.clone(),
        conditions: add_conditions(asked, &keep.conditions, rules.policy)?,
    };
    // Tiers count on what is granted: a bound that a person adds makes it less, never more.
    for action in &narrowed.actions {
        if let Some(why) = disabled_because(action, &narrowed, rules.means, rules.policy) {
            return Err(NarrowRefusal::NotGrantable { line: asked.id, action: action.name.clone(), why });
        }
    }
    Ok(narrowed)
}

fn narrow_actions(asked: &Line, keep: &[String]) -> Result<Vec<Action>, NarrowRefusal> {
    let unknown = keep.iter().find(|name| !asked.actions.iter().any(|action| action.name == **name));
    match unknown {
        Some(action) => Err(NarrowRefusal::UnknownAction { line: asked.id, action: action.clone() }),
        None => Ok(asked.actions.iter().filter(|action| keep.contains(&action.name)).cloned().collect()),
    }
}

fn narrow_resources(
    asked: &Line,
    keep: Option<&[String]>,
    policy: &Policy,
) -> Result<Vec<String>, NarrowRefusal> {
    let line = asked.id;
    let Some(keep) = keep else { return Ok(asked.resources.clone()) };
    if asked.resources.is_empty() {
        return bound_resources(asked, keep, policy);
    }
    if keep.is_empty() {
        return Err(NarrowRefusal::NoResourceLeft { line });
    }
    match keep.iter().find(|name| !asked.resources.contains(name)) {
        Some(resource) => Err(NarrowRefusal::UnknownResource { line, resource: resource.clone() }),
        None => Ok(asked.resources.iter().filter(|name| keep.contains(name)).cloned().collect()),
    }
}

/// Resources for a line that asked for all of them: each is less than all.
fn bound_resources(asked: &Line, keep: &[String], policy: &Policy) -> Result<Vec<String>, NarrowRefusal> {
    let line = asked.id;
    if keep.len() > policy.max_resources {
        return Err(NarrowRefusal::TooManyResources { line, max: policy.max_resources });
    }
    for name in keep {
        check_resource(name, asked.service.resource.as_deref(), policy)
            .map_err(|why| NarrowRefusal::BadResource { line, resource: name.clone(), why })?;
    }
    let mut seen = BTreeSet::new();
    Ok(keep.iter().filter(|name| seen.insert(*name)).cloned().collect())
}

/// What was asked stays, what a person adds comes on top: every call must meet them all.
fn add_conditions(
    asked: &Line,
    added: &[Condition],
    policy: &Policy,
) -> Result<Vec<Condition>, NarrowRefusal> {
    let mut conditions = asked.conditions.clone();
    conditions.extend(added.iter().filter(|it| !asked.conditions.contains(it)).cloned());
    if conditions.len() > policy.max_conditions {
        return Err(NarrowRefusal::TooManyConditions { line: asked.id, max: policy.max_conditions });
    }
    for condition in added {
        check_condition(condition, &asked.actions, policy).map_err(|why| NarrowRefusal::BadCondition {
            line: asked.id,
            at: shown_name(&condition.at),
            why,
        })?;
    }
    Ok(conditions)
}

fn narrow_limits(asked: &Line, keep: Option<u32>) -> Result<Limits, NarrowRefusal> {
    let max_calls = match (asked.limits.max_calls, keep) {
        (_, Some(0)) => return Err(NarrowRefusal::NoCalls { line: asked.id }),
        (Some(asked_calls), Some(calls)) if calls > asked_calls => {
            return Err(NarrowRefusal::HigherLimit { line: asked.id, asked: asked_calls });
        }
        (asked_calls, calls) => calls.or(asked_calls),
    };
    Ok(Limits { max_calls })
}

fn choose_connection(
    asked: &Line,
    chosen: Option<&Slug>,
    choices: &Choices,
) -> Result<ConnectionRef, NarrowRefusal> {
    let line = asked.id;
    let possible = match &asked.connection {
        Some(pinned) if chosen.is_none_or(|chosen| *chosen == pinned.id) => return Ok(pinned.clone()),
        Some(_) => &[],
        None => choices.get(&line).map(Vec::as_slice).unwrap_or_default(),
    };
    let chosen = chosen.ok_or(NarrowRefusal::AccountNotChosen { line })?;
    let found = possible.iter().find(|connection| connection.id == *chosen);
    found.cloned().ok_or_else(|| NarrowRefusal::UnknownAccount { line, connection: chosen.clone() })
}

fn narrow_duration(asked: u32, keep: Option<u32>, policy: &Policy) -> Result<u32, NarrowRefusal> {
    let duration = keep.unwrap_or_else(|| policy.offered_duration(asked));
    let max = asked.min(policy.max_duration);
    if duration > max {
        Err(NarrowRefusal::TooLong { max })
    } else if duration < policy.min_duration {
        Err(NarrowRefusal::TooShort { min: policy.min_duration })
    } else {
        Ok(duration)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
