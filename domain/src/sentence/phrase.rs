//! The parts of the sentence.

use super::counted;
use protocol::{Action, Condition, Line, Test, card::Span, services::ServiceKind};

/// Words that a resource of the same name would be mistaken for.
const OWN_WORDS: [&str; 14] = [
    "and",
    "as",
    "at",
    "do",
    "everything",
    "everywhere",
    "for",
    "in",
    "most",
    "nothing",
    "on",
    "only",
    "or",
    "to",
];

/// Collects spans; neighbours of the same weight become one.
#[derive(Default)]
pub(super) struct Words(Vec<Span>);

impl Words {
    pub(super) fn plain(&mut self, text: &str) {
        self.add(text, false);
    }

    pub(super) fn strong(&mut self, text: &str) {
        self.add(text, true);
    }

    pub(super) fn into_spans(self) -> Vec<Span> {
        self.0
    }

    fn add(&mut self, text: &str, strong: bool) {
        match self.0.last_mut() {
            Some(last) if last.strong == strong => last.text.push_str(text),
            _ => self.0.push(Span { text: text.to_owned(), strong }),
        }
    }
}

/// One line: what, where, as whom, within which limits.
pub(super) fn line(words: &mut Words, line: &Line) {
    words.strong(&actions(&line.actions));
    within(words, line);
}

/// A line of which nothing is chosen yet; what it offers stands below the sentence, row by row.
pub(super) fn some_of(words: &mut Words, line: &Line) {
    match line.actions.len() {
        0 | 1 => words.strong(&actions(&line.actions)),
        count => words.strong(&format!("use some of {count} tools")),
    }
    within(words, line);
}

/// Where, as whom, within which limits.
fn within(words: &mut Words, line: &Line) {
    if line.resources.is_empty() {
        // What a tool reaches stands in its arguments: it has no places that it could be kept to.
        if line.service.kind != ServiceKind::Mcp {
            words.plain(" ");
            words.strong("everywhere");
        }
    } else {
        words.plain(" in ");
        let names: Vec<String> = line.resources.iter().map(|name| shown_name(name)).collect();
        words.strong(&and_list(&names));
    }
    words.plain(" on ");
    words.strong(&line.service.title);
    match &line.connection {
        Some(connection) => words.plain(&format!(" as {}", shown_name(&connection.account))),
        None => words.plain(" as an account that is still to be chosen"),
    }
    if let Some(max) = line.limits.max_calls {
        words.plain(", at most ");
        words.strong(&counted(max, "call"));
    }
    for (number, condition) in line.conditions.iter().enumerate() {
        words.plain(if number == 0 { ", only where " } else { " and " });
        words.plain(&condition_words(condition));
    }
}

/// Actions in words: verbs that share an object stand together, objects that share all their verbs too.
fn actions(actions: &[Action]) -> String {
    let mut by_object: Vec<(&str, Vec<&str>)> = Vec::new();
    for action in actions {
        match by_object.iter_mut().find(|(object, _)| *object == action.object) {
            Some((_, verbs)) if verbs.contains(&action.verb.as_str()) => {}
            Some((_, verbs)) => verbs.push(&action.verb),
            None => by_object.push((&action.object, vec![&action.verb])),
        }
    }
    let mut by_verbs: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for (object, verbs) in by_object {
        match by_verbs.iter_mut().find(|(known, _)| *known == verbs) {
            Some((_, objects)) => objects.push(object),
            None => by_verbs.push((verbs, vec![object])),
        }
    }
    let deeds: Vec<String> = by_verbs
        .iter()
        .map(|(verbs, objects)| format!("{} {}", and_list(verbs), and_list(objects)))
        .collect();
    match deeds.as_slice() {
        [] => "do nothing".to_owned(),
        [only] => only.clone(),
        // A comma before this "and" keeps it apart from those inside the deeds.
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
    }
}

/// A condition in words, as `issue is exactly “7”`.
pub fn condition_words(condition: &Condition) -> String {
    let what = match condition.at.split_once('.') {
        Some(("path", name)) => shown_name(name),
        Some(("query", name)) => format!("query argument {}", shown_name(name)),
        _ if condition.at.starts_with('/') => format!("argument {}", shown_name(&condition.at)),
        _ => shown_name(&condition.at),
    };
    // What stands in the arguments of a tool can be a list.
    let length = |count| match condition.at.strip_prefix('/') {
        None => counted(count, "character"),
        Some(_) => {
            format!("{} or {}", counted(count, "character"), if count == 1 { "element" } else { "elements" })
        }
    };
    let test = match &condition.test {
        Test::Equals(value) => format!("is exactly {}", quoted(value)),
        Test::OneOf(values) => {
            format!("is one of {}", values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", "))
        }
        Test::Prefix(value) => format!("starts with {}", quoted(value)),
        Test::AtMost(number) => format!("is at most {number}"),
        Test::AtLeast(number) => format!("is at least {number}"),
        Test::MaxLength(count) => format!("has at most {}", length(*count)),
        Test::MinLength(count) => format!("has at least {}", length(*count)),
        Test::Glob(pattern) => format!("is of the form {}", quoted(pattern)),
    };
    format!("{what} {test}")
}

/// A name as the sentence shows it: bare if it is one unmistakable word, else in quotation marks (which no name
/// may hold).
pub fn shown_name(name: &str) -> String {
    let word = name.chars().all(|c| c.is_alphanumeric() || "-_./@:#+~".contains(c));
    let ends = name.chars().next_back().is_some_and(char::is_alphanumeric);
    if word && ends && !OWN_WORDS.contains(&name) { name.to_owned() } else { quoted(name) }
}

/// `a`, `a and b`, `a, b and c`.
pub fn and_list<T: AsRef<str>>(items: &[T]) -> String {
    let texts: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match texts.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn quoted(value: &str) -> String {
    format!("“{value}”")
}
