//! PostgreSQL is stopped, frozen, killed, or ends its connections: what cannot be recorded is refused soon, and
//! everything goes on by itself afterwards.

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use tokio::time::sleep;

use super::{Fault, Lab, Tally};
use crate::load::Load;
use crate::probe::Probe;
use crate::stage::{Cluster, Installation};

pub const FAULT: Fault = Fault {
    name: "postgres",
    about: "PostgreSQL is stopped (fast, immediate), frozen, killed, and ends every connection",
    needs: &[("pg_lsclusters", "postgresql")],
    root: false,
    times: (1, 2),
    run: |lab| Box::pin(run(lab)),
};

#[derive(Clone, Copy, Debug)]
enum What {
    Stopped,
    StoppedAtOnce,
    Frozen,
    Killed,
    Terminated,
}

/// How long it lasts before anybody looks.
const LASTS: Duration = Duration::from_millis(400);

async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut cluster = Cluster::start(&mut lab.random, &[]).await?;
    let database = cluster.database().await?;
    let mut it = Installation::set_up(&lab.program, Some(database.clone())).await?;
    for _ in 0..lab.times {
        for what in [What::Stopped, What::StoppedAtOnce, What::Frozen, What::Killed, What::Terminated] {
            let load = Load::start(&it, &it.broker, &mut lab.random)?;
            let mut probe = Probe::new(&it, &it.broker, &mut lab.random).await?;
            sleep(LASTS).await;
            let mut this = Tally::default();
            happen(&cluster, &database, what, &mut probe, &mut this).await?;
            probe.is_served(&mut this).await;
            load.stop().await;
            this.tries = 1;
            this.violations.iter_mut().for_each(|it| *it = format!("{what:?}: {it}"));
            tally.add(this);
        }
    }
    tally.conclude(&mut it, &mut lab.random).await?;
    Ok(tally)
}

async fn happen(
    cluster: &Cluster,
    database: &str,
    what: What,
    probe: &mut Probe,
    tally: &mut Tally,
) -> Result<()> {
    match what {
        What::Stopped => cluster.stop("fast").await?,
        What::StoppedAtOnce => cluster.stop("immediate").await?,
        What::Frozen => cluster.signal(Signal::SIGSTOP)?,
        What::Killed => cluster.signal(Signal::SIGKILL)?,
        What::Terminated => return cluster.terminate(database).await,
    }
    sleep(LASTS).await;
    probe.is_refused(tally).await;
    match what {
        What::Frozen => cluster.signal(Signal::SIGCONT),
        _ => cluster.go_on().await,
    }
}
