//! A newer broker takes over from one of the release before: beside it on PostgreSQL, under load, while it migrates the
//! database of both; after it on SQLite. Nothing of the older one is lost, and what one of them ends the other one ends.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rand::rngs::StdRng;
use tokio::time::sleep;

use super::{Fault, Lab, RESTART, Tally};
use crate::load::Load;
use crate::probe::Probe;
use crate::stage::{Broker, Cluster, Installation, Older, Start};

pub const FAULT: Fault = Fault {
    name: "upgrade",
    about: "a newer broker migrates the database beside one of the release before (PostgreSQL), or after it (SQLite)",
    needs: &[("git", "git"), ("cargo", "cargo"), ("pg_lsclusters", "postgresql")],
    root: false,
    // It builds another broker: only in a long run.
    times: (0, 2),
    run: |lab| Box::pin(run(lab)),
};

/// How long they work side by side before anything is ended.
const TOGETHER: Duration = Duration::from_secs(2);
/// Sessions that each of them ends under the other's hands.
const ENDED: usize = 10;

async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let Some(older) = Older::build(&lab.program).await? else {
        tally.notes.push("left out: the history of the source does not reach an older schema".to_owned());
        return Ok(tally);
    };
    tally.notes.push(format!("the release before is that of {}", older.commit));
    for _ in 0..lab.times {
        beside(lab, &older, &mut tally).await.context("beside an older broker")?;
        after(lab, &older, &mut tally).await.context("after an older broker")?;
    }
    Ok(tally)
}

async fn beside(lab: &mut Lab, older: &Older, tally: &mut Tally) -> Result<()> {
    let mut cluster = Cluster::start(&mut lab.random, &[]).await?;
    let database = cluster.database().await?;
    let mut it = Installation::set_up(&older.program, Some(database)).await?;
    let load = Load::start(&it, &it.broker, &mut lab.random)?;
    let mut staying = Probe::new(&it, &it.broker, &mut lab.random).await?;
    let mut newer = it.another(&lab.program)?;
    tally.returned(newer.start(&Start::default()).await?, RESTART);
    tally.tries += 1;
    let more = Load::start(&it, &newer, &mut lab.random)?;
    sleep(TOGETHER).await;
    for _ in 0..ENDED {
        ended(&it, &it.broker, &newer, &mut lab.random).await.context("the newer one revokes")?;
        ended(&it, &newer, &it.broker, &mut lab.random).await.context("the older one revokes")?;
    }
    staying.is_served(tally).await;
    load.stop().await;
    more.stop().await;
    newer.kill();
    it.broker.kill();
    it.broker.becomes(&lab.program);
    tally.returned(it.broker.start(&Start::default()).await?, RESTART);
    staying.is_served(tally).await;
    tally.conclude(&mut it, &mut lab.random).await
}

/// A session that is used at one broker and ended at the other. A call that passes afterwards is noted by the witness.
async fn ended(it: &Installation, used: &Broker, other: &Broker, random: &mut StdRng) -> Result<()> {
    let mut probe = Probe::new(it, used, random).await?;
    probe.revoke_at(it, other).await?;
    for _ in 0..5 {
        let _ = probe.call().await;
    }
    Ok(())
}

async fn after(lab: &mut Lab, older: &Older, tally: &mut Tally) -> Result<()> {
    let mut it = Installation::set_up(&older.program, None).await?;
    let load = Load::start(&it, &it.broker, &mut lab.random)?;
    let mut staying = Probe::new(&it, &it.broker, &mut lab.random).await?;
    sleep(TOGETHER).await;
    it.broker.kill();
    it.broker.becomes(&lab.program);
    tally.tries += 1;
    tally.returned(it.broker.start(&Start::default()).await?, RESTART);
    staying.is_served(tally).await;
    load.stop().await;
    tally.conclude(&mut it, &mut lab.random).await
}
