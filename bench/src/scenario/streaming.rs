//! Large bodies and events: megabytes per second, what the broker holds meanwhile, and how soon the first event is there.

use anyhow::Result;

use super::Scenario;
use super::exchange::percent;
use crate::baseline::nginx::{Kind, Nginx};
use crate::findings::{Findings, Goal, Table, spread};
use crate::lab::Lab;
use crate::load::Ask;
use crate::load::download::{self, Open};
use crate::machine::{LOAD_CORE, SERVER_CORE};
use crate::number::{Summary, float, float_len};
use crate::peer::{Peers, envoy};
use crate::process::Server;
use crate::stage::{Broker, Grant, Plan, SERVICE};

pub const SCENARIO: Scenario = Scenario {
    name: "streaming",
    about: "a body of 256 MB and the first server-sent event, beside the same without the broker",
    run,
};

const MEGABYTE: usize = 1 << 20;
/// How often memory is looked at while a body flows.
const LOOK: usize = 32 * MEGABYTE;
const EVENTS: &str = "/projects/acme/site/events";
/// How often the first event is waited for.
const FIRSTS: usize = 100;

/// What one contender gave, round by round.
struct Flow<'a> {
    name: &'static str,
    ask: Ask,
    server: &'a Server,
    rates: Vec<f64>,
    grown: Vec<f64>,
}

fn run(lab: &Lab) -> Result<Findings> {
    let megabytes = if lab.effort.quick { 32 } else { 256 };
    let path = format!("/projects/acme/site/bytes/{megabytes}");
    let (service, at) = lab.own_server(LOAD_CORE, &["upstream"])?;
    let nginx = Nginx::start(lab, SERVER_CORE, Kind::Inject, at)?;
    let (plain, plain_at) = lab.own_server(SERVER_CORE, &["proxy", &at.to_string()])?;
    let broker = Broker::set_up(lab, &Plan::new(lab, at))?;
    let actions = ["bytes.read", "events.read"];
    let grant =
        lab.runtime.block_on(Grant::obtain(&broker.agent(0)?, &broker.person()?, SERVICE, &actions))?;
    let mut peers = Peers::none_yet(lab);
    peers.add(envoy::INJECTS, |lab| envoy::start(lab, at, None, |to| Ask::get(to, &path)));
    let flow = |name, ask, server| Flow { name, ask, server, rates: Vec::new(), grown: Vec::new() };
    let mut flows = vec![
        flow("the service alone", Ask::get(at, &path), &service),
        flow("nginx, injects", Ask::get(nginx.address, &path), &nginx.server),
        flow("plain axum proxy, injects", Ask::get(plain_at, &path), &plain),
        flow("countersign", grant.call(broker.address, SERVICE, &path), &broker.server),
    ];
    flows.extend(peers.iter().map(|(name, peer)| flow(name, peer.ask.clone(), &peer.server)));
    for _ in 0..=lab.effort.rounds {
        for flow in &mut flows {
            flow.round(lab)?;
        }
    }
    let direct = Ask::get(at, EVENTS);
    let later = lab.runtime.block_on(later(lab, &direct, &grant.call(broker.address, SERVICE, EVENTS)))?;
    let mut findings =
        Findings { goals: goals(&flows, later), notes: peers.notes.clone(), ..Findings::default() };
    if lab.peers {
        findings.goals.extend(beside_envoy(&flows));
    }
    findings.tables.push(table(&flows, megabytes));
    Ok(findings)
}

impl Flow<'_> {
    fn round(&mut self, lab: &Lab) -> Result<()> {
        let before = self.server.memory_kb();
        let mut most = before;
        let read = download::whole(&self.ask, LOOK, || most = most.max(self.server.memory_kb()));
        let read = lab.runtime.block_on(read)?;
        self.rates.push(float_len(read.bytes / MEGABYTE) / read.whole.as_secs_f64());
        self.grown.push(float(most - before) / 1024.0);
        Ok(())
    }

    /// The first round warms up.
    fn rate(&self) -> Summary {
        Summary::of(self.rates.iter().skip(1).copied())
    }

    fn share_of(&self, other: &Self) -> Option<Summary> {
        percent(Some(Summary::of(self.rates.iter().zip(&other.rates).skip(1).map(|(a, b)| a / b))))
    }
}

/// How much later the first event comes through the broker, in ms, in turns with the direct way.
async fn later(lab: &Lab, direct: &Ask, through: &Ask) -> Result<Summary> {
    let mut later = Vec::new();
    for _ in 0..if lab.effort.quick { 5 } else { FIRSTS } {
        let (direct, through) = (Open::start(direct).await?.first, Open::start(through).await?.first);
        later.push((through.as_secs_f64() - direct.as_secs_f64()) * 1e3);
    }
    Ok(Summary::of(later))
}

fn goals(flows: &[Flow<'_>], later: Summary) -> Vec<Goal> {
    let [_, nginx, plain, ours, ..] = flows else { return Vec::new() };
    let grown = Summary::of(ours.grown.iter().copied());
    vec![
        Goal::told("streaming: MB/s beside nginx that injects", "%", ours.share_of(nginx)),
        Goal::told("streaming: MB/s beside a plain axum proxy", "%", ours.share_of(plain)),
        Goal::at_most("streaming: memory grows", "MB", 8.0, Some(4.0), Some(grown)),
        Goal::at_most("streaming: first event later than direct", "ms", 1.0, None, Some(later)),
    ]
}

fn beside_envoy(flows: &[Flow<'_>]) -> Option<Goal> {
    let [_, _, _, ours, ..] = flows else { return None };
    let envoy = flows.iter().find(|flow| flow.name == envoy::INJECTS);
    let share = envoy.and_then(|envoy| ours.share_of(envoy));
    Some(Goal::at_least("streaming: MB/s beside Envoy that injects", "%", 80.0, Some(93.0), share))
}

fn table(flows: &[Flow<'_>], megabytes: usize) -> Table {
    let mut table = Table::new(&format!("A body of {megabytes} MB"), &["what", "MB/s", "memory grows, MB"]);
    let row = |flow: &Flow<'_>| {
        let grown = Summary::of(flow.grown.iter().copied());
        vec![flow.name.to_owned(), spread(flow.rate(), 0), spread(grown, 1)]
    };
    table.rows = flows.iter().map(row).collect();
    table
}
