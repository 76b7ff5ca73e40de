//! The disk of the database is full: nothing is granted that cannot be recorded, a revocation says that it is not recorded
//! and stops every call until it is, and everything goes on by itself once there is room again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Fault, Lab, RESTART, Tally};
use crate::check::Still;
use crate::load::Load;
use crate::probe::Probe;
use crate::program::output;
use crate::stage::{Broker, Installation, Start};

pub const FAULT: Fault = Fault {
    name: "disk-full",
    about: "the disk of the database (a small tmpfs) is full under load; then there is room again, or kill -9 before",
    needs: &[("mount", "mount")],
    root: true,
    times: (2, 10),
    run: |lab| Box::pin(run(lab)),
};

/// Room for the database, and for its log, which is brought back after 64 MB where load leaves no idle moment.
const SIZE: &str = "size=96m";

async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let folder = tempfile::Builder::new().prefix("countersign-campaign-").tempdir()?;
    let broker = Broker::new(&lab.program, &folder.path().join("broker"), None)?;
    let disk = Disk::mount(&broker.data()).await?;
    let mut it = Installation::set_up_with(broker, folder).await?;
    let mut revoked_in_vain = 0;
    for round in 0..lab.times {
        let load = Load::start(&it, &it.broker, &mut lab.random)?;
        let mut probe = Probe::new(&it, &it.broker, &mut lab.random).await?;
        let mut ending = Probe::new(&it, &it.broker, &mut lab.random).await?;
        disk.fill()?;
        // What the log has room for already is still recorded.
        probe.comes_to_be_refused(&mut tally).await;
        tally.tries += 1;
        if round % 2 == 0 {
            let held = ending.revoke_in_vain(&it, &mut tally).await?;
            revoked_in_vain += usize::from(held);
            // As long as it is held nobody's calls pass, whatever room there is.
            if held {
                probe.is_refused(&mut tally).await;
            }
            disk.make_room()?;
            ending.comes_to_be_ended(&mut tally).await;
        } else {
            it.broker.kill();
            let still = Still::take(&it)?;
            disk.make_room()?;
            tally.found(&still.check().await?);
            tally.returned(it.broker.start(&Start::default()).await?, RESTART);
        }
        probe.is_served(&mut tally).await;
        load.stop().await;
    }
    tally.notes.push(format!("{revoked_in_vain} revocations without room were held until there was some"));
    tally.conclude(&mut it, &mut lab.random).await?;
    drop(it);
    Ok(tally)
}

/// A small disk. Dropping it takes it away.
struct Disk(PathBuf);

impl Disk {
    async fn mount(at: &Path) -> Result<Self> {
        fs::create_dir_all(at)?;
        let mut mount = Command::new("mount");
        output(mount.args(["-t", "tmpfs", "-o", SIZE, "countersign-campaign"]).arg(at)).await?;
        Ok(Self(at.to_owned()))
    }

    fn file(&self) -> PathBuf {
        self.0.join("something-else")
    }

    fn fill(&self) -> Result<()> {
        let mut file = File::create(self.file())?;
        for size in [1 << 16, 1] {
            let piece = vec![0; size];
            while file.write_all(&piece).is_ok() {}
        }
        Ok(())
    }

    fn make_room(&self) -> Result<()> {
        Ok(fs::remove_file(self.file())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}
