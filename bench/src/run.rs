//! A run: the machine, its disks, then the scenarios.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::disk::Disk;
use crate::machine::{self, Machine};

#[derive(clap::Args)]
pub struct Args {
    /// The root of the workspace; `cargo xtask bench` fills it in.
    #[arg(long, hide = true, value_name = "DIR")]
    root: PathBuf,
}

pub fn run(args: &Args) -> Result<()> {
    let folder = args.root.join("target/bench");
    fs::create_dir_all(&folder)?;
    let machine = Machine::read();
    println!("{machine}");
    machine::stay_with_the_load()?;
    for disk in Disk::all(&folder)? {
        let times = disk.measure(&folder)?;
        println!(
            "{}: flush {:.0} µs (p99 {:.0}), commit {:.0} µs (p99 {:.0}), {:.0} commits/s one after the other",
            disk.name(),
            times.flush_p50,
            times.flush_p99,
            times.commit_p50,
            times.commit_p99,
            times.commits_per_second
        );
    }
    Ok(())
}
