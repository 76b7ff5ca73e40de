//! Flushes to the disk fail now and then, or take long. A commit whose flush failed is not acknowledged, and what is
//! said not to have happened does not come back with the next start.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rand::Rng as _;
use tokio::time::sleep;

use super::{Fault, Lab, RESTART, Tally};
use crate::check::Still;
use crate::load::Load;
use crate::probe::Probe;
use crate::program::output;
use crate::stage::{Installation, Start};

pub const FAILING: Fault = Fault {
    name: "fsync-fails",
    about: "fsync and fdatasync fail (EIO) now and then, up to always; then kill -9, or the disk is well again",
    needs: &[("cc", "gcc")],
    root: false,
    times: (4, 25),
    run: |lab| Box::pin(fail(lab)),
};

pub const SLOW: Fault = Fault {
    name: "fsync-slow",
    about: "fsync and fdatasync take up to 300 ms longer; then kill -9",
    needs: &[("cc", "gcc")],
    root: false,
    times: (1, 10),
    run: |lab| Box::pin(linger(lab)),
};

/// The library, as C; `cc` compiles it when it is needed.
const BAD_FLUSH: &str = include_str!("bad_flush.c");
/// How many of a hundred flushes fail.
const FAILING_SHARES: [u32; 4] = [100, 3, 100, 30];
const WELL: &str = "0 0";

async fn fail(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let (mut it, disk) = on_a_bad_disk(lab).await?;
    for round in 0..lab.times {
        let load = Load::start(&it, &it.broker, &mut lab.random)?;
        let mut probe = Probe::new(&it, &it.broker, &mut lab.random).await?;
        disk.does(&format!("{} 0", FAILING_SHARES[round % FAILING_SHARES.len()]))?;
        sleep(Duration::from_millis(lab.random.random_range(200..900))).await;
        tally.tries += 1;
        if lab.random.random_bool(0.3) {
            disk.does(WELL)?;
            probe.is_served(&mut tally).await;
            load.stop().await;
            continue;
        }
        // What was refused last lies in the log as if it had been committed, and nothing comes behind it.
        load.stop().await;
        it.broker.kill();
        disk.does(WELL)?;
        again(&mut it, &disk, &mut tally).await?;
    }
    tally.conclude(&mut it, &mut lab.random).await?;
    Ok(tally)
}

async fn linger(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let (mut it, disk) = on_a_bad_disk(lab).await?;
    let load = Load::start(&it, &it.broker, &mut lab.random)?;
    for _ in 0..lab.times {
        disk.does(&format!("0 {}", lab.random.random_range(20_000..300_000)))?;
        sleep(Duration::from_secs(2)).await;
        it.broker.kill();
        tally.tries += 1;
        disk.does(WELL)?;
        again(&mut it, &disk, &mut tally).await?;
    }
    load.stop().await;
    tally.conclude(&mut it, &mut lab.random).await?;
    Ok(tally)
}

async fn on_a_bad_disk(lab: &Lab) -> Result<(Installation, Disk)> {
    let mut it = Installation::set_up(&lab.program, None).await?;
    let disk = Disk::compile(it.folder()).await?;
    it.broker.kill();
    it.broker.start(&disk.start()).await?;
    Ok((it, disk))
}

async fn again(it: &mut Installation, disk: &Disk, tally: &mut Tally) -> Result<()> {
    let still = Still::take(it)?;
    let start = disk.start();
    let (started, findings) = tokio::join!(it.broker.start(&start), still.check());
    tally.returned(started?, RESTART);
    tally.found(&findings?);
    Ok(())
}

/// The real disk behind a preloaded library.
struct Disk {
    library: PathBuf,
    settings: PathBuf,
}

impl Disk {
    async fn compile(folder: &Path) -> Result<Self> {
        let (source, library) = (folder.join("bad_flush.c"), folder.join("bad_flush.so"));
        fs::write(&source, BAD_FLUSH)?;
        let mut cc = Command::new("cc");
        cc.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl");
        output(&mut cc).await.context("the library that makes flushes fail")?;
        let it = Self { library, settings: folder.join("bad_flush") };
        it.does(WELL)?;
        Ok(it)
    }

    fn start(&self) -> Start {
        Start::default().with("LD_PRELOAD", &self.library).with("BAD_FLUSH", &self.settings)
    }

    /// From now on.
    fn does(&self, what: &str) -> Result<()> {
        Ok(fs::write(&self.settings, what)?)
    }
}
