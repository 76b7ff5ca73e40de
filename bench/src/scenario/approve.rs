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

/// How many are connected; the largest last.
const CONNECTED: [usize; 2] = [1_000, 5_000];
const APPROVALS: usize = 200;

/// What was found with so many connected.
struct Found {
    connected: usize,
    /// In ms, sorted.
    times: Vec<f64>,
    /// What a connected socket costs, in kB.
    per_socket: f64,
}

fn run(lab: &Lab) -> Result<Findings> {
    let connected = CONNECTED.map(|it| if lab.effort.quick { it / 100 } else { it });
    let nowhere = "127.0.0.1:9".parse()?;
    let agents = connected.iter().copied().max().unwrap_or_default();
    let broker = Broker::set_up(lab, &Plan { agents, ..Plan::new(lab, nowhere) })?;
    let bound = lab.real_disk().0.measure(&lab.folder)?.commit_p99 / 1e3;
    let found = lab.runtime.block_on(measure(&broker, &connected))?;
    let mut findings = Findings::default();
    let head = ["connected", "approvals", "p50 ms", "p99 ms", "most ms", "kB per socket"];
    let mut table = Table::new("From sending the approval to the event at the agent's socket", &head);
    for Found { connected, times, per_socket } in found {
        let time = |share| quantile(&times, share);
        let what = format!("approve → waiting agent, {connected} connected: p99");
        let p99 = Some(Summary::of([time(0.99)]));
        findings.goals.push(Goal::at_most(&what, "ms", bound + 3.0, Some(bound + 1.0), p99));
        let figures = [time(0.5), time(0.99), time(1.0), per_socket].map(plain);
        table
            .rows
            .push([connected.to_string(), times.len().to_string()].into_iter().chain(figures).collect());
    }
    findings.tables.push(table);
    Ok(findings)
}

/// Connects ever more agents, and lets some of those that came last ask.
async fn measure(broker: &Broker, connected: &[usize]) -> Result<Vec<Found>> {
    let (person, request) = (broker.person()?, asked(SERVICE, &[READ])?);
    let mut sockets: Vec<Socket> = Vec::new();
    let mut found = Vec::new();
    for &connected in connected {
        let (before, there) = (broker.server.memory_kb(), sockets.len());
        for index in there..connected {
            sockets.push(Socket::connect(broker.address, &broker.agent_secret(index)?).await?);
        }
        let added = float(broker.server.memory_kb().saturating_sub(before));
        let mut times = Vec::new();
        for index in (there..connected).step_by(((connected - there) / APPROVALS).max(1)) {
            let id = open(broker, &broker.agent_secret(index)?, &request).await?;
            // The opening itself is told too.
            sockets[index].next().await?;
            times.push(approve(&person, &id, &mut sockets[index]).await?);
        }
        times.sort_by(f64::total_cmp);
        found.push(Found { connected, times, per_socket: added / float_len(connected - there) });
    }
    Ok(found)
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
        passkey: None,
    };
    let start = Instant::now();
    // Whoever is refused ends the other's waiting.
    let approved = async { Ok::<_, anyhow::Error>(person.approve(request, &approval).await?) };
    let told = async {
        socket.next().await?;
        Ok(start.elapsed())
    };
    let (_, told) = tokio::try_join!(approved, told)?;
    Ok(told.as_secs_f64() * 1e3)
}
