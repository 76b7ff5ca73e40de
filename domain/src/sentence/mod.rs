//! The sentence a person reads, made from the terms and from nothing else.
//!
//! It is complete: whatever the terms permit stands in it, however long that makes it. What an agent chose (names of
//! resources, values of conditions) went through [`crate::pin`], which lets only plain names pass, and is put in
//! quotation marks unless it is one unmistakable word.

mod phrase;
mod worst;

pub use phrase::{and_list, condition_words, shown_name};
pub use worst::worst;

use phrase::Words;
use protocol::{Terms, card::Span};

/// What the agent wants, as `wants to **read issues** in **acme** on **Issue tracker** as @paul, for **1 hour**.`
/// To be read behind the agent's name.
pub fn sentence(terms: &Terms) -> Vec<Span> {
    let mut words = Words::default();
    words.plain("wants to ");
    all_lines(&mut words, terms, "; to ", "; and to ");
    words.plain(", for ");
    words.strong(&duration_words(terms.duration));
    words.plain(".");
    words.into_spans()
}

/// What it is about without who and how long, as `**read issues** in **acme** on **Issue tracker** as @paul`.
pub fn deeds(terms: &Terms) -> Vec<Span> {
    let mut words = Words::default();
    all_lines(&mut words, terms, "; ", "; and ");
    words.into_spans()
}

/// The words without emphasis.
pub fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// A length of time in words, exactly, as `1 hour 30 minutes`.
pub fn duration_words(seconds: u32) -> String {
    let units = [(seconds / 3_600, "hour"), (seconds / 60 % 60, "minute"), (seconds % 60, "second")];
    let named: Vec<String> =
        units.into_iter().filter(|(count, _)| *count > 0).map(|(count, unit)| counted(count, unit)).collect();
    if named.is_empty() { "0 seconds".to_owned() } else { named.join(" ") }
}

/// A number with its noun, as `1 call` or `20 calls`.
pub fn counted(count: u32, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn all_lines(words: &mut Words, terms: &Terms, between: &str, before_last: &str) {
    if terms.lines.is_empty() {
        words.plain("do nothing");
    }
    let last = terms.lines.len().saturating_sub(1);
    for (number, line) in terms.lines.iter().enumerate() {
        match number {
            0 => {}
            _ if number == last => words.plain(before_last),
            _ => words.plain(between),
        }
        phrase::line(words, line);
    }
}

#[cfg(test)]
mod tests;
