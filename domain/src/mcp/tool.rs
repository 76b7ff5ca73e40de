//! A tool as its server defines it, and the action that it is.
//!
//! Everything in a definition is the server's word, and the server is not trusted: its name is refused unless it is
//! plain, its texts are cleaned before a person sees them, and its annotations are only a default, in which whatever is
//! not said counts as the worst (as MCP has it). The operator's word comes first, as long as the definition is the one
//! that it was given for.

use super::visible;
use crate::{digest::of_json, text::clean};
use protocol::{Digest, Effect, card::CleanText, mcp::ToolWord, tools::WhoSaid};
use serde_json::Value;
use std::io;

/// The longest name of a tool.
pub const MAX_NAME_CHARS: usize = 128;
/// The largest definition, in bytes as JSON.
pub const MAX_DEFINITION_BYTES: usize = 65_536;
/// The longest title and description that are shown.
const MAX_TITLE_CHARS: usize = 100;
const MAX_DESCRIPTION_CHARS: usize = 1_000;

/// The verb of a tool that nobody found a better one for.
const VERB: &str = "use";

/// Why a tool is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTool {
    /// It is no object with a name.
    #[error("a tool without a name")]
    NoName,
    /// Its name is none that can be granted.
    #[error("{0}: its name must be 1 to {MAX_NAME_CHARS} of A-Z, a-z, 0-9, _, . and -")]
    Name(String),
    /// It is too large.
    #[error("{0}: its definition is larger than {MAX_DEFINITION_BYTES} bytes")]
    TooLarge(String),
    /// Its schema does not describe an object.
    #[error("{0}: its inputSchema must be an object whose type is object")]
    Schema(String),
}

/// A tool's definition, as the server wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    name: String,
    definition: Value,
    digest: Digest,
}

/// The action that a tool is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolAction {
    /// The tool's name.
    pub name: String,
    /// The verb of the sentence.
    pub verb: String,
    /// The object of the sentence.
    pub object: String,
    /// What it does to the world.
    pub effect: Effect,
    /// Whether what it does can be undone.
    pub reversible: bool,
    /// Whether each call of it is to be approved by itself.
    pub ask: bool,
    /// The definition that all this is said of.
    pub digest: Digest,
}

impl Tool {
    /// Reads a definition, which [`super::json::read`] has read. Fields that are not known are kept, `x-mcp-header` in
    /// the schema included.
    pub fn read(definition: &Value) -> Result<Self, BadTool> {
        let name = definition.get("name").and_then(Value::as_str).ok_or(BadTool::NoName)?;
        let shown = || visible(name, MAX_NAME_CHARS);
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        if !(1..=MAX_NAME_CHARS).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(BadTool::Name(shown()));
        }
        if serde_json::to_writer(Room(MAX_DEFINITION_BYTES), definition).is_err() {
            return Err(BadTool::TooLarge(shown()));
        }
        let kind = definition.get("inputSchema").and_then(|schema| schema.get("type"));
        if kind.and_then(Value::as_str) != Some("object") {
            return Err(BadTool::Schema(shown()));
        }
        Ok(Self { name: name.to_owned(), definition: definition.clone(), digest: of_json(definition) })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its definition, as the server wrote it.
    pub fn definition(&self) -> &Value {
        &self.definition
    }

    /// The SHA-256 over the RFC 8785 form of its whole definition.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What its annotations make of it: what it does, and whether that can be undone.
    ///
    /// What is not said is `false` for `readOnlyHint` and `true` for `destructiveHint` and `openWorldHint`, and so is
    /// what is said in another way than with `true` or `false`.
    ///
    /// - Read-only is a read, whatever else it says.
    /// - Destructive deletes.
    /// - What only adds, in an open world, may reach others: it sends. In a closed world it writes.
    /// - Nothing but a read can be undone: no annotation says so. `idempotentHint` says that once is as good as twice,
    ///   which does not help who wants it not at all.
    pub fn annotated(&self) -> (Effect, bool) {
        let hint = |name: &str, default: bool| {
            let hint = self.definition.get("annotations").and_then(|it| it.get(name));
            hint.and_then(Value::as_bool).unwrap_or(default)
        };
        if hint("readOnlyHint", false) {
            (Effect::Read, true)
        } else if hint("destructiveHint", true) {
            (Effect::Delete, false)
        } else if hint("openWorldHint", true) {
            (Effect::Send, false)
        } else {
            (Effect::Write, false)
        }
    }

    /// The action that it is, with the operator's word on it.
    ///
    /// The word counts as it stands while it was given for no definition in particular or for this one; what it does not
    /// say, the annotations do. On another definition it counts only where it makes the tool worse, and its words for
    /// the sentence, which may not fit any more, give way to the plain ones. That each call is to be approved stays.
    pub fn words(&self, word: Option<&ToolWord>) -> ToolAction {
        let word = word.filter(|word| word.tool == self.name);
        let holds = |word: &&ToolWord| word.for_digest.as_ref().is_none_or(|digest| *digest == self.digest);
        let (annotated, undone) = self.annotated();
        let said = |word: &ToolWord| {
            let effect = word.effect.unwrap_or(annotated);
            // Whether it can be undone was annotated for another effect than this, unless it is the same.
            let default = if effect == annotated { undone } else { effect == Effect::Read };
            (effect, word.reversible.unwrap_or(default))
        };
        let current = word.filter(holds);
        let (effect, reversible) = match (word, current) {
            (None, _) => (annotated, undone),
            (_, Some(word)) => said(word),
            (Some(old), None) => {
                let (effect, reversible) = said(old);
                (effect.max(annotated), reversible && undone)
            }
        };
        let text = |of: fn(&ToolWord) -> &Option<String>, plain: &str| {
            current.and_then(|word| of(word).clone()).unwrap_or_else(|| plain.to_owned())
        };
        ToolAction {
            name: self.name.clone(),
            verb: text(|word| &word.verb, VERB),
            object: text(|word| &word.object, &self.name),
            effect,
            reversible,
            ask: word.is_some_and(|word| word.ask),
            digest: self.digest.clone(),
        }
    }

    /// Whose word it is, what it does. Where the operator said nothing of that, the server may have; who hints at less
    /// than whether it only reads or deletes has said nothing that counts.
    pub fn said_by(&self, word: Option<&ToolWord>) -> WhoSaid {
        let word = word.filter(|it| it.tool == self.name && (it.effect.is_some() || it.reversible.is_some()));
        let hinted = ["readOnlyHint", "destructiveHint"].iter().any(|name| {
            let hint = self.definition.get("annotations").and_then(|it| it.get(name));
            hint.is_some_and(Value::is_boolean)
        });
        match word {
            Some(word) if word.for_digest.as_ref().is_some_and(|digest| *digest != self.digest) => {
                WhoSaid::Earlier
            }
            Some(_) => WhoSaid::Operator,
            None if hinted => WhoSaid::Server,
            None => WhoSaid::Nobody,
        }
    }

    /// Its title in the server's words, cleaned and short; its name if it has none.
    pub fn shown_title(&self) -> String {
        let annotations = self.definition.get("annotations");
        let title = self.definition.get("title").or_else(|| annotations.and_then(|it| it.get("title")));
        let shown = title.and_then(Value::as_str).map(|it| shortened(it, MAX_TITLE_CHARS));
        shown.filter(|title| !title.is_empty()).unwrap_or_else(|| self.name.clone())
    }

    /// Its description in the server's words, cleaned, on one line and short; empty if it has none.
    pub fn shown_description(&self) -> String {
        self.description().text
    }

    /// The same, with how much was taken out of it.
    pub fn description(&self) -> CleanText {
        let description = self.definition.get("description").and_then(Value::as_str);
        description.map(|it| cut(it, MAX_DESCRIPTION_CHARS)).unwrap_or_default()
    }
}

/// A text cleaned, and cut where it is too long.
fn shortened(text: &str, max_chars: usize) -> String {
    cut(text, max_chars).text
}

fn cut(text: &str, max_chars: usize) -> CleanText {
    let CleanText { text, removed } = clean(text, usize::MAX).unwrap_or_default();
    let text = match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    };
    CleanText { text, removed }
}

/// Takes so many bytes and fails at the next, without keeping any.
struct Room(usize);

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "tool_tests.rs"]
mod tests;
