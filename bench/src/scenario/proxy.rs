//! Calls through the proxy, each authorised and recorded durably before it is sent.

use anyhow::Result;

use super::Scenario;
use super::exchange::percent;
use crate::baseline::nginx::{Kind, Nginx};
use crate::findings::{Findings, Goal};
use crate::lab::Lab;
use crate::load::Ask;
use crate::machine::{LOAD_CORE, SERVER_CORE};
use crate::peer::{AGENTGATE, Peers, envoy, times};
use crate::rounds::{Contender, Row, compare};
use crate::stage::{Broker, Grant, ITEM, Plan, READ, SERVICE};

pub const SCENARIO: Scenario = Scenario {
    name: "proxy",
    about: "calls through the proxy, 16 connections, beside nginx and a plain axum proxy",
    run,
};

fn run(lab: &Lab) -> Result<Findings> {
    let nowhere = "127.0.0.1:9".parse()?;
    let upstream = Nginx::start(lab, LOAD_CORE, Kind::Return, nowhere)?;
    let inject = Nginx::start(lab, SERVER_CORE, Kind::Inject, upstream.address)?;
    let ask = Nginx::start(lab, SERVER_CORE, Kind::Ask, upstream.address)?;
    let (plain, plain_at) = lab.own_server(SERVER_CORE, &["proxy", &upstream.address.to_string()])?;
    let broker = Broker::set_up(lab, &Plan::new(lab, upstream.address))?;
    let grant =
        lab.runtime.block_on(Grant::obtain(&broker.agent(0)?, &broker.person()?, SERVICE, &[READ]))?;
    // Everybody gets the same headers to read and to throw away.
    let same = |to| Ask::get(to, ITEM).header("authorization", format!("Bearer {}", grant.token));
    let mut peers = Peers::none_yet(lab);
    peers.add(envoy::INJECTS, |lab| envoy::start(lab, upstream.address, None, same));
    peers.add(envoy::CHECKS, |lab| {
        envoy::start(lab, upstream.address, Some(&envoy::Issuer::of(lab, &broker)?), same)
    });
    let own = [
        Contender::new("the service alone (nginx return)", same(upstream.address), &upstream.server),
        Contender::new("nginx, injects", same(inject.address), &inject.server),
        Contender::new("nginx, asks (auth_request) and injects", same(ask.address), &ask.server),
        Contender::new("plain axum proxy, injects", same(plain_at), &plain),
        Contender::new("countersign", grant.call(broker.address, SERVICE, ITEM), &broker.server),
    ];
    let contenders: Vec<Contender<'_>> = own.into_iter().chain(peers.contenders()).collect();
    let rows = compare(lab, 16, &contenders)?;
    let mut findings = Findings { goals: goals(&rows), notes: peers.notes.clone(), ..Findings::default() };
    if lab.peers {
        findings.goals.extend(beside_envoy(&rows));
        findings.notes.push(AGENTGATE.to_owned());
    }
    findings.rows("Calls through the proxy", rows);
    Ok(findings)
}

fn goals(rows: &[Row]) -> Vec<Goal> {
    let [_, inject, ask, plain, ours, ..] = rows else { return Vec::new() };
    let beside = |other: &Row| percent(ours.ratio(other, |round| round.rate));
    vec![
        Goal::at_least(
            "proxy, 16 connections: rate beside nginx that injects",
            "%",
            20.0,
            Some(32.0),
            beside(inject),
        ),
        Goal::at_least(
            "proxy, 16 connections: rate beside a plain axum proxy",
            "%",
            25.0,
            Some(40.0),
            beside(plain),
        ),
        Goal::told("proxy, 16 connections: rate beside nginx that asks and injects", "%", beside(ask)),
    ]
}

fn beside_envoy(rows: &[Row]) -> Vec<Goal> {
    let [_, _, _, _, ours, ..] = rows else { return Vec::new() };
    let beside = |peer| times(ours, rows, peer);
    vec![
        Goal::at_least(
            "proxy, 16 connections: rate beside Envoy that checks a signature each time",
            "×",
            2.0,
            Some(2.7),
            beside(envoy::CHECKS),
        ),
        Goal::told("proxy, 16 connections: rate beside Envoy that only injects", "×", beside(envoy::INJECTS)),
    ]
}
