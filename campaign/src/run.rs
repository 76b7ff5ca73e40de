//! A run: the faults one after the other, in rounds, until the time is up.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::faults::{ALL, Fault, Lab};
use crate::report::{self, Row};

/// Bad luck on purpose: kills, full disks, lost connections, wrong clocks.
#[derive(Debug, clap::Parser)]
#[command(name = "cargo xtask campaign", max_term_width = 100)]
pub struct Args {
    /// The broker, with its failpoints.
    #[arg(long, value_name = "PROGRAM", hide = true)]
    broker: PathBuf,
    /// Where the report goes.
    #[arg(long, value_name = "FILE", hide = true)]
    report: Option<PathBuf>,
    /// Repeat the faults for so many minutes.
    #[arg(long, value_name = "N", default_value_t = 30)]
    minutes: u64,
    /// At least so many random kills, even if the time is up.
    #[arg(long, value_name = "N", default_value_t = 300)]
    kills: usize,
    /// Only this fault; may be given more than once.
    #[arg(long, value_name = "FAULT")]
    only: Vec<String>,
    /// Begin with this number, to see again what was seen.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Each fault once, as `cargo xtask test` does.
    #[arg(long)]
    short: bool,
    /// List the faults.
    #[arg(long)]
    list: bool,
}

/// The random kills go on until there are enough of them.
const KILLS: &str = "kills";

pub async fn run(args: &Args) -> Result<()> {
    if args.list {
        for fault in ALL {
            println!("{:<12} {}", fault.name, fault.about);
        }
        return Ok(());
    }
    let mut chosen = chosen(&args.only)?;
    chosen.retain(|fault| !args.short || fault.times.0 > 0);
    let seed = args.seed.unwrap_or_else(rand::random);
    println!("seed {seed}");
    let begun = Instant::now();
    let mut rows: Vec<Row> = chosen.iter().map(|fault| Row::new(fault)).collect();
    let mut lab = Lab { program: args.broker.clone(), random: StdRng::seed_from_u64(seed), times: 0 };
    let time = Duration::from_mins(args.minutes);
    loop {
        for row in &mut rows {
            one(&mut lab, row, args.short).await;
            if row.tally.is_good() {
                continue;
            }
            for what in row.tally.lost.iter().chain(&row.tally.violations).take(10) {
                println!("    {what}");
            }
        }
        if args.short || begun.elapsed() >= time {
            break;
        }
    }
    if let Some(row) = rows.iter_mut().find(|row| row.fault.name == KILLS && !args.short) {
        while row.tally.tries < args.kills && row.failure.is_none() {
            one(&mut lab, row, false).await;
        }
    }
    // A run of some faults says nothing of the others.
    if let Some(file) = args.report.as_ref().filter(|_| !args.short && args.only.is_empty()) {
        std::fs::write(file, report::markdown(&rows, seed, begun.elapsed()))?;
        println!("written to {}", file.display());
    }
    let bad: Vec<&str> = rows.iter().filter(|row| !row.is_good()).map(|row| row.fault.name).collect();
    ensure!(bad.is_empty(), "seed {seed}: not as it should be: {}", bad.join(", "));
    Ok(())
}

fn chosen(only: &[String]) -> Result<Vec<&'static Fault>> {
    if let Some(unknown) = only.iter().find(|name| ALL.iter().all(|fault| fault.name != name.as_str())) {
        bail!("there is no fault {unknown}; --list names them");
    }
    Ok(ALL.iter().filter(|fault| only.is_empty() || only.iter().any(|name| name == fault.name)).collect())
}

/// One round of one fault. Each has random numbers of its own, so that it can be repeated alone.
async fn one(lab: &mut Lab, row: &mut Row, short: bool) {
    if let Some(why) = row.fault.lacks() {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        if ci {
            row.failure = Some(why);
        } else {
            println!("  {:<12} left out: {why}", row.fault.name);
            row.left_out = Some(why);
        }
        return;
    }
    let begun = Instant::now();
    let (once, round) = row.fault.times;
    lab.times = if short { once } else { round };
    let next = lab.random.random();
    match (row.fault.run)(lab).await {
        Ok(tally) => row.tally.add(tally),
        Err(error) => row.failure = Some(format!("{error:#}")),
    }
    lab.random = StdRng::seed_from_u64(next);
    let seconds = begun.elapsed().as_secs_f64();
    match &row.failure {
        None => println!("  {:<12} {} in {seconds:.0} s", row.fault.name, row.told()),
        Some(why) => println!("  {:<12} FAILED after {seconds:.0} s: {why}", row.fault.name),
    }
}
