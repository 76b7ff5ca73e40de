//! `kill -9` at any moment, under load.

use std::time::Duration;

use anyhow::Result;
use rand::Rng as _;
use tokio::time::sleep;

use super::{Fault, Lab, RESTART, Tally};
use crate::check::Still;
use crate::load::Load;
use crate::stage::{Installation, Start};

pub const FAULT: Fault = Fault {
    name: "kills",
    about: "kill -9 at a random moment, while agents ask, people approve and revoke, and calls are made",
    needs: &[],
    root: false,
    times: (4, 50),
    run: |lab| Box::pin(run(lab)),
};

/// Kills of one installation: its record grows with each.
const SHARE: usize = 25;

async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    while tally.tries < lab.times {
        let kills = SHARE.min(lab.times - tally.tries);
        one_installation(lab, kills, &mut tally).await?;
    }
    Ok(tally)
}

async fn one_installation(lab: &mut Lab, kills: usize, tally: &mut Tally) -> Result<()> {
    let mut it = Installation::set_up(&lab.program, None).await?;
    let load = Load::start(&it, &it.broker, &mut lab.random)?;
    for _ in 0..kills {
        sleep(Duration::from_millis(lab.random.random_range(50..600))).await;
        it.broker.kill();
        tally.tries += 1;
        let still = Still::take(&it)?;
        let start = Start::default();
        let (started, findings) = tokio::join!(it.broker.start(&start), still.check());
        tally.returned(started?, RESTART);
        tally.found(&findings?);
    }
    load.stop().await;
    tally.conclude(&mut it, &mut lab.random).await
}
