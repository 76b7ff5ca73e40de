//! Stored definitions of tools, read for people.

use crate::store::tools;
use domain::{
    look_alikes::LookAlikes,
    mcp::{difference::difference, tool::Tool},
};
use protocol::tools::{ChangedPart, ChangedParts};

/// A definition as it was stored; none for a method, or where it can no longer be read.
pub fn read(stored: &tools::Tool) -> Option<Tool> {
    Tool::read(&serde_json::from_str(&stored.definition).ok()?).ok()
}

/// The names that a server's tools have now, by how they look.
pub fn looks(seen: &[tools::Tool]) -> LookAlikes<'_> {
    LookAlikes::among(seen.iter().filter(|it| it.current).map(|it| it.name.as_str()))
}

/// What is different in `after`.
pub fn differing(before: &tools::Tool, after: &tools::Tool) -> ChangedParts {
    let value = |it: &tools::Tool| serde_json::from_str(&it.definition).unwrap_or_default();
    let found = difference(&value(before), &value(after));
    let row =
        |it: domain::mcp::difference::Row| ChangedPart { part: it.part, before: it.before, after: it.after };
    ChangedParts { rows: found.rows.into_iter().map(row).collect(), more: found.more }
}
