//! bench/MUTANTS.md.

use std::fmt::Write as _;
use std::fs;

use super::accepted::{Accepted, LIST};
use super::outcome::Outcomes;

const HEAD: &str = "# What the tests notice

One small change at a time is made to the parts on which everything rests: a comparison turned round, an arm of a match
left out, a function that returns something fixed. Then the tests beside that part are run; a change that fails none of
them is *missed*. *Hangs* are changes after which the tests never end, which is noticed too; *do not build* are no
changes that anybody could make. *Caught* is the share of all others.

`cargo xtask mutants` writes this file; `--only PART` tries one part, and with `--again` only what was not noticed the
last time: the date is that of the last whole run of a part. Property tests run with a fixed seed.

";

/// Each part with its files and what became of its mutants.
pub fn write(parts: &[(&str, &[&str], Outcomes)], accepted: &Accepted) -> String {
    let mut text = HEAD.to_owned();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "- machine: {}", machine());
    let _ = writeln!(text, "- cargo-mutants {}\n", parts.first().map_or("", |(_, _, it)| it.tool()));
    text.push_str(
        "| part | files | mutants | do not build | tests fail | hangs | missed | caught | date |\n",
    );
    text.push_str("|---|---|---:|---:|---:|---:|---:|---:|---|\n");
    for (words, files, it) in parts {
        let files: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
        let _ = writeln!(
            text,
            "| {words} | {} | {} | {} | {} | {} | {} | {:.1} % | {} |",
            files.join(" "),
            it.tried() + it.unviable(),
            it.unviable(),
            it.caught(),
            it.timed_out(),
            it.missed().len(),
            it.share() * 100.0,
            it.date(),
        );
    }
    let _ = writeln!(text, "\n## Missed, and why that is accepted\n\nThe list is `{LIST}`.\n");
    for missed in parts.iter().flat_map(|(_, _, it)| it.missed()) {
        let reason = accepted.reason(&missed).unwrap_or("**not accepted**");
        let _ = writeln!(text, "- `{}`: {reason}", missed.name);
    }
    let hangs: Vec<&str> = parts.iter().flat_map(|(_, _, it)| it.hangs()).collect();
    if !hangs.is_empty() {
        text.push_str("\n## Hangs\n\n");
    }
    for name in hangs {
        let _ = writeln!(text, "- `{name}`");
    }
    text
}

/// Processor and number of cores; whatever the machine does not tell is left out.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", model.map_or("unknown processor", |(_, model)| model))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::outcome::SAMPLE;

    #[test]
    fn a_part_is_a_row_and_a_missed_mutant_has_its_reason() {
        let outcomes: Outcomes = serde_json::from_str(SAMPLE).unwrap();
        let accepted: Accepted = toml::from_str(
            "[[accepted]]\nfile = \"a/b.rs\"\nmutant = \"replace f -> bool with true\"\nreason = \"It is.\"\n",
        )
        .unwrap();
        let text = write(&[("a part", &["a/*.rs"], outcomes)], &accepted);
        assert!(text.contains("| a part | `a/*.rs` | 4 | 1 | 1 | 1 | 1 | 66.7 % | 2026-01-31 |"), "{text}");
        assert!(text.contains("\n- `a/b.rs:7:5: replace f -> bool with true`: It is.\n"), "{text}");
        assert!(text.ends_with("## Hangs\n\n- `a/b.rs:9:7: replace + with * in g`\n"), "{text}");
    }
}
