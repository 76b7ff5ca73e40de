//! How soon a broker listens on an empty database, and what it holds then.

use anyhow::Result;

use super::Scenario;
use crate::findings::{Findings, Goal};
use crate::lab::Lab;
use crate::number::{Summary, float};
use crate::stage::Broker;

pub const SCENARIO: Scenario = Scenario {
    name: "start",
    about: "from the start of the program to listening, on an empty database, and its memory then",
    run,
};

/// Starting is quick: take the spread from more of it.
const STARTS: usize = 10;

fn run(lab: &Lab) -> Result<Findings> {
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..if lab.effort.quick { 2 } else { STARTS } {
        let broker = Broker::start(lab, &lab.real_disk().0, None)?;
        times.push(broker.started_in.as_secs_f64() * 1e3);
        memory.push(float(broker.server.memory_kb()) / 1024.0);
    }
    let goals = vec![
        Goal::at_most(
            "start to listening, empty database",
            "ms",
            150.0,
            Some(100.0),
            Some(Summary::of(times)),
        ),
        Goal::at_most("memory, idle", "MB", 25.0, Some(15.0), Some(Summary::of(memory))),
    ];
    Ok(Findings { goals, ..Findings::default() })
}
