//! The machine's clock is put back and forward by an hour, while the broker runs and while it does not: no session
//! outlives what was approved, and whatever has ended stays so.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::time::{sleep, sleep_until};

use super::{Fault, Lab, RESTART, Tally};
use crate::load::Load;
use crate::probe::Probe;
use crate::stage::{Installation, Start};

pub const FAULT: Fault = Fault {
    name: "clock",
    about: "the clock is put back and forward by an hour, while the broker runs and across a restart",
    needs: &[("faketime", "faketime")],
    root: false,
    times: (1, 3),
    run: |lab| Box::pin(run(lab)),
};

/// The session that must not outlive its time.
const SHORT: u32 = 6;
/// What a busy machine may add before its end is noticed.
const SLACK: Duration = Duration::from_millis(500);
const HOUR: i64 = 3_600;

async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut it = Installation::set_up(&lab.program, None).await?;
    let clock = Clock::of(it.folder())?;
    it.broker.kill();
    it.broker.start(&clock.start()).await?;
    // Time does not go back, so each step forward is behind the last one.
    let mut forward = 0;
    for _ in 0..lab.times {
        let load = Load::start(&it, &it.broker, &mut lab.random)?;
        // Back by an hour, first while it runs, then with a restart behind it.
        for restart in [false, true] {
            let mut ending = Probe::lasting(SHORT, &it, &it.broker, &mut lab.random).await?;
            let end = Instant::now() + Duration::from_secs(SHORT.into()) + SLACK;
            clock.shift(-HOUR)?;
            let away = if restart { again(&mut it, &clock, &mut tally).await? } else { Duration::ZERO };
            tally.tries += 1;
            Probe::new(&it, &it.broker, &mut lab.random).await?.is_served(&mut tally).await;
            // How long it was away no clock can tell.
            sleep_until((end + away).into()).await;
            if ending.call().await.is_ok() {
                tally
                    .violations
                    .push("I5: a session outlived its time when the clock was put back".to_owned());
            }
            clock.shift(0)?;
        }
        // Forward by an hour, which ends everything, and back again, which revives nothing.
        for restart in [false, true] {
            let mut ending = Probe::new(&it, &it.broker, &mut lab.random).await?;
            forward += HOUR;
            clock.shift(forward)?;
            for step in ["forward", "back again"] {
                if restart {
                    again(&mut it, &clock, &mut tally).await?;
                }
                if ending.call().await.is_ok() {
                    tally.violations.push(format!("I3: a session lives with the clock {step}"));
                }
                Probe::new(&it, &it.broker, &mut lab.random).await?.is_served(&mut tally).await;
                clock.shift(0)?;
                tally.tries += 1;
            }
        }
        load.stop().await;
        // What was recorded an hour ahead holds time up for nobody.
        let mut ending = Probe::lasting(SHORT, &it, &it.broker, &mut lab.random).await?;
        sleep(Duration::from_secs(SHORT.into()) + SLACK).await;
        if ending.call().await.is_ok() {
            tally.violations.push("I5: a session outlived its time behind a clock that was ahead".to_owned());
        }
    }
    tally.conclude(&mut it, &mut lab.random).await?;
    Ok(tally)
}

async fn again(it: &mut Installation, clock: &Clock, tally: &mut Tally) -> Result<Duration> {
    it.broker.kill();
    let took = it.broker.start(&clock.start()).await?;
    tally.returned(took, RESTART);
    Ok(took)
}

/// The clock that the broker sees; time that only passes stays as it is.
struct Clock {
    library: PathBuf,
    setting: PathBuf,
}

impl Clock {
    fn of(folder: &Path) -> Result<Self> {
        let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];
        let files = folders.iter().map(|it| Path::new(it).join("faketime/libfaketimeMT.so.1"));
        let library =
            files.into_iter().find(|file| file.exists()).context("libfaketimeMT.so.1 is missing")?;
        let it = Self { library, setting: folder.join("clock") };
        it.shift(0)?;
        Ok(it)
    }

    fn start(&self) -> Start {
        Start::default()
            .with("LD_PRELOAD", &self.library)
            .with("FAKETIME_TIMESTAMP_FILE", &self.setting)
            .with("FAKETIME_NO_CACHE", "1")
            .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .with("DONT_FAKE_MONOTONIC", "1")
    }

    /// By so many seconds from the real time.
    fn shift(&self, seconds: i64) -> Result<()> {
        // Renamed into its place: it is read at every look at the clock.
        let next = self.setting.with_extension("next");
        fs::write(&next, format!("{seconds:+}s\n"))?;
        Ok(fs::rename(next, &self.setting)?)
    }
}
