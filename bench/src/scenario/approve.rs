//! From the person's approval to the agent that waits, with many others connected.

use std::time::Instant;

use agent_client::PeopleClient;
use anyhow::{Context, Result};
use protocol::card::Approve;
use protocol::{AccessRequest, RequestId, RequestView};

use super::Scenario;
use crate::findings::{Findings, Goal, Table, plain};
use crate::lab::Lab;
use crate::load::Ask;
use crate::load::own::{connect, read_json};
use crate::load::socket::Socket;
use crate::number::{Summary, float, float_len, quantile};
use crate::stage::{Broker, Plan, READ, SERVICE, asked};

pub const SCENARIO: Scenario = Scenario {
    name: "approve",
    about: "from an approval to the waiting agent's WebSocket, with 1,000 and 5,000 agents connected",
    run,
};

const CONNECTED: [usize; 2] = [1_000, 5_000];
const APPROVALS: usize = 200;

fn run(lab: &Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let head = ["connected", "approvals", "p50 ms", "p99 ms", "most ms", "kB per socket"];
    let mut table = Table::new("From sending the approval to the event at the agent's socket", &head);
    for connected in CONNECTED.map(|it| if lab.effort.quick { it / 100 } else { it }) {
        let bound = lab.real_disk().0.measure(&lab.folder)?.commit_p99 / 1e3;
        let (times, per_socket) = at(lab, connected)?;
        let p99 = quantile(&times, 0.99);
        let what = format!("approve → waiting agent, {connected} connected: p99");
        findings.goals.push(Goal::at_most(
            &what,
            "ms",
            bound + 3.0,
            Some(bound + 1.0),
            Some(Summary::of([p99])),
        ));
        let (p50, most) = (quantile(&times, 0.5), quantile(&times, 1.0));
        let figures = [p50, p99, most, per_socket].map(plain);
        table
            .rows
            .push([connected.to_string(), times.len().to_string()].into_iter().chain(figures).collect());
    }
    findings.tables.push(table);
    Ok(findings)
}

/// Sorted times in ms, and what a connected socket costs in kB.
fn at(lab: &Lab, connected: usize) -> Result<(Vec<f64>, f64)> {
    let nowhere = "127.0.0.1:9".parse()?;
    let broker = Broker::set_up(lab, &Plan { agents: connected, ..Plan::new(lab, nowhere) })?;
    let person = broker.person()?;
    let secrets = (0..connected).map(|index| broker.agent_secret(index)).collect::<Result<Vec<_>>>()?;
    let before = broker.server.memory_kb();
    lab.runtime.block_on(async {
        let mut sockets = Vec::new();
        for secret in &secrets {
            sockets.push(Socket::connect(broker.address, secret).await?);
        }
        let per_socket = float(broker.server.memory_kb().saturating_sub(before)) / float_len(connected);
        let mut times = Vec::new();
        let request = asked(SERVICE, &[READ])?;
        for index in (0..connected).step_by((connected / APPROVALS).max(1)) {
            let id = open(&broker, &secrets[index], &request).await?;
            // The opening itself is told too.
            sockets[index].next().await?;
            times.push(approve(&person, &id, &mut sockets[index]).await?);
        }
        times.sort_by(f64::total_cmp);
        Ok((times, per_socket))
    })
}

async fn open(broker: &Broker, secret: &str, request: &AccessRequest) -> Result<RequestId> {
    let ask = Ask::post(broker.address, "/v1/requests", "application/json", serde_json::to_string(request)?);
    let ask = ask.header("authorization", format!("Bearer {secret}"));
    let view: RequestView = read_json(&mut connect(&ask).await?, &ask).await?;
    Ok(view.id)
}

/// In ms.
async fn approve(person: &PeopleClient, request: &RequestId, socket: &mut Socket) -> Result<f64> {
    let card = person.card(request).await?;
    let approval = Approve {
        narrowing: None,
        request_digest: card.request_digest,
        grant_digest: card.grant_digest.context("the card grants nothing")?,
        reason: None,
    };
    let start = Instant::now();
    let told = async {
        socket.next().await?;
        Ok::<_, anyhow::Error>(start.elapsed())
    };
    let (approved, told) = tokio::join!(person.approve(request, &approval), told);
    approved?;
    Ok(told?.as_secs_f64() * 1e3)
}
