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
use protocol::{Line, Terms, card::Span};

/// How a line is put into words.
type Phrase = fn(&mut Words, &Line);

/// What the agent wants, as `wants to **read issues** in **acme** on **Issue tracker** as @paul, for **1 hour**.`
/// To be read behind the agent's name.
pub fn sentence(terms: &Terms) -> Vec<Span> {
    wants(terms, phrase::line)
}

/// What was asked, before anything of it is chosen: [`sentence`], or, as its client named nothing, of how much a person
/// chooses, as `wants to **use some of 12 tools** on **Wiki** as @paul, for **1 hour**.`
pub fn asked(terms: &Terms) -> Vec<Span> {
    wants(terms, phrase_of_asked(terms))
}

fn wants(terms: &Terms, line: Phrase) -> Vec<Span> {
    let mut words = Words::default();
    words.plain("wants to ");
    all_lines(&mut words, terms, line, ["; to ", "; and to "]);
    words.plain(", for ");
    words.strong(&duration_words(terms.duration));
    words.plain(".");
    words.into_spans()
}

/// What it is about without who and how long, as `**read issues** in **acme** on **Issue tracker** as @paul`.
pub fn deeds(terms: &Terms) -> Vec<Span> {
    let mut words = Words::default();
    all_lines(&mut words, terms, phrase::line, ["; ", "; and "]);
    words.into_spans()
}

/// What was [`asked`] without who and how long.
pub fn asked_deeds(terms: &Terms) -> Vec<Span> {
    let mut words = Words::default();
    all_lines(&mut words, terms, phrase_of_asked(terms), ["; ", "; and "]);
    words.into_spans()
}

fn phrase_of_asked(terms: &Terms) -> Phrase {
    if terms.unchosen { phrase::some_of } else { phrase::line }
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

fn all_lines(words: &mut Words, terms: &Terms, phrase: Phrase, [between, before_last]: [&str; 2]) {
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
        phrase(words, line);
    }
}

#[cfg(test)]
mod tests;
