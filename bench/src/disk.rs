//! The disks that durable paths are measured on: the real one, and the same with slower flushes.
//!
//! A slower disk is the real one behind a preloaded library that lingers in `fsync` and `fdatasync`.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};

use crate::machine::SERVER_CORE;
use crate::number::{float_len, micros, quantile};
use crate::process::pinned;

/// The library, as C; `cc` compiles it when it is needed.
const SLOW_FLUSH: &str = include_str!("slow_flush.c");
const FLUSHES: usize = 100;
const COMMITS: usize = 100;
/// What is written before a flush: a page of a database.
const PAGE: [u8; 4096] = [7; 4096];

/// The real disk, or the same with flushes that take longer.
#[derive(Clone, Debug)]
pub struct Disk {
    /// What is added to each flush, in microseconds.
    pub added_us: u32,
    library: PathBuf,
}

/// What a disk takes, in microseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Times {
    pub flush_p50: f64,
    pub flush_p99: f64,
    /// One row per commit, SQLite in WAL mode with full durability, one after the other.
    pub commit_p50: f64,
    pub commit_p99: f64,
    pub commits_per_second: f64,
}

impl Disk {
    /// The three disks. `folder` is where the library is compiled to.
    pub fn all(folder: &Path) -> Result<[Self; 3]> {
        let library = compile(folder)?;
        Ok([0, 2_000, 10_000].map(|added_us| Self { added_us, library: library.clone() }))
    }

    pub fn name(&self) -> String {
        match self.added_us {
            0 => "real disk".to_owned(),
            added => format!("+{} ms", added / 1_000),
        }
    }

    /// Lets a program flush as slowly as this disk.
    pub fn slow_down(&self, command: &mut Command) {
        if self.added_us > 0 {
            command.env("LD_PRELOAD", &self.library).env("SLOW_FLUSH_US", self.added_us.to_string());
        }
    }

    /// Measures it, in a process of its own on the core of the program that is measured.
    pub fn measure(&self, folder: &Path) -> Result<Times> {
        let mut flush = pinned(SERVER_CORE, &std::env::current_exe()?);
        self.slow_down(flush.arg("flush").arg(folder));
        let output = flush.output().context("cannot measure the disk")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

fn compile(folder: &Path) -> Result<PathBuf> {
    let (source, library) = (folder.join("slow_flush.c"), folder.join("slow_flush.so"));
    std::fs::write(&source, SLOW_FLUSH)?;
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl");
    let output = cc.output().context("cannot run cc, which the slower disks need (Debian: gcc)")?;
    ensure!(output.status.success(), "cc: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(library)
}

#[derive(clap::Args)]
pub struct Args {
    /// Where to write and flush.
    folder: PathBuf,
}

/// Prints [`Times`].
pub fn run(args: &Args) -> Result<()> {
    let folder = tempfile::tempdir_in(&args.folder)?;
    let flushes = flushes(&folder.path().join("page"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let commits = runtime.block_on(commits(&folder.path().join("rows")))?;
    let all: f64 = commits.iter().sum();
    let times = Times {
        flush_p50: quantile(&flushes, 0.5),
        flush_p99: quantile(&flushes, 0.99),
        commit_p50: quantile(&commits, 0.5),
        commit_p99: quantile(&commits, 0.99),
        commits_per_second: float_len(commits.len()) * 1e6 / all,
    };
    println!("{}", serde_json::to_string(&times)?);
    Ok(())
}

fn flushes(path: &Path) -> Result<Vec<f64>> {
    let mut file = File::create_new(path)?;
    let mut times = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        file.rewind()?;
        file.write_all(&PAGE)?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(micros(start.elapsed()));
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

async fn commits(path: &Path) -> Result<Vec<f64>> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    sqlx::query("CREATE TABLE rows (body TEXT NOT NULL)").execute(&mut conn).await?;
    let body = "x".repeat(300);
    let mut times = Vec::with_capacity(COMMITS);
    for _ in 0..COMMITS {
        let start = Instant::now();
        sqlx::query("INSERT INTO rows VALUES ($1)").bind(&body).execute(&mut conn).await?;
        times.push(micros(start.elapsed()));
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slower_disk_is_slower_by_what_was_added() {
        let folder = tempfile::tempdir().unwrap();
        let [_, slow, _] = Disk::all(folder.path()).unwrap();
        // `sync` of coreutils flushes a file; its exit status is its own, whatever is preloaded.
        let mut sync = Command::new("sync");
        sync.arg(folder.path().join("slow_flush.c"));
        slow.slow_down(&mut sync);
        let start = Instant::now();
        assert!(sync.status().unwrap().success());
        assert!(start.elapsed().as_micros() >= 2_000);
        assert_eq!(slow.name(), "+2 ms");
    }
}
