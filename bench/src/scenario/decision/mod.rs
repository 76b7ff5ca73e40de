//! What a person waits for: the first page, the request page, and from pressing Approve to seeing what came of it.

mod browser;
mod http;
mod sizes;

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use protocol::RequestId;

use super::Scenario;
use crate::findings::{Findings, Goal, Table, plain};
use crate::lab::Lab;
use crate::number::{Summary, quantile};
use crate::stage::{Broker, Plan, READ, SERVICE, asked};

pub const SCENARIO: Scenario = Scenario {
    name: "decision",
    about: "how large the first pages are, and from pressing Approve to the page that shows the outcome",
    run,
};

/// As many agents with as many open requests as one may have: decisions of one round.
const AGENTS: usize = 20;
const OPEN: usize = 5;
/// Milliseconds.
const MUST: f64 = 300.0;

fn run(lab: &Lab) -> Result<Findings> {
    let site = lab.root.join("target/site");
    ensure!(site.join("pkg/ui_bg.wasm.br").is_file(), "the wasm half is not built: cargo xtask ui");
    let agents = if lab.effort.quick { 2 } else { AGENTS };
    // One more, whose requests stay open.
    let plan = Plan { agents: agents + 1, site: Some(site), ..Plan::new(lab, "127.0.0.1:9".parse()?) };
    let broker = Broker::set_up(lab, &plan)?;
    let mut findings = Findings::default();
    sizes::measure(lab, &broker, agents, &mut findings)?;
    let over_http = http::measure(lab, &broker, agents)?;
    findings.goals.push(p95("decision → page with the outcome, over HTTP: p95", &over_http.ours));
    findings.goals.push(Goal::told(
        "decision → page with the outcome: p50 beside a bare axum's POST and GET",
        "×",
        Some(over_http.ratio()),
    ));
    let mut table = Table::new(
        "From pressing Approve to the outcome",
        &["what", "decisions", "p50 ms", "p95 ms", "most ms"],
    );
    table.rows.push(row("countersign: POST, and the page that it leads to, whole", &over_http.ours));
    table.rows.push(row("bare axum: POST, and a page as large", &over_http.bare));
    match browser::measure(lab, &broker)? {
        Ok(times) => {
            findings
                .goals
                .push(p95("decision → outcome seen in Chromium: p95", std::slice::from_ref(&times)));
            table
                .rows
                .push(row("countersign in Chromium: from the click to the frame with the outcome", &[times]));
        }
        Err(why) => findings.notes.push(format!("The browser is left out: {why:#}")),
    }
    findings.tables.push(table);
    Ok(findings)
}

/// Of rounds of times in ms, each sorted.
fn p95(what: &str, rounds: &[Vec<f64>]) -> Goal {
    let of_rounds = Summary::of(rounds.iter().map(|times| quantile(times, 0.95)));
    Goal::at_most(what, "ms", MUST, None, Some(of_rounds))
}

fn row(what: &str, rounds: &[Vec<f64>]) -> Vec<String> {
    let mut all = rounds.concat();
    all.sort_by(f64::total_cmp);
    let times = [0.5, 0.95, 1.0].map(|share| plain(quantile(&all, share)));
    [what.to_owned(), all.len().to_string()].into_iter().chain(times).collect()
}

/// Open requests, no two of them the same.
async fn ask(broker: &Broker, agents: Range<usize>, round: usize) -> Result<Vec<RequestId>> {
    let mut open = Vec::new();
    for index in agents {
        let agent = broker.agent(index)?;
        for number in 0..OPEN {
            let mut request = asked(SERVICE, &[READ])?;
            request.purpose = format!("Measure a decision: request {number} of round {round}");
            let line = request.authorization_details.first_mut().context("a line")?;
            line.resources = vec![format!("acme/site{round}-{number}")];
            open.push(agent.request(&request).await?.id().clone());
        }
    }
    Ok(open)
}
