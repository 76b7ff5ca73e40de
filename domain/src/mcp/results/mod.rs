//! Cleaning what a server answers, before an agent or a person reads it: results of tools, resources, prompts, messages
//! of errors and descriptions of tools alike.
//!
//! Four rules, each with a name that a definition can switch off and the record counts. They are applied in this order:
//!
//! 1. [`ResultRule::Control`]: control characters and the sequences that command a terminal are taken out.
//! 2. [`ResultRule::Invisible`]: characters that nobody sees, or that reorder what is seen, are taken out.
//! 3. [`ResultRule::Markup`]: what makes a client fetch or run something, or hides text, is made visible as text.
//! 4. [`ResultRule::Size`]: what is too long is cut, or refused.
//!
//! Which of them a text goes through, its field says: data (`structuredContent`, `_meta`, schemas, names, Base64) goes
//! only through the first two, since it must stay data, and addresses are in addition kept from running anything. Keys
//! are never changed, since a changed key is another field: what holds one with such characters is refused. Base64 has
//! none of all that, and stays as it is.
//!
//! Cleaning what is clean changes nothing. A text grows at most to four times its length, and each rule takes a number
//! of steps in proportion to what it reads.

mod address;
mod control;
mod fields;
mod invisible;
mod links;
mod markup;
mod size;
mod steps;
mod tags;

use super::visible;
use fields::{Field, each_key, each_text};
use protocol::mcp::ResultRule;
use serde::Serialize;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// How much of a key is named.
const MAX_KEY_CHARS: usize = 100;

/// How much may be answered, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In one text.
    pub text: usize,
    /// In all.
    pub whole: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text: 1 << 20, whole: 4 << 20 }
    }
}

/// What the rules changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Changes(BTreeMap<ResultRule, u64>);

impl Changes {
    /// How much a rule changed: characters that it took out, places that it made visible, texts that it cut.
    pub fn of(&self, rule: ResultRule) -> u64 {
        self.0.get(&rule).copied().unwrap_or_default()
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rules that changed something, and how much.
    pub fn iter(&self) -> impl Iterator<Item = (ResultRule, u64)> {
        self.0.iter().map(|(rule, count)| (*rule, *count))
    }

    fn add(&mut self, rule: ResultRule, count: u64) {
        if count > 0 {
            let sum = self.0.entry(rule).or_default();
            *sum = sum.saturating_add(count);
        }
    }
}

/// What was answered, clean.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleaned {
    /// What is left of it.
    pub value: Value,
    /// What was changed.
    pub changes: Changes,
}

/// Why an answer is not handed on at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The name of a field holds what is taken out of texts.
    #[error("the server's answer has a field whose name holds control or invisible characters: {0}")]
    Key(String),
    /// There is too much of what cannot be cut.
    #[error("the server's answer holds more than {max} bytes of data that cannot be cut")]
    TooLarge {
        /// At most so many bytes.
        max: usize,
    },
}

/// Cleans an answer by all rules but those that are `kept` from it.
pub fn clean(mut value: Value, kept: &[ResultRule], limits: Limits) -> Result<Cleaned, Refused> {
    let applies = |rule: ResultRule| !kept.contains(&rule);
    let mut changes = Changes::default();
    let mut hidden = None;
    each_key(&value, &mut |key| {
        let control = applies(ResultRule::Control) && control::clean(key).1 > 0;
        if control || applies(ResultRule::Invisible) && invisible::clean(key).1 > 0 {
            hidden.get_or_insert(key);
        }
    });
    if let Some(key) = hidden {
        return Err(Refused::Key(visible(key, MAX_KEY_CHARS)));
    }
    each_text(&mut value, Field::Text, &mut |text, field| {
        let mut apply = |rule, clean: fn(&str) -> (Cow<'_, str>, u64)| {
            if applies(rule) {
                let (cleaned, count) = clean(text);
                changes.add(rule, count);
                if let Cow::Owned(cleaned) = cleaned {
                    *text = cleaned;
                }
            }
        };
        apply(ResultRule::Control, control::clean);
        apply(ResultRule::Invisible, invisible::clean);
        match field {
            Field::Text => apply(ResultRule::Markup, markup::clean),
            Field::Address => apply(ResultRule::Markup, markup::clean_address),
            Field::Data | Field::Schema => {}
        }
    });
    if applies(ResultRule::Size) {
        changes.add(ResultRule::Size, size::clean(&mut value, limits)?);
    }
    Ok(Cleaned { value, changes })
}

#[cfg(test)]
mod tests;
