//! The mutants that no test can or needs to notice, each with the reason: `bench/mutants.toml`.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::outcome::Missed;
use crate::workspace;

pub const LIST: &str = "bench/mutants.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    #[serde(default)]
    accepted: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    /// What cargo-mutants calls it, without its place.
    mutant: String,
    /// How many mutants of the file are called so.
    #[serde(default = "once")]
    times: usize,
    reason: String,
}

fn once() -> usize {
    1
}

impl Accepted {
    pub fn read() -> Result<Self> {
        let text = fs::read_to_string(workspace::root().join(LIST));
        Self::parse(&text.with_context(|| format!("cannot read {LIST}"))?)
    }

    fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).with_context(|| format!("{LIST} is not as it must be"))
    }

    /// Why a missed mutant is accepted, if it is.
    pub fn reason(&self, missed: &Missed<'_>) -> Option<&str> {
        let entry = self.accepted.iter().find(|it| it.is(missed));
        entry.map(|entry| entry.reason.as_str())
    }

    /// What was missed and is not in the list, and what is in the list for these files and was not missed.
    pub fn check(&self, missed: &[Missed<'_>], files: &[&str]) -> Vec<String> {
        let unknown = missed.iter().filter(|it| self.reason(it).is_none());
        let mut wrong: Vec<String> = unknown
            .map(|it| format!("no test notices {}; test it, or say in {LIST} why not", it.name))
            .collect();
        for entry in self.accepted.iter().filter(|it| it.is_of(files)) {
            let count = missed.iter().filter(|it| entry.is(it)).count();
            if count != entry.times {
                let Entry { file, mutant, times, .. } = entry;
                wrong.push(format!("{LIST} accepts {times} of `{mutant}` in {file}, there are {count}"));
            }
        }
        wrong
    }

    /// The files of entries that belong to none of these.
    #[cfg(test)]
    pub fn elsewhere(&self, files: &[&str]) -> Vec<&str> {
        let entries = self.accepted.iter().filter(|it| !it.is_of(files));
        entries.map(|it| it.file.as_str()).collect()
    }
}

impl Entry {
    fn is(&self, missed: &Missed<'_>) -> bool {
        self.file == missed.file && self.mutant == missed.mutant
    }

    /// Whether its file is one of these, of which some are every file of a folder.
    fn is_of(&self, files: &[&str]) -> bool {
        let folder = self.file.rsplit_once('/').map(|(folder, _)| folder);
        files.iter().any(|file| *file == self.file || file.strip_suffix("/*.rs") == folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str =
        "[[accepted]]\nfile = \"a/b.rs\"\nmutant = \"replace + with - in f\"\nreason = \"why\"\n";

    #[test]
    fn what_is_missed_must_be_listed_and_what_is_listed_must_be_missed() {
        let accepted = Accepted::parse(ONE).unwrap();
        let listed = Missed::of("a/b.rs:1:2: replace + with - in f");
        assert_eq!(accepted.reason(&listed), Some("why"));
        assert_eq!(accepted.check(&[listed], &["a/*.rs"]), Vec::<String>::new());
        let other = Missed::of("a/b.rs:1:2: replace + with * in f");
        let wrong = accepted.check(&[listed, other], &["a/b.rs"]);
        assert_eq!(wrong, [format!("no test notices {}; test it, or say in {LIST} why not", other.name)]);
        let twice = accepted.check(&[listed, Missed::of("a/b.rs:3:4: replace + with - in f")], &["a/*.rs"]);
        assert!(
            twice[0].ends_with("accepts 1 of `replace + with - in f` in a/b.rs, there are 2"),
            "{twice:?}"
        );
        assert!(accepted.check(&[], &["a/*.rs"])[0].ends_with("there are 0"));
        assert!(accepted.check(&[], &["b/*.rs", "a/c.rs"]).is_empty(), "of files that were not mutated");
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        assert!(Accepted::parse(ONE.split("reason").next().unwrap()).is_err());
        assert!(Accepted::parse("").unwrap().accepted.is_empty());
    }
}
