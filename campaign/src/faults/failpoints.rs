//! The broker dies at every named place of its write path, of a call and of a change of keys.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use broker::failpoint;
use rand::Rng as _;

use super::{Fault, Lab, RESTART, Tally};
use crate::check::Still;
use crate::load::Load;
use crate::stage::{Installation, Start};

pub const FAULT: Fault = Fault {
    name: "failpoints",
    about: "dies at each named place of the write path, of a call and of a change of keys, under load",
    needs: &[],
    root: false,
    times: (1, 2),
    run: |lab| Box::pin(run(lab)),
};

/// Those of a broker that serves. At those of a backup, a restore and a recovery a command dies, and the broker's own
/// tests visit them.
const OF_A_BROKER: [&str; 3] = ["ledger.", "call.", "keys."];

/// How long it may take to come to a place that every call passes.
const PATIENCE: Duration = Duration::from_secs(30);

/// All of them, on one installation.
async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    for _ in 0..lab.times {
        let mut it = Installation::set_up(&lab.program, None).await?;
        for name in failpoint::ALL.iter().filter(|name| OF_A_BROKER.iter().any(|it| name.starts_with(it))) {
            die_at(lab, &mut it, name, &mut tally).await.with_context(|| (*name).to_owned())?;
        }
        tally.conclude(&mut it, &mut lab.random).await?;
    }
    Ok(tally)
}

async fn die_at(lab: &mut Lab, it: &mut Installation, name: &str, tally: &mut Tally) -> Result<()> {
    let command = command(name);
    let nth = if command.is_some() { 1 } else { lab.random.random_range(5..40) };
    it.broker.kill();
    it.broker.start(&Start::failing(&format!("{name}=abort:{nth}"))).await?;
    let load = Load::start(it, &it.broker, &mut lab.random)?;
    if let Some(command) = command {
        // It cannot answer: the broker dies over it.
        let answered = it.broker.say(command).await;
        ensure!(answered.is_err(), "`{}` did not come to it", command.join(" "));
    }
    ensure!(it.broker.dies_within(PATIENCE).await?, "it did not come to it");
    tally.tries += 1;
    let still = Still::take(it)?;
    let start = Start::default();
    let (started, findings) = tokio::join!(it.broker.start(&start), still.check());
    tally.returned(started?, RESTART);
    tally.found(&findings?);
    load.stop().await;
    if let Some(command) = command {
        it.broker.say(command).await.context("the same command again")?;
    }
    Ok(())
}

/// What leads to a place where no call passes.
fn command(failpoint: &str) -> Option<&'static [&'static str]> {
    match failpoint {
        "keys.signing_replaced" => Some(&["keys", "rotate", "--signing"]),
        name if name.starts_with("keys.root_") => Some(&["keys", "rotate", "--root"]),
        name if name.starts_with("keys.") => Some(&["keys", "rotate"]),
        _ => None,
    }
}
