//! `--profile exchange|proxy|latency|gateway`: where the broker's processor time goes, by `perf`, as a flame graph.
//!
//! Virtual machines have no hardware counters, so the samples come from the processor's clock.

mod flame;
mod stacks;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::baseline::mcp::McpServer;
use crate::baseline::nginx::{Kind, Nginx};
use crate::lab::{Lab, program};
use crate::machine::LOAD_CORE;
use crate::process::Server;
use crate::scenario::gateway;
use crate::stage::{Broker, Grant, ITEM, Plan, READ, SERVICE, agent};

/// What can be profiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Token exchange, 64 connections.
    Exchange,
    /// Calls through the proxy, 16 connections.
    Proxy,
    /// Calls through the proxy, one connection.
    Latency,
    /// Calls of a tool through the MCP gateway, 16 connections.
    Gateway,
}

/// Samples per second; a prime, so as not to keep time with anything.
const FREQUENCY: &str = "499";
/// How much of the stack each sample copies: enough for the deepest async stack seen.
const STACK: &str = "dwarf,16384";
const SECONDS: u64 = 5;

pub fn run(lab: &Lab, profile: Profile) -> Result<()> {
    let upstream = Nginx::start(lab, LOAD_CORE, Kind::Return, "127.0.0.1:9".parse()?)?;
    let server = (profile == Profile::Gateway).then(|| McpServer::start(lab)).transpose()?;
    let mcp = server.as_ref().map(|it| it.address);
    let broker = Broker::set_up(lab, &Plan { mcp, ..Plan::new(lab, upstream.address) })?;
    let grant = match mcp {
        Some(_) => lab.runtime.block_on(Grant::of_tools(&broker))?,
        None => {
            lab.runtime.block_on(Grant::obtain(&broker.agent(0)?, &broker.person()?, SERVICE, &[READ]))?
        }
    };
    let call = grant.call(broker.address, SERVICE, ITEM);
    let (ask, connections) = match profile {
        Profile::Gateway => (gateway::call(&broker, &grant), 16),
        Profile::Exchange => {
            (grant.exchange(broker.address, SERVICE, &agent(0), &broker.agent_secret(0)?), 64)
        }
        Profile::Proxy => (call, 16),
        Profile::Latency => (call, 1),
    };
    lab.closed.run(&ask, connections, lab.effort.warm_up)?;
    let name = profile.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let file = lab.folder.join(format!("{name}.perf"));
    let mut recording = record(&broker.server, &file)?;
    let load = lab.closed.run(&ask, connections, Duration::from_secs(SECONDS + 1))?;
    ensure!(load.refused + load.broken == 0, "{} refused, {} broken", load.refused, load.broken);
    ensure!(
        recording.wait()?.success(),
        "perf recorded nothing; it needs root or a lower perf_event_paranoid"
    );
    let stacks = stacks::fold(&script(&file)?);
    let (folded, svg) = (lab.folder.join(format!("{name}.folded")), lab.folder.join(format!("{name}.svg")));
    fs::write(&folded, stacks.text())?;
    fs::write(&svg, flame::graph(&format!("{name}, {:.0} requests/s", load.rate()), &stacks))?;
    for (function, share) in stacks.heaviest(25) {
        println!("  {share:>5.1} %  {function}");
    }
    println!("The flame graph is {}, its stacks are {}", svg.display(), folded.display());
    Ok(())
}

fn record(server: &Server, file: &Path) -> Result<std::process::Child> {
    let mut perf = Command::new(perf()?);
    perf.args(["record", "--quiet", "-e", "cpu-clock", "-F", FREQUENCY, "--call-graph", STACK, "-o"])
        .arg(file);
    perf.args(["-p", &server.id().to_string(), "--", "sleep", &SECONDS.to_string()]);
    Ok(perf.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

fn perf() -> Result<PathBuf> {
    program("perf").context("perf is missing (Debian: apt-get install linux-perf)")
}

fn script(file: &Path) -> Result<String> {
    let mut perf = Command::new(perf()?);
    let output = perf.args(["script", "--no-inline", "--fields", "ip,sym", "-i"]).arg(file).output()?;
    ensure!(output.status.success(), "perf script: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
