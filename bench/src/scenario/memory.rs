//! What a broker holds after load with a thousand grants.

use anyhow::Result;

use super::Scenario;
use crate::baseline::nginx::{Kind, Nginx};
use crate::findings::{Findings, Goal};
use crate::lab::Lab;
use crate::load::Ask;
use crate::load::own::{connect, send};
use crate::machine::LOAD_CORE;
use crate::number::{Summary, float, float_len};
use crate::stage::{Broker, Grant, ITEM, Plan, READ, SERVICE};

pub const SCENARIO: Scenario = Scenario {
    name: "memory",
    about: "memory after load with 1,000 grants, and what one remembered grant adds",
    run,
};

const GRANTS: usize = 1_000;
const CONNECTIONS: usize = 64;

fn run(lab: &Lab) -> Result<Findings> {
    let grants = if lab.effort.quick { 20 } else { GRANTS };
    let upstream = Nginx::start(lab, LOAD_CORE, Kind::Return, "127.0.0.1:9".parse()?)?;
    let broker = Broker::set_up(lab, &Plan::new(lab, upstream.address))?;
    let (agent, person) = (broker.agent(0)?, broker.person()?);
    let held = lab.runtime.block_on(async {
        let mut held = Vec::with_capacity(grants);
        for _ in 0..grants {
            held.push(Grant::obtain(&agent, &person, SERVICE, &[READ]).await?);
        }
        Ok::<_, anyhow::Error>(held)
    })?;
    // The load comes first, so that what buffers and caches of the database take is not charged to the grants; then as
    // many calls under one grant, so that the allocator has given back what the load left.
    lab.closed.run(&held[0].call(broker.address, SERVICE, ITEM), CONNECTIONS, lab.effort.time)?;
    let call = |of: &Grant| of.call(broker.address, SERVICE, ITEM);
    lab.runtime.block_on(in_turn(held.iter().map(|_| call(&held[0]))))?;
    let before = broker.server.memory_kb();
    lab.runtime.block_on(in_turn(held.iter().map(call)))?;
    let after = broker.server.memory_kb();
    lab.closed.run(&held[0].call(broker.address, SERVICE, ITEM), CONNECTIONS, lab.effort.time)?;
    let loaded = float(broker.server.memory_kb()) / 1024.0;
    let each = float(after.saturating_sub(before)) * 1024.0 / float_len(grants);
    let one = |value| Some(Summary::of([value]));
    let goals = vec![
        Goal::at_most("memory after load with 1,000 grants", "MB", 50.0, Some(25.0), one(loaded)),
        Goal::at_most("memory per remembered grant", "B", 400.0, None, one(each)),
    ];
    Ok(Findings { goals, ..Findings::default() })
}

/// Makes these calls one after the other, over one connection.
async fn in_turn(calls: impl Iterator<Item = Ask>) -> Result<()> {
    let mut sender = None;
    for call in calls {
        let sender = match &mut sender {
            Some(there) => there,
            none => none.insert(connect(&call).await?),
        };
        anyhow::ensure!(send(sender, &call).await?, "a call under a live grant was refused");
    }
    Ok(())
}
