//! A thousand streams at once: calls that a server answers by and by, and subscriptions to what changes.

use anyhow::{Result, ensure};
use futures::future::try_join_all;

use super::{at_the_door, door};
use crate::baseline::mcp::{HOLD, McpServer, is_answer, listen, modern};
use crate::findings::{Findings, Goal, Table, plain};
use crate::lab::Lab;
use crate::load::Ask;
use crate::load::download::Open;
use crate::number::{Summary, float, float_len};
use crate::stage::{Broker, Grant, MCP, Plan};

const STREAMS: usize = 1_000;

/// In a broker of its own: what calls left in its memory is none of the streams'.
pub fn measure(lab: &Lab, upstream: &McpServer, findings: &mut Findings) -> Result<()> {
    let streams = if lab.effort.quick { STREAMS / 10 } else { STREAMS };
    let plan = Plan { mcp: Some(upstream.address), ..Plan::new(lab, upstream.address) };
    let title = format!("{streams} open streams");
    let mut table = Table::new(&title, &["what", "memory before MB", "with all open MB", "kB each"]);
    for (what, calls) in [("calls of a tool that streams its answer", true), ("subscriptions", false)] {
        let broker = Broker::set_up(lab, &plan)?;
        let grant = lab.runtime.block_on(Grant::of_tools(&broker))?;
        let ask = if calls { modern(broker.address, &door(), HOLD) } else { listen(broker.address, &door()) };
        let before = broker.server.memory_kb();
        let open = lab.runtime.block_on(all(&at_the_door(ask, &grant), streams))?;
        let with = broker.server.memory_kb();
        if calls {
            lab.runtime.block_on(answered(upstream, open))?;
        }
        let [before_mb, with_mb] = [before, with].map(|kb| float(kb) / 1024.0);
        let each = (with_mb - before_mb) * 1024.0 / float_len(streams);
        table.rows.push([what.to_owned()].into_iter().chain([before_mb, with_mb, each].map(plain)).collect());
        let goal = format!("MCP, {streams} {what}: memory");
        findings.goals.push(Goal::at_most(&goal, "MB", 150.0, None, Some(Summary::of([with_mb]))));
    }
    findings.tables.push(table);
    Ok(())
}

/// Opens so many of these, one after the other, until each has said something.
async fn all(ask: &Ask, streams: usize) -> Result<Vec<Open>> {
    let mut open = Vec::with_capacity(streams);
    for _ in 0..streams {
        open.push(Open::start(ask).await?);
    }
    Ok(open)
}

/// Every one of them is answered once the server has something to say: none was dropped meanwhile.
async fn answered(upstream: &McpServer, open: Vec<Open>) -> Result<()> {
    upstream.release().await?;
    let answers = try_join_all(open.into_iter().map(Open::rest)).await?;
    let good = answers.iter().filter(|it| is_answer(it)).count();
    ensure!(good == answers.len(), "of {} streams only {good} were answered by {MCP}", answers.len());
    Ok(())
}
