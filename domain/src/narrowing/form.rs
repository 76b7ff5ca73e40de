//! A narrowing as the fields of an HTML form, so that a page without JavaScript can send one.
//!
//! | field | meaning |
//! |---|---|
//! | `line` (repeated) | the lines that the form shows: one without a ticked action is known, and not granted |
//! | `action.N` (repeated) | a ticked action of line N |
//! | `resource.N` (repeated) | a ticked resource of line N; none at all means that none is ticked |
//! | `as_asked.N` | the resources of line N stay as they were asked |
//! | `max_calls.N` | the limit of line N; empty means as asked |
//! | `condition.N` (repeated) | a condition that is added to line N, as JSON |
//! | `connection.N` | the account chosen for line N; empty means none chosen |
//! | `duration` | seconds; empty means as the card offers by default |
//!
//! Other fields of the same form (digests, the form's token) are not looked at.

use protocol::{LineId, Narrowing, card::NarrowedLine};

/// A field that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {why}")]
pub struct BadField {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Reads a narrowing out of a form.
pub fn from_pairs(pairs: &[(String, String)]) -> Result<Narrowing, BadField> {
    let mut narrowing = Narrowing::default();
    for (_, value) in pairs.iter().filter(|(name, _)| name == "line") {
        let line = number(value).ok_or_else(|| bad("line", "must be the number of a line"))?;
        if narrowing.lines.iter().any(|known| known.line == line) {
            return Err(bad("line", "names the same line twice"));
        }
        let nothing = NarrowedLine {
            line,
            actions: vec![],
            resources: Some(vec![]),
            conditions: vec![],
            max_calls: None,
            connection: None,
        };
        narrowing.lines.push(nothing);
    }
    for (name, value) in pairs {
        if name == "duration" {
            set(&mut narrowing.duration, value, number).map_err(|why| bad(name, why))?;
        }
        let Some((part, of)) = name.split_once('.') else { continue };
        if !matches!(part, "action" | "resource" | "as_asked" | "condition" | "max_calls" | "connection") {
            continue;
        }
        let line = number(of).and_then(|of: LineId| narrowing.lines.iter_mut().find(|line| line.line == of));
        let line = line.ok_or_else(|| bad(name, "is for a line that the form does not show"))?;
        set_part(line, part, value).map_err(|why| bad(name, why))?;
    }
    Ok(narrowing)
}

/// Writes a narrowing into hidden fields; [`from_pairs`] reads the same back.
pub fn to_pairs(narrowing: &Narrowing) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut add = |name: String, value: &str| pairs.push((name, value.to_owned()));
    for line in &narrowing.lines {
        let id = line.line;
        add("line".to_owned(), &id.to_string());
        line.actions.iter().for_each(|action| add(format!("action.{id}"), action));
        match &line.resources {
            Some(resources) => resources.iter().for_each(|name| add(format!("resource.{id}"), name)),
            None => add(format!("as_asked.{id}"), "yes"),
        }
        for condition in &line.conditions {
            add(format!("condition.{id}"), &crate::digest::canonical(condition));
        }
        if let Some(max) = line.max_calls {
            add(format!("max_calls.{id}"), &max.to_string());
        }
        if let Some(connection) = &line.connection {
            add(format!("connection.{id}"), connection.as_str());
        }
    }
    if let Some(duration) = narrowing.duration {
        add("duration".to_owned(), &duration.to_string());
    }
    pairs
}

fn set_part(line: &mut NarrowedLine, part: &str, value: &str) -> Result<(), &'static str> {
    match part {
        "action" => line.actions.push(value.to_owned()),
        "resource" => match &mut line.resources {
            Some(resources) => resources.push(value.to_owned()),
            None => return Err("stands beside as_asked"),
        },
        "as_asked" => match &line.resources {
            Some(resources) if resources.is_empty() => line.resources = None,
            _ => return Err("stands beside resources or twice"),
        },
        "condition" => {
            line.conditions.push(serde_json::from_str(value).map_err(|_| "must be a condition as JSON")?);
        }
        "max_calls" => set(&mut line.max_calls, value, number)?,
        _ => set(&mut line.connection, value, |text| text.parse().ok())?,
    }
    Ok(())
}

/// Sets a field that may stand in the form once; empty is the same as missing.
fn set<T>(field: &mut Option<T>, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<(), &'static str> {
    if text.is_empty() {
        return Ok(());
    }
    match field.replace(parse(text).ok_or("is not of the right form")?) {
        None => Ok(()),
        Some(_) => Err("stands there twice"),
    }
}

/// Digits only: Rust's own parsing also takes a plus sign.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn bad(name: &str, why: &'static str) -> BadField {
    BadField { name: name.to_owned(), why }
}
