//! Calls of a tool through the MCP gateway, each authorised and recorded durably before it is sent; and streams that stay open.

mod sdk;
mod streams;

use anyhow::Result;

use super::{Scenario, exchange::percent};
use crate::baseline::mcp::{LOOK, McpServer, legacy, modern, prove};
use crate::findings::{Findings, Goal};
use crate::lab::Lab;
use crate::load::Ask;
use crate::machine::SERVER_CORE;
use crate::number::Summary;
use crate::peer::{Peers, contextforge, fastmcp, times};
use crate::rounds::{Contender, Row, compare};
use crate::stage::{Broker, Grant, MCP, Plan};

pub const SCENARIO: Scenario = Scenario {
    name: "gateway",
    about: "calls of an MCP tool with 1, 16 and 64 connections beside the server alone, and 1,000 open streams",
    run,
};

const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// What the rows are called that goals look for.
const ALONE: &str = "the MCP server alone";
const OURS: &str = "countersign, 2026-07-28";
const PLAIN: &str = "plain axum proxy, injects";

fn run(lab: &Lab) -> Result<Findings> {
    let upstream = McpServer::start(lab)?;
    let (plain, plain_at) = lab.own_server(SERVER_CORE, &["proxy", &upstream.address.to_string()])?;
    let broker =
        Broker::set_up(lab, &Plan { mcp: Some(upstream.address), ..Plan::new(lab, upstream.address) })?;
    let grant = lab.runtime.block_on(Grant::of_tools(&broker))?;
    let ours = call(&broker, &grant);
    prove(lab, &ours)?;
    let mut findings = Findings::default();
    let mut peers = Peers::none_yet(lab);
    peers.add(fastmcp::PROXY, |lab| fastmcp::start(lab, &upstream));
    peers.add(contextforge::GATEWAY, |lab| contextforge::start(lab, &upstream));
    for connections in CONNECTIONS {
        let before = lab.real_disk().0.measure(&lab.folder)?;
        let own = [
            Contender::new(ALONE, modern(upstream.address, "/mcp", LOOK), &upstream.server),
            Contender::new(OURS, ours.clone(), &broker.server),
            Contender::new("countersign, 2025-11-25", older(&broker, &grant), &broker.server),
            Contender::new(PLAIN, modern(plain_at, "/mcp", LOOK), &plain),
        ];
        let contenders: Vec<Contender<'_>> = own.into_iter().chain(peers.contenders()).collect();
        let rows = compare(lab, connections, &contenders)?;
        let after = lab.real_disk().0.measure(&lab.folder)?;
        let commit = f64::midpoint(before.commit_p50, after.commit_p50);
        findings.goals.extend(goals(lab, connections, commit, &rows));
        findings.rows(&format!("Calls of a tool, {connections} at a time"), rows);
    }
    findings.notes.extend(peers.notes.clone());
    drop(peers);
    if lab.peers
        && let Err(error) = sdk::measure(lab, &mut findings)
    {
        let why = format!("A server by the official SDK is left out: {error:#}");
        println!("  {why}");
        findings.notes.push(why);
    }
    streams::measure(lab, &upstream, &mut findings)?;
    Ok(findings)
}

/// The address of the gateway for the one server.
fn door() -> String {
    format!("/mcp/{MCP}")
}

fn at_the_door(ask: Ask, grant: &Grant) -> Ask {
    ask.header("authorization", format!("Bearer {}", grant.token))
}

/// A call through the gateway.
pub fn call(broker: &Broker, grant: &Grant) -> Ask {
    at_the_door(modern(broker.address, &door(), LOOK), grant)
}

/// A client that speaks the revision before and keeps no session: the gateway keeps the server's for all of the grant's calls.
fn older(broker: &Broker, grant: &Grant) -> Ask {
    at_the_door(legacy(broker.address, &door(), LOOK), grant)
}

fn goals(lab: &Lab, connections: usize, commit: f64, rows: &[Row]) -> Vec<Goal> {
    let [alone, ours, _, plain, ..] = rows else { return Vec::new() };
    let share = percent(ours.ratio(alone, |round| round.rate));
    let what = format!("MCP tools/call, {connections} connections: rate beside the server alone");
    let mut goals = Vec::new();
    match connections {
        1 => {
            let added = |other: &Row, commit: f64| {
                let good = alone.void().is_none() && other.void().is_none();
                let pairs = other.rounds.iter().zip(&alone.rounds);
                good.then(|| Summary::of(pairs.map(|(other, alone)| other.p50 - alone.p50 - commit)))
            };
            let what = "MCP tools/call, added latency at one connection, beside one commit: p50";
            goals.push(Goal::at_most(what, "µs", 300.0, None, added(ours, commit)));
            // What lies on another core has to be woken, which the server alone is spared: it shares the load's core.
            let what = "MCP tools/call, added latency at one connection by a plain axum proxy: p50";
            goals.push(Goal::told(what, "µs", added(plain, 0.0)));
        }
        16 => goals.push(Goal::at_least(&what, "%", 20.0, Some(30.0), share)),
        _ => goals.push(Goal::told(&what, "%", share)),
    }
    if lab.peers && connections == 16 {
        for peer in [fastmcp::PROXY, contextforge::GATEWAY] {
            let what = format!("MCP tools/call, {connections} connections: rate beside {peer}");
            goals.push(Goal::at_least(&what, "×", 100.0, Some(300.0), times(ours, rows, peer)));
        }
    }
    goals
}
