//! `cargo xtask fuzz`: hostile bytes against the pure parts, each with an oracle that knows what must hold.
//!
//! Without a sanitizer: the code is safe Rust (`unsafe_code = "forbid"`), so what is looked for are wrong results and
//! panics, and a stable compiler does. What is found anew stays in `target/fuzz`; the seeds in `fuzz/corpus` are kept
//! by hand.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::test::Outcome;
use crate::tools::{self, Tool};
use crate::{sh, workspace};

/// How each target runs as a step of `cargo xtask test`: always the same inputs, so that a change is to blame and not
/// chance. What chance finds is for `cargo xtask fuzz`.
const SHORT: [&str; 2] = ["-seed=1", "-runs=5000"];

#[derive(clap::Args)]
pub struct Args {
    /// Run only these; all of them without.
    targets: Vec<String>,
    /// How long each of them runs.
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
}

pub fn run(args: &Args) -> Result<()> {
    let known = targets()?;
    if let Some(other) = args.targets.iter().find(|it| !known.contains(it)) {
        bail!("there is no target {other}; there are {}", known.join(", "));
    }
    tools::install(&[Tool::Fuzz]);
    let Some(fuzz) = Tool::Fuzz.find() else { bail!(tools::how_to_get(Tool::Fuzz)) };
    let fuzz = Fuzz(fuzz);
    let chosen = if args.targets.is_empty() { &known } else { &args.targets };
    sh::step("Building the targets", || fuzz.build())?;
    let time = format!("-max_total_time={}", args.seconds);
    for target in chosen {
        sh::step(&format!("Fuzzing {target} for {} s", args.seconds), || fuzz.run(target, &[&time]))?;
    }
    Ok(())
}

/// Every target for a moment, behind the seeds.
pub fn short() -> Result<Outcome> {
    let Some(fuzz) = Tool::Fuzz.find() else { return Outcome::missing(Tool::Fuzz) };
    let fuzz = Fuzz(fuzz);
    fuzz.build()?;
    for target in targets()? {
        fuzz.run(&target, &SHORT)?;
    }
    Ok(Outcome::Done)
}

/// The names of the targets: a file each.
fn targets() -> Result<Vec<String>> {
    let folder = workspace::root().join("fuzz/targets");
    let files = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut names = Vec::new();
    for file in files {
        let path = file?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// cargo-fuzz.
struct Fuzz(PathBuf);

impl Fuzz {
    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.0);
        workspace::without_cargo_run(&mut command);
        command.current_dir(workspace::root()).args(["fuzz", subcommand, "--fuzz-dir", "fuzz"]);
        command.args(["--sanitizer", "none", "--target-dir", "target/fuzz"]);
        command
    }

    fn build(&self) -> Result<()> {
        sh::quiet(&mut self.command("build")).map(drop)
    }

    fn run(&self, target: &str, how: &[&str]) -> Result<()> {
        let found = format!("target/fuzz/corpus/{target}");
        fs::create_dir_all(workspace::root().join(&found))?;
        let mut run = self.command("run");
        // The first folder takes what is found, the second is only read.
        run.args([target, &found, &format!("fuzz/corpus/{target}")]);
        run.args(["--", "-max_len=2048", "-timeout=10", "-rss_limit_mb=2048"]);
        let printed = sh::quiet(run.args(how))?;
        println!("  {target}: {}", runs(&printed));
        Ok(())
    }
}

/// `123 runs` of libFuzzer's last line, `Done 123 runs in 4 second(s)`.
fn runs(printed: &str) -> String {
    let line = printed.lines().find_map(|line| line.strip_prefix("Done ")?.split_once(" in "));
    line.map_or_else(|| "ran".to_owned(), |(runs, _)| runs.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_those_of_the_last_line() {
        assert_eq!(runs("#2 INITED\nDone 4711 runs in 4 second(s)\n"), "4711 runs");
        assert_eq!(runs(""), "ran");
    }

    #[test]
    fn every_target_is_declared_and_has_seeds() {
        let manifest = fs::read_to_string(workspace::root().join("fuzz/Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let bins = manifest["bin"].as_array().unwrap();
        let mut declared: Vec<_> = bins.iter().filter_map(|it| it["name"].as_str()).collect();
        declared.sort_unstable();
        assert_eq!(declared, targets().unwrap());
        for target in declared {
            let seeds = workspace::root().join("fuzz/corpus").join(target);
            assert!(seeds.read_dir().unwrap().count() > 1, "{target} has no seeds");
        }
    }
}
