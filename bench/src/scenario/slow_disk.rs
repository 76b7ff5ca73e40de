//! Minting on disks whose flushes take longer: what grouping commits is for.

use anyhow::Result;

use super::Scenario;
use crate::disk::{Disk, Times};
use crate::findings::{Findings, Goal};
use crate::lab::Lab;
use crate::machine::LOAD_CORE;
use crate::rounds::{Contender, Row, compare};
use crate::stage::{Broker, Grant, Plan, READ, SERVICE, agent};

pub const SCENARIO: Scenario = Scenario {
    name: "slow-disk",
    about: "token exchange, 256 connections, on three disks, beside what each commits one after the other",
    run,
};

const CONNECTIONS: usize = 256;

fn run(lab: &Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let mut rows = Vec::new();
    for (disk, _) in &lab.disks {
        // What this disk does now, not what it did when the run began.
        let times = disk.measure(&lab.folder)?;
        let row = on(lab, disk)?;
        findings.goals.push(goal(disk, &times, &row));
        rows.push(row);
    }
    findings.rows("Token exchange on slower disks", rows);
    Ok(findings)
}

fn on(lab: &Lab, disk: &Disk) -> Result<Row> {
    let (_upstream, upstream) = lab.own_server(LOAD_CORE, &["upstream"])?;
    let broker = Broker::set_up(lab, &Plan { disk: disk.clone(), ..Plan::new(lab, upstream) })?;
    let grant =
        lab.runtime.block_on(Grant::obtain(&broker.agent(0)?, &broker.person()?, SERVICE, &[READ]))?;
    let exchange = grant.exchange(broker.address, SERVICE, &agent(0), &broker.agent_secret(0)?);
    let name = format!("countersign, {}", disk.name());
    let mut rows = compare(lab, CONNECTIONS, &[Contender::new(&name, exchange, &broker.server)])?;
    Ok(rows.swap_remove(0))
}

fn goal(disk: &Disk, times: &Times, row: &Row) -> Goal {
    let what = format!(
        "exchange, {CONNECTIONS} connections, {}: rate beside one commit after the other",
        disk.name()
    );
    let serial = times.commits_per_second;
    let ratio = row.void().is_none().then(|| row.summary(|round| round.rate / serial));
    if disk.added_us == 2_000 {
        Goal::at_least(&what, "×", 30.0, Some(60.0), ratio)
    } else {
        Goal::told(&what, "×", ratio)
    }
}
