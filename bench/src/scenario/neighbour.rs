//! One service's calls while another service misbehaves and thousands of clients are slow.

use std::time::Duration;

use anyhow::Result;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

use super::Scenario;
use crate::baseline::nginx::{Kind, Nginx};
use crate::findings::{Findings, Goal, Table, plain};
use crate::lab::Lab;
use crate::load::download::Open;
use crate::load::own::open_within;
use crate::load::{Ask, Load};
use crate::machine::LOAD_CORE;
use crate::number::{Summary, float_len};
use crate::stage::{Broker, Grant, ITEM, NEIGHBOUR, Plan, READ, SERVICE};

pub const SCENARIO: Scenario = Scenario {
    name: "neighbour",
    about: "calls at 1,000/s while another service hangs and drips and 2,000 clients are slow",
    run,
};

const RATE: f64 = 1_000.0;
const CONNECTIONS: usize = 32;
/// Calls that hang, and as many that drip.
const STUCK: usize = 64;
const SLOW: usize = 2_000;
/// A slow client sends the next byte of its headers after so long.
const BYTE: Duration = Duration::from_secs(1);

fn run(lab: &Lab) -> Result<Findings> {
    let (_service, bad) = lab.own_server(LOAD_CORE, &["upstream"])?;
    let good = Nginx::start(lab, LOAD_CORE, Kind::Return, "127.0.0.1:9".parse()?)?;
    let broker = Broker::set_up(lab, &Plan { neighbour: bad, ..Plan::new(lab, good.address) })?;
    let (agent, person) = (broker.agent(0)?, broker.person()?);
    let (ours, theirs) = lab.runtime.block_on(async {
        let ours = Grant::obtain(&agent, &person, SERVICE, &[READ]).await?;
        Ok::<_, anyhow::Error>((
            ours,
            Grant::obtain(&agent, &person, NEIGHBOUR, &["hang.read", "drip.read"]).await?,
        ))
    })?;
    let call = ours.call(broker.address, SERVICE, ITEM);
    let stuck = ["hang", "drip"]
        .map(|it| theirs.call(broker.address, NEIGHBOUR, &format!("/projects/acme/site/{it}")));
    let mut rounds = Vec::new();
    for _ in 0..lab.effort.rounds {
        rounds.push(lab.runtime.block_on(LocalSet::new().run_until(round(lab, &broker, &call, &stuck)))?);
    }
    let mut findings = Findings::default();
    let clean = rounds
        .iter()
        .all(|(alone, beside)| alone.refused + alone.broken + beside.refused + beside.broken == 0);
    let more = rounds.iter().map(|(alone, beside)| 100.0 * (beside.p99 / alone.p99 - 1.0));
    let more = clean.then(|| Summary::of(more));
    findings.goals.push(Goal::at_most(
        "neighbour: p99 grows while the other service misbehaves",
        "%",
        20.0,
        None,
        more,
    ));
    findings.tables.push(table(&rounds));
    Ok(findings)
}

/// The same load alone, then beside everything that misbehaves.
async fn round(lab: &Lab, broker: &Broker, call: &Ask, stuck: &[Ask; 2]) -> Result<(Load, Load)> {
    let time = lab.effort.time;
    let alone = open_within(call, CONNECTIONS, RATE, time).await?;
    let mut tasks = JoinSet::new();
    for ask in stuck {
        for _ in 0..STUCK {
            let ask = ask.clone();
            tasks.spawn_local(async move {
                Open::start(&ask).await?.ended().await;
                Ok::<_, anyhow::Error>(())
            });
        }
    }
    let slow = if lab.effort.quick { SLOW / 20 } else { SLOW };
    for index in 0..slow {
        // Evenly: as many bytes at once would measure a blow each second, by ours as much as by the broker.
        let offset = BYTE.mul_f64(float_len(index) / float_len(slow));
        tasks.spawn_local(creep(broker.address, offset));
    }
    tokio::time::sleep(2 * BYTE).await;
    let beside = open_within(call, CONNECTIONS, RATE, time).await?;
    tasks.shutdown().await;
    Ok((alone, beside))
}

/// Headers that never end, from some moment on.
async fn creep(to: std::net::SocketAddr, offset: Duration) -> Result<()> {
    tokio::time::sleep(offset).await;
    loop {
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(b"GET /v1/me HTTP/1.1\r\nHost: slow\r\nX-Slow: ").await?;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(BYTE).await;
        }
    }
}

fn table(rounds: &[(Load, Load)]) -> Table {
    let head = ["round", "alone: p50 µs", "p99 µs", "beside: p50 µs", "p99 µs", "answered/s beside"];
    let mut table = Table::new("One service beside another that misbehaves", &head);
    let row = |(index, (alone, beside)): (usize, &(Load, Load))| {
        let figures = [alone.p50, alone.p99, beside.p50, beside.p99, beside.rate()].map(plain);
        std::iter::once((index + 1).to_string()).chain(figures).collect()
    };
    table.rows = rounds.iter().enumerate().map(row).collect();
    table
}
