//! Instruction counts of the hot paths, by callgrind: the one figure that a noisy machine does not change.
//!
//! A path runs once and then many times, each in a process of its own; the difference by the number of runs more is
//! what one run costs, without the start of the program. `bench/instructions.toml` keeps the accepted counts with the
//! compiler that gave them, and what the processor can do, by which libraries choose their code. Another compiler or
//! processor gives other counts: then they are told, not judged, and to be accepted anew.

mod paths;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::number::float;

/// A count may differ by so much from the accepted one, in percent.
const TOLERANCE: f64 = 5.0;

/// What a processor can do that libraries have code of its own for.
const FEATURES: [&str; 7] = ["sse4_2", "avx2", "bmi2", "adx", "sha_ni", "vaes", "avx512f"];

/// What is committed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Accepted {
    /// What `rustc --version` says.
    rustc: String,
    /// Which of `FEATURES` the processor has.
    #[serde(default)]
    processor: String,
    /// Instructions of one run, by path.
    instructions: BTreeMap<String, u64>,
}

#[derive(clap::Args)]
pub struct Args {
    /// The file with the accepted counts.
    pub file: PathBuf,
    /// Accept what is counted now.
    #[arg(long)]
    pub write: bool,
}

#[derive(clap::Args)]
pub struct HotArgs {
    /// Which path.
    name: String,
    /// How often.
    count: u64,
}

/// Runs one path; this is what callgrind watches.
pub fn hot(args: &HotArgs) -> Result<()> {
    let hot = paths::ALL.iter().find(|it| it.name == args.name).context("there is no such path")?;
    let run = (hot.prepare)()?;
    for _ in 0..args.count {
        run();
    }
    Ok(())
}

/// Counts all paths and holds them against the accepted counts.
pub fn run(args: &Args) -> Result<()> {
    let (rustc, processor) = (compiler()?, processor()?);
    let counted = paths::ALL.iter().map(|hot| Ok((hot.name.to_owned(), count(hot)?)));
    let counted: BTreeMap<String, u64> = counted.collect::<Result<_>>()?;
    if args.write {
        let accepted = Accepted { rustc, processor, instructions: counted };
        std::fs::write(&args.file, toml::to_string(&accepted)?)?;
        println!("accepted in {}", args.file.display());
        return Ok(());
    }
    let text = std::fs::read_to_string(&args.file).with_context(|| args.file.display().to_string())?;
    let accepted: Accepted = toml::from_str(&text)?;
    let wrong = compare(&accepted.instructions, &counted);
    if (&accepted.rustc, &accepted.processor) != (&rustc, &processor) {
        let Accepted { rustc: of, processor: on, .. } = accepted;
        println!("not judged: accepted are the counts of {of} ({on}), this is {rustc} ({processor})");
        return Ok(());
    }
    ensure!(
        wrong.is_empty(),
        "{}\nIf that is meant: cargo xtask bench --instructions --write, and say why in the commit",
        wrong.join("\n")
    );
    Ok(())
}

/// Prints each path, and returns what is wrong.
fn compare(accepted: &BTreeMap<String, u64>, counted: &BTreeMap<String, u64>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, now) in counted {
        let Some(then) = accepted.get(name) else {
            wrong.push(format!("{name}: {now} instructions, none accepted"));
            continue;
        };
        let change = 100.0 * (float(*now) / float((*then).max(1)) - 1.0);
        println!("  {name:<14} {now:>10} instructions ({change:+.1} %)");
        if change.abs() > TOLERANCE {
            wrong.push(format!("{name}: {now} instructions, {then} are accepted ({change:+.1} %)"));
        }
    }
    let gone = accepted.keys().filter(|name| !counted.contains_key(*name));
    wrong.extend(gone.map(|name| format!("{name} is accepted, and no longer counted")));
    wrong
}

fn count(hot: &paths::Hot) -> Result<u64> {
    let (one, many) = (collected(hot.name, 1)?, collected(hot.name, 1 + hot.more)?);
    Ok(many.saturating_sub(one) / hot.more)
}

/// All instructions of a process that runs the path so often.
fn collected(name: &str, count: u64) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(std::env::current_exe()?);
    let output = valgrind.args(["hot", name, &count.to_string()]).output();
    let output = output.context("valgrind is missing (Debian: apt-get install valgrind)")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{name}: {said}");
    parse(&said).with_context(|| format!("valgrind counted nothing: {said}"))
}

/// The `Collected : N` line.
fn parse(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

fn compiler() -> Result<String> {
    let output = Command::new("rustc").arg("--version").output().context("rustc")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn processor() -> Result<String> {
    let said = std::fs::read_to_string("/proc/cpuinfo").context("/proc/cpuinfo")?;
    Ok(features(&said).join(" "))
}

fn features(cpuinfo: &str) -> Vec<&'static str> {
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    let flags: Vec<&str> = flags.split_whitespace().collect();
    FEATURES.into_iter().filter(|it| flags.contains(it)).collect()
}

/// Where the accepted counts are.
pub fn file(root: &Path) -> PathBuf {
    root.join("bench/instructions.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_can_be_prepared_and_run() {
        for hot in paths::ALL {
            (hot.prepare)().unwrap_or_else(|error| panic!("{}: {error:#}", hot.name))();
        }
    }

    #[test]
    fn more_and_much_less_are_both_told() {
        let counts = |pairs: &[(&str, u64)]| {
            pairs.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect::<BTreeMap<_, _>>()
        };
        let accepted = counts(&[("same", 1_000), ("more", 1_000), ("less", 1_000), ("gone", 5)]);
        let wrong =
            compare(&accepted, &counts(&[("same", 1_040), ("more", 1_060), ("less", 900), ("new", 7)]));
        let names: Vec<&str> = wrong.iter().filter_map(|it| it.split([':', ' ']).next()).collect();
        assert_eq!(names, ["less", "more", "new", "gone"]);
    }

    #[test]
    fn only_what_changes_code_is_told_of_a_processor() {
        let said = "model name\t: Some\nflags\t\t: fpu avx2 sse4_2 avx512vl\nflags\t\t: fpu sha_ni\n";
        assert_eq!(features(said), ["sse4_2", "avx2"]);
        assert!(features("").is_empty());
    }

    #[test]
    fn valgrinds_own_line_is_found() {
        assert_eq!(parse("==7== Events    : Ir\n==7== Collected : 12345\n"), Some(12_345));
        assert_eq!(parse("nothing"), None);
    }
}
