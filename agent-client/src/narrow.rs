//! Working out what stays of a card. Only ever less: the broker checks that too.

use protocol::{
    Card, Narrowing, Slug,
    card::{CardLine, NarrowedLine},
};

/// What a person wants to leave out, or to lower.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Less {
    /// Actions that go, as `issues.close` or `tracker:issues.close`.
    pub without: Vec<String>,
    /// If not empty, the only actions that stay.
    pub only: Vec<String>,
    /// At most so many calls on every line.
    pub max_calls: Option<u32>,
    /// At most so many seconds.
    pub duration: Option<u32>,
    /// The accounts, where there is a choice.
    pub connections: Vec<Slug>,
}

impl Less {
    /// Whether nothing is changed: then the card is approved as it stands.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// What stays of the card; fails with the names that are nowhere on it, so that a slip of the pen never grants
    /// what was meant to go.
    pub fn apply(&self, card: &Card) -> Result<Narrowing, Vec<String>> {
        let unknown = self.unknown(card);
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let lines = card.lines.iter().filter_map(|line| self.narrow(line)).collect();
        let shortest = |asked: u32| self.duration.map_or(asked, |wanted| wanted.min(asked));
        Ok(Narrowing { lines, duration: Some(shortest(card.duration.chosen)) })
    }

    fn unknown(&self, card: &Card) -> Vec<String> {
        let is_there = |name: &String| {
            card.lines.iter().any(|line| line.actions.iter().any(|action| names(name, line, &action.name)))
        };
        let is_choice = |name: &&Slug| {
            card.lines.iter().any(|line| line.choices.iter().any(|choice| &choice.id == *name))
        };
        let actions = self.without.iter().chain(&self.only).filter(|name| !is_there(name)).cloned();
        let connections = self.connections.iter().filter(|name| !is_choice(name)).map(Slug::to_string);
        actions.chain(connections).collect()
    }

    fn narrow(&self, line: &CardLine) -> Option<NarrowedLine> {
        let named = |list: &[String], action: &str| list.iter().any(|name| names(name, line, action));
        let actions: Vec<String> = line
            .actions
            .iter()
            .filter(|action| action.ticked && action.disabled_because.is_none())
            .filter(|action| !named(&self.without, &action.name))
            .filter(|action| self.only.is_empty() || named(&self.only, &action.name))
            .map(|action| action.name.clone())
            .collect();
        let resources: Vec<String> =
            line.resources.iter().filter(|resource| resource.ticked).map(|r| r.name.clone()).collect();
        let nothing_left = actions.is_empty() || (resources.is_empty() && !line.resources.is_empty());
        (!nothing_left).then(|| NarrowedLine {
            conditions: Vec::new(),
            line: line.line,
            actions,
            resources: (!resources.is_empty()).then_some(resources),
            max_calls: [line.max_calls, self.max_calls].into_iter().flatten().min(),
            connection: self.connection(line),
        })
    }

    /// The account that was chosen of those a line offers; a settled one is not up for choice.
    fn connection(&self, line: &CardLine) -> Option<Slug> {
        line.choices.iter().map(|choice| &choice.id).find(|id| self.connections.contains(id)).cloned()
    }
}

/// Whether `name`, as `ACTION` or `SERVICE:ACTION`, means this action of this line.
fn names(name: &str, line: &CardLine, action: &str) -> bool {
    match name.split_once(':') {
        Some((service, rest)) if service == line.service.as_str() => rest == action || name == action,
        _ => name == action,
    }
}

#[cfg(test)]
#[path = "narrow_tests.rs"]
mod tests;
