//! The same call before a server as most are written, by the official SDK: what remains of its rate behind the gateway.

use anyhow::Result;

use super::{call, percent};
use crate::baseline::mcp::{LOOK, McpServer, modern, prove};
use crate::findings::{Findings, Goal};
use crate::lab::Lab;
use crate::rounds::{Contender, compare};
use crate::stage::{Broker, Grant, Plan};

const CONNECTIONS: usize = 16;

/// Asks npm's registry for the SDK, so it is measured with the peers.
pub fn measure(lab: &Lab, findings: &mut Findings) -> Result<()> {
    let upstream = McpServer::start_by_sdk(lab)?;
    let alone = modern(upstream.address, "/mcp", LOOK);
    prove(lab, &alone)?;
    let plan = Plan { mcp: Some(upstream.address), ..Plan::new(lab, upstream.address) };
    let broker = Broker::set_up(lab, &plan)?;
    let grant = lab.runtime.block_on(Grant::of_tools(&broker))?;
    let ours = call(&broker, &grant);
    prove(lab, &ours)?;
    let contenders = [
        Contender::new("a server by the official SDK alone", alone, &upstream.server),
        Contender::new("countersign before it", ours, &broker.server),
    ];
    let rows = compare(lab, CONNECTIONS, &contenders)?;
    let share = percent(rows[1].ratio(&rows[0], |round| round.rate));
    let what =
        format!("MCP tools/call, {CONNECTIONS} connections: rate beside a server by the official SDK alone");
    findings.goals.push(Goal::told(&what, "%", share));
    findings.rows(&format!("Calls of a tool of a server by the official SDK, {CONNECTIONS} at a time"), rows);
    Ok(())
}
