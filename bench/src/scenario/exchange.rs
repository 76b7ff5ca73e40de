//! Minting call tokens: signed, and recorded durably before they leave.

use anyhow::Result;

use super::Scenario;
use crate::baseline::bare::Asked;
use crate::findings::{Findings, Goal};
use crate::lab::Lab;
use crate::load::Ask;
use crate::machine::{LOAD_CORE, SERVER_CORE};
use crate::peer::{Peers, oidc_provider, openbao, times};
use crate::rounds::{Contender, Row, compare};
use crate::stage::{Broker, Grant, Plan, READ, SERVICE, agent};

pub const SCENARIO: Scenario = Scenario {
    name: "exchange",
    about: "token exchange, 16 and 64 connections, beside a bare axum that turns JSON into JSON",
    run,
};

fn run(lab: &Lab) -> Result<Findings> {
    let (_upstream, upstream) = lab.own_server(LOAD_CORE, &["upstream"])?;
    let broker = Broker::set_up(lab, &Plan::new(lab, upstream))?;
    let grant =
        lab.runtime.block_on(Grant::obtain(&broker.agent(0)?, &broker.person()?, SERVICE, &[READ]))?;
    let exchange = grant.exchange(broker.address, SERVICE, &agent(0), &broker.agent_secret(0)?);
    let (bare, at) = lab.own_server(SERVER_CORE, &["bare"])?;
    let asked =
        Asked { subject_token: grant.token.clone(), audience: SERVICE.to_owned(), scope: READ.to_owned() };
    let token = Ask::post(at, "/token", "application/json", serde_json::to_string(&asked)?);
    let mut peers = Peers::none_yet(lab);
    peers.add(oidc_provider::MINTS, oidc_provider::start);
    peers.add(openbao::MINTS, openbao::start);
    let own = [
        Contender::new("bare axum, JSON to JSON", token, &bare),
        Contender::new("countersign", exchange, &broker.server),
    ];
    let contenders: Vec<Contender<'_>> = own.into_iter().chain(peers.contenders()).collect();
    let mut findings = Findings { notes: peers.notes.clone(), ..Findings::default() };
    let few = compare(lab, 16, &contenders)?;
    let many = compare(lab, 64, &contenders)?;
    findings.goals = goals(lab, &many);
    findings.rows("Token exchange, recorded durably", few.into_iter().chain(many));
    Ok(findings)
}

fn goals(lab: &Lab, rows: &[Row]) -> Vec<Goal> {
    let [bare, ours, ..] = rows else { return Vec::new() };
    let ratio = ours.ratio(bare, |round| round.rate);
    let processor = bare.ratio(ours, |round| round.processor);
    let commit = lab.real_disk().1.commit_p50;
    let p99 = ours.void().is_none().then(|| ours.summary(|round| round.p99));
    let mut goals = vec![
        Goal::at_least(
            "exchange, 64 connections: rate beside bare axum",
            "%",
            20.0,
            Some(30.0),
            percent(ratio),
        ),
        Goal::told("exchange, 64 connections: bare axum's CPU beside ours", "%", percent(processor)),
        Goal::at_most("exchange, 64 connections: p99", "µs", 5.0 * commit + 5_000.0, None, p99),
    ];
    if lab.peers {
        goals.extend(beside_peers(ours, rows));
    }
    goals
}

fn beside_peers(ours: &Row, rows: &[Row]) -> [Goal; 2] {
    let oidc_provider = times(ours, rows, oidc_provider::MINTS);
    let openbao = times(ours, rows, openbao::MINTS);
    [
        Goal::at_least(
            "exchange, 64 connections: rate beside oidc-provider's JWT",
            "×",
            4.0,
            Some(7.0),
            oidc_provider,
        ),
        Goal::at_least(
            "exchange, 64 connections: rate beside OpenBao's signed token",
            "×",
            15.0,
            Some(30.0),
            openbao,
        ),
    ]
}

/// A share in percent.
pub fn percent(share: Option<crate::number::Summary>) -> Option<crate::number::Summary> {
    share.map(|share| share.scaled(100.0))
}
