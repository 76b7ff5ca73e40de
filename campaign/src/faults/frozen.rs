//! A broker stands still in the middle of its work, while another one revokes: once that is acknowledged, the first
//! authorises nothing of it, whatever it had begun.

use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::signal::Signal;
use rand::Rng as _;
use tokio::time::sleep;

use super::{Fault, Lab, Tally};
use crate::load::Load;
use crate::probe::{Probe, REFUSED};
use crate::stage::{Broker, Cluster, Installation, Start};

pub const FAULT: Fault = Fault {
    name: "frozen",
    about: "one of two brokers is frozen (SIGSTOP) inside a batch or wherever it is, the other one revokes",
    needs: &[("pg_lsclusters", "postgresql")],
    root: false,
    times: (6, 40),
    run: |lab| Box::pin(run(lab)),
};

async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut cluster = Cluster::start(&mut lab.random, &[]).await?;
    let database = cluster.database().await?;
    let mut it = Installation::set_up(&lab.program, Some(database)).await?;
    let mut beside = it.another(&lab.program)?;
    // It stands still inside its own transaction, with the lock that every batch shares.
    beside.start(&Start::failing("ledger.appended=stall:60")).await?;
    let load = Load::start(&it, &beside, &mut lab.random)?;
    sleep(Duration::from_secs(1)).await;
    let mut held = Probe::new(&it, &it.broker, &mut lab.random).await?;
    revoked(&mut held, &it, &mut tally).await?;
    load.stop_at_once();
    beside.kill();
    beside.start(&Start::default()).await?;
    let load = Load::start(&it, &beside, &mut lab.random)?;
    for _ in 0..lab.times {
        one(lab, &it, &mut beside, &mut tally).await?;
    }
    load.stop().await;
    beside.kill();
    tally.conclude(&mut it, &mut lab.random).await?;
    Ok(tally)
}

async fn one(lab: &mut Lab, it: &Installation, beside: &mut Broker, tally: &mut Tally) -> Result<()> {
    let mut ending = Probe::new(it, beside, &mut lab.random).await?;
    let mut staying = Probe::new(it, beside, &mut lab.random).await?;
    sleep(Duration::from_millis(lab.random.random_range(0..80))).await;
    beside.signal(Signal::SIGSTOP)?;
    let revoked = revoked(&mut ending, it, tally).await;
    beside.signal(Signal::SIGCONT)?;
    revoked?;
    for _ in 0..5 {
        // One that goes through is noted by the witness.
        let _ = ending.call().await;
    }
    staying.is_served(tally).await;
    tally.tries += 1;
    Ok(())
}

/// A frozen broker holds no revocation up.
async fn revoked(ending: &mut Probe, it: &Installation, tally: &mut Tally) -> Result<()> {
    let begun = Instant::now();
    ending.revoke_at(it, &it.broker).await?;
    let took = begun.elapsed();
    if took > REFUSED {
        tally.violations.push(format!("a revocation took {} ms", took.as_millis()));
    }
    Ok(())
}
