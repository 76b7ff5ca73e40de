//! One of two brokers loses the network to PostgreSQL and with it to the other: it refuses, the other one serves and
//! revokes, and when the network is back there is one truth.
//!
//! The one lives in a network namespace of its own. Its way to PostgreSQL is the one that is cut; `Gate` is how the
//! agents get in and how it gets to the service.

use std::time::{Duration, Instant};

use anyhow::Result;
use rand::Rng as _;
use tokio::time::sleep;

use super::{Fault, Lab, Tally};
use crate::load::Load;
use crate::probe::{Probe, REFUSED};
use crate::stage::{Broker, Cluster, Gate, Installation, Namespace, OUTSIDE, Start};

pub const FAULT: Fault = Fault {
    name: "cut",
    about: "one of two brokers is cut off from PostgreSQL and from the other (network namespace), for 2 to 10 s",
    needs: &[("pg_lsclusters", "postgresql"), ("ip", "iproute2")],
    root: true,
    times: (1, 6),
    run: |lab| Box::pin(run(lab)),
};

async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let away = Namespace::create().await?;
    let mut cluster = Cluster::start(&mut lab.random, &[OUTSIDE]).await?;
    let database = cluster.database().await?;
    let mut it = Installation::set_up(&lab.program, Some(database.clone())).await?;
    let there = database.replace("@127.0.0.1:", &format!("@{OUTSIDE}:"));
    let mut cut = it.another_at(&lab.program, there)?;
    let _gate = Gate::open(&away, cut.address, it.upstream.address)?;
    cut.start(&Start::default().behind(["ip", "netns", "exec", away.name()])).await?;
    let load = [Load::start(&it, &it.broker, &mut lab.random)?, Load::start(&it, &cut, &mut lab.random)?];
    for _ in 0..lab.times {
        Box::pin(one(lab, &it, &away, &cut, &mut tally)).await?;
    }
    for load in load {
        load.stop().await;
    }
    cut.kill();
    tally.conclude(&mut it, &mut lab.random).await?;
    Ok(tally)
}

async fn one(
    lab: &mut Lab,
    it: &Installation,
    away: &Namespace,
    cut: &Broker,
    tally: &mut Tally,
) -> Result<()> {
    let mut staying = Probe::new(it, cut, &mut lab.random).await?;
    let mut ending = Probe::new(it, cut, &mut lab.random).await?;
    let mut here = Probe::new(it, &it.broker, &mut lab.random).await?;
    let lasts = Duration::from_millis(lab.random.random_range(2_000..10_000));
    away.cut().await?;
    let begun = Instant::now();
    let revoked = tokio::join!(staying.is_refused(tally), ending.revoke_at(it, &it.broker)).1;
    let took = begun.elapsed();
    tally.tries += 1;
    if revoked.is_err() || took > REFUSED * 2 {
        tally
            .violations
            .push(format!("revoking at the other broker: {revoked:?} after {} ms", took.as_millis()));
    }
    here.is_served(tally).await;
    sleep(lasts.saturating_sub(begun.elapsed())).await;
    away.mend().await?;
    staying.is_served(tally).await;
    for _ in 0..3 {
        // One that goes through is noted by the witness.
        let _ = ending.call().await;
    }
    Ok(())
}
