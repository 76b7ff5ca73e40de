//! The standard doors: from an authorization request to its access token, and what a token is worth.

mod code;

use anyhow::Result;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Scenario, exchange::percent};
use crate::findings::{Findings, Goal, Table, plain};
use crate::lab::Lab;
use crate::load::Ask;
use crate::machine::SERVER_CORE;
use crate::number::quantile;
use crate::peer::{Peers, oidc_provider, times};
use crate::rounds::{Contender, Row, compare};
use crate::stage::{Broker, Grant, Plan, READ, SERVICE, agent};

pub const SCENARIO: Scenario = Scenario {
    name: "oauth",
    about: "an authorization code's round trip, and introspection with 64 connections, beside a bare axum",
    run,
};

fn run(lab: &Lab) -> Result<Findings> {
    let broker = Broker::set_up(lab, &Plan::new(lab, "127.0.0.1:9".parse()?))?;
    let mut findings = Findings::default();
    round_trips(lab, &broker, &mut findings)?;
    introspection(lab, &broker, &mut findings)?;
    Ok(findings)
}

fn round_trips(lab: &Lab, broker: &Broker, findings: &mut Findings) -> Result<()> {
    let mut peers = Peers::none_yet(lab);
    peers.add(oidc_provider::CODES, oidc_provider::leading);
    let times = code::measure(lab, broker, peers.iter().next().map(|(_, peer)| peer.ask.to))?;
    let what = "authorization-code round trip: p50 beside a bare axum's";
    findings.goals.push(Goal::told(what, "×", Some(code::ratio(&times.ours, &times.bare))));
    let mut table = Table::new(
        "From the authorization request to the access token, one after the other",
        &["what", "round trips", "p50 ms", "p95 ms", "most ms"],
    );
    table.rows.push(row("countersign: authorize, read the card, approve, return, redeem", &times.ours));
    table.rows.push(row("bare axum: five answers of the same kinds", &times.bare));
    if !times.peer.is_empty() {
        let what = "authorization-code round trip: oidc-provider's p50 beside ours";
        findings.goals.push(Goal::told(what, "×", Some(code::ratio(&times.peer, &times.ours))));
        table.rows.push(row("oidc-provider 9.13: authorize, consent, resume, redeem", &times.peer));
    } else if lab.peers {
        let what = "authorization-code round trip: oidc-provider's p50 beside ours";
        findings.goals.push(Goal::told(what, "×", None));
    }
    findings.tables.push(table);
    findings.notes.extend(peers.notes.clone());
    Ok(())
}

/// Of rounds of times in ms, each sorted.
fn row(what: &str, rounds: &[Vec<f64>]) -> Vec<String> {
    let mut all = rounds.concat();
    all.sort_by(f64::total_cmp);
    let times = [0.5, 0.95, 1.0].map(|share| plain(quantile(&all, share)));
    [what.to_owned(), all.len().to_string()].into_iter().chain(times).collect()
}

fn introspection(lab: &Lab, broker: &Broker, findings: &mut Findings) -> Result<()> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let grant =
        lab.runtime.block_on(Grant::obtain(&broker.agent(0)?, &broker.person()?, SERVICE, &[READ]))?;
    let basic = BASE64_STANDARD.encode(format!("{}:{}", agent(0), broker.agent_secret(0)?));
    let body = format!("token={}", grant.token);
    let ours = Ask::post(broker.address, "/oauth/introspect", FORM, body.clone())
        .header("authorization", format!("Basic {basic}"));
    let (bare, at) = lab.own_server(SERVER_CORE, &["bare"])?;
    let mut peers = Peers::none_yet(lab);
    peers.add(oidc_provider::INTROSPECTS, oidc_provider::introspecting);
    let own = [
        Contender::new("bare axum, form to JSON", Ask::post(at, "/form", FORM, body), &bare),
        Contender::new("countersign", ours, &broker.server),
    ];
    let contenders: Vec<Contender<'_>> = own.into_iter().chain(peers.contenders()).collect();
    let rows = compare(lab, 64, &contenders)?;
    findings.goals.extend(goals(lab, &rows));
    findings.rows("Introspection of a live grant token", rows);
    findings.notes.extend(peers.notes.clone());
    Ok(())
}

fn goals(lab: &Lab, rows: &[Row]) -> Vec<Goal> {
    let [bare, ours, ..] = rows else { return Vec::new() };
    let ratio = percent(ours.ratio(bare, |round| round.rate));
    let mut goals = vec![Goal::told("introspection, 64 connections: rate beside bare axum", "%", ratio)];
    if lab.peers {
        let peer = times(ours, rows, oidc_provider::INTROSPECTS);
        let what = "introspection, 64 connections: rate beside oidc-provider's";
        goals.push(Goal::at_least(what, "×", 2.5, Some(3.0), peer));
    }
    goals
}
