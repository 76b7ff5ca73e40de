//! What the broker adds to one call, alone and under load that keeps coming whatever becomes of it.

use std::time::Duration;

use anyhow::Result;

use super::Scenario;
use crate::baseline::nginx::{Kind, Nginx};
use crate::findings::{Findings, Goal, Table, plain};
use crate::lab::Lab;
use crate::load::{Ask, Load, own};
use crate::machine::{LOAD_CORE, SERVER_CORE};
use crate::number::Summary;
use crate::rounds::{Contender, Row, compare};
use crate::stage::{Broker, Grant, ITEM, Plan, READ, SERVICE};

pub const SCENARIO: Scenario = Scenario {
    name: "latency",
    about: "what a call takes longer than without the broker: at one connection, and at fixed rates",
    run,
};

/// Open-loop load: calls per second.
const RATES: [u32; 3] = [500, 1_000, 2_000];
const CONNECTIONS: usize = 64;

fn run(lab: &Lab) -> Result<Findings> {
    let upstream = Nginx::start(lab, LOAD_CORE, Kind::Return, "127.0.0.1:9".parse()?)?;
    let (plain, plain_at) = lab.own_server(SERVER_CORE, &["proxy", &upstream.address.to_string()])?;
    let broker = Broker::set_up(lab, &Plan::new(lab, upstream.address))?;
    let grant =
        lab.runtime.block_on(Grant::obtain(&broker.agent(0)?, &broker.person()?, SERVICE, &[READ]))?;
    let call = grant.call(broker.address, SERVICE, ITEM);
    let contenders = [
        Contender::new("the service alone", Ask::get(upstream.address, ITEM), &upstream.server),
        Contender::new("countersign", call.clone(), &broker.server),
        Contender::new("plain axum proxy, injects", Ask::get(plain_at, ITEM), &plain),
    ];
    let before = lab.real_disk().0.measure(&lab.folder)?;
    let rows = compare(lab, 1, &contenders)?;
    let after = lab.real_disk().0.measure(&lab.folder)?;
    let commit = f64::midpoint(before.commit_p50, after.commit_p50);
    let mut findings = Findings { goals: goals(&rows, commit), ..Findings::default() };
    findings.rows("One connection", rows);
    findings
        .notes
        .push(format!("One commit took {commit:.0} µs (median) on the server's core, before and after."));
    let time = lab.effort.time.max(Duration::from_secs(1));
    let loads = RATES.map(|rate| Ok((rate, own::open(&call, CONNECTIONS, f64::from(rate), time)?)));
    findings.tables.push(table(loads.into_iter().collect::<Result<Vec<_>>>()?));
    Ok(findings)
}

fn goals(rows: &[Row], commit: f64) -> Vec<Goal> {
    let [alone, ours, plain] = rows else { return Vec::new() };
    let added = |other: &Row, commit: f64| {
        let good = alone.void().is_none() && other.void().is_none();
        let pairs = other.rounds.iter().zip(&alone.rounds);
        good.then(|| Summary::of(pairs.map(|(other, alone)| other.p50 - alone.p50 - commit)))
    };
    let what = "added latency at one connection, beside one commit";
    // What lies on another core has to be woken, which the service alone is spared: it shares the load's core.
    let told = "added latency at one connection by a plain axum proxy";
    vec![
        Goal::at_most(what, "µs", 80.0, Some(40.0), added(ours, commit)),
        Goal::told(told, "µs", added(plain, 0.0)),
    ]
}

fn table(loads: Vec<(u32, Load)>) -> Table {
    let title = format!("At a fixed rate, {CONNECTIONS} connections, counted from when each call was due");
    let mut table =
        Table::new(&title, &["calls/s due", "calls/s answered", "p50 µs", "p99 µs", "refused or broken"]);
    let row = |(rate, load): (u32, Load)| {
        let bad = load.refused + load.broken;
        vec![plain(rate.into()), plain(load.rate()), plain(load.p50), plain(load.p99), bad.to_string()]
    };
    table.rows = loads.into_iter().map(row).collect();
    table
}
