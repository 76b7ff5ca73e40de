//! Databases of a size, and what their record is like.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::lab::Lab;
use crate::number::float;
use crate::process::output;
use crate::record::Figures;
use crate::stage::Broker;

/// How much a database holds.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub grants: u64,
    pub records: u64,
}

/// The larger size, as the command line says it.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Growth {
    /// Sessions of the large database of `growth`.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    grants: u64,
    /// Records of the large database of `growth`, about.
    #[arg(long, value_name = "M", default_value_t = 10_000_000)]
    records: u64,
}

impl Size {
    /// The small and the large one; a short run makes do with less than a second of each.
    pub fn both(large: &Growth, quick: bool) -> [Self; 2] {
        let most =
            |grants, records| Self { grants: large.grants.min(grants), records: large.records.min(records) };
        if quick {
            return [most(200, 4_000), most(2_000, 40_000)];
        }
        [most(1_000, 10_000), most(u64::MAX, u64::MAX)]
    }

    pub fn name(self) -> String {
        let short = |count: u64| match count {
            count if count >= 1_000_000 => format!("{} M", count / 1_000_000),
            count if count >= 1_000 => format!("{} k", count / 1_000),
            count => count.to_string(),
        };
        format!("{} sessions, {} records", short(self.grants), short(self.records))
    }
}

/// A database that was made.
pub struct Grown {
    pub folder: TempDir,
}

impl Grown {
    /// A fresh copy of it, on the disk when this comes back. A large one takes minutes to make, so it is made once and
    /// stays in `target/bench/grown`; remove it there to have it made anew.
    pub fn of(lab: &Lab, size: Size) -> Result<Self> {
        let made = lab.folder.join("grown").join(format!("{}-{}", size.grants, size.records));
        if !made.exists() {
            Self::generate(lab, size, &made)?;
        }
        let folder = lab.fresh_folder()?;
        let data = folder.path().join("data");
        output(Command::new("cp").args(["--recursive", "--reflink=auto"]).arg(made.join("data")).arg(&data))?;
        // Else the copy is written out while it is measured.
        output(Command::new("sync").arg("--file-system").arg(&data))?;
        Ok(Self { folder })
    }

    /// Makes it, with both cores: nothing is measured meanwhile. Only what is whole gets its name.
    fn generate(lab: &Lab, size: Size, made: &Path) -> Result<()> {
        let growing = lab.fresh_folder()?;
        let mut generate = Command::new("taskset");
        generate.args(["--cpu-list", "0,1"]).arg(std::env::current_exe()?).arg("generate");
        generate.args(["--grants", &size.grants.to_string(), "--records", &size.records.to_string()]);
        let said = output(generate.arg("--data").arg(growing.path().join("data")))
            .with_context(|| format!("cannot make {}", size.name()))?;
        println!("    {}", said.trim());
        fs::create_dir_all(made.parent().context("no folder")?)?;
        Ok(fs::rename(growing.keep(), made)?)
    }
}

/// What verifying the whole record took.
pub struct Verified {
    pub records: u64,
    pub seconds: f64,
}

impl Verified {
    pub fn of(broker: &Broker) -> Result<Self> {
        let start = Instant::now();
        let said = broker.say(&["audit", "verify"])?;
        let seconds = start.elapsed().as_secs_f64();
        let records = whole(&said).with_context(|| said.trim().to_owned())?;
        Ok(Self { records, seconds })
    }

    pub fn rate(&self) -> f64 {
        float(self.records) / self.seconds
    }
}

/// How many records the broker found whole.
fn whole(said: &str) -> Option<u64> {
    said.split_once("The record is whole: ")?.1.split(' ').next()?.parse().ok()
}

/// What the table of records is like, once its broker has ended.
pub fn record(lab: &Lab, broker: Broker) -> Result<Figures> {
    let folder = broker.stop();
    let mut record = Command::new(std::env::current_exe()?);
    record.args(["record", "--json", "--data"]).arg(folder.path().join("data")).current_dir(&lab.root);
    let output = record.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_verify_says_is_read() {
        assert_eq!(whole("The record is whole: 10000041 records in 11 chains; …"), Some(10_000_041));
        assert_eq!(whole("The record is damaged: record 3 of chain x"), None);
    }

    #[test]
    fn a_short_run_is_small_whatever_is_asked() {
        let large = Growth { grants: 1_000_000, records: 10_000_000 };
        assert_eq!(Size::both(&large, true).map(|it| it.records), [4_000, 40_000]);
        assert_eq!(
            Size::both(&large, false).map(Size::name),
            ["1 k sessions, 10 k records", "1 M sessions, 10 M records"]
        );
    }
}
