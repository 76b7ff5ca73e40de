//! What a broker costs with a thousand sessions behind it, and with a million.
//!
//! `bench generate` makes both databases; a broker serves each of them. They take turns under the same load. Then a
//! signed-in person looks at pages, `audit verify` reads all of it, and `bench record` looks at the table itself.

mod grown;
mod pages;

use anyhow::{Context, Result};

use super::Scenario;
use super::exchange::percent;
use crate::baseline::nginx::{Kind, Nginx};
use crate::findings::{Findings, Goal, Table, plain};
use crate::lab::Lab;
use crate::machine::LOAD_CORE;
use crate::number::Summary;
use crate::rounds::{Contender, Row, compare};
use crate::stage::{Broker, Grant, ITEM, Plan, READ, SERVICE, agent};
pub use grown::Growth;
use grown::{Grown, Size, Verified};

pub const SCENARIO: Scenario = Scenario {
    name: "growth",
    about: "what calls, pages and verifying cost behind a thousand sessions and behind a million",
    run,
};

const EXCHANGES: usize = 64;
const CALLS: usize = 16;
/// Agents with as many open requests as one may have: a full inbox.
const AGENTS: usize = 10;
const OPEN: usize = 5;

/// What was found of one size.
struct Found {
    size: Size,
    record: crate::record::Figures,
    verified: Verified,
    /// The pages, each with p50 and p99 in ms.
    pages: Vec<(&'static str, f64, f64)>,
}

fn run(lab: &Lab) -> Result<Findings> {
    let upstream = Nginx::start(lab, LOAD_CORE, Kind::Return, "127.0.0.1:9".parse()?)?;
    let sizes = Size::both(&lab.growth, lab.effort.quick);
    let mut stood = Vec::new();
    for size in sizes {
        let grown = Grown::of(lab, size)?;
        let plan = Plan { agents: AGENTS, ..Plan::new(lab, upstream.address) };
        let broker = Broker::set_up_in(lab, &plan, grown.folder)?;
        let grant =
            lab.runtime.block_on(Grant::obtain(&broker.agent(0)?, &broker.person()?, SERVICE, &[READ]))?;
        stood.push((size, broker, grant));
    }
    let mut findings = Findings::default();
    let exchanges = load(lab, &stood, EXCHANGES, |broker, grant| {
        Ok(grant.exchange(broker.address, SERVICE, &agent(0), &broker.agent_secret(0)?))
    })?;
    let calls = load(lab, &stood, CALLS, |broker, grant| Ok(grant.call(broker.address, SERVICE, ITEM)))?;
    findings.goals.extend(flat("exchange", &exchanges));
    findings.goals.extend(flat("proxied call", &calls));
    findings.rows("Token exchange, by what lies behind", exchanges);
    findings.rows("Calls through the proxy, by what lies behind", calls);
    let mut all = Vec::new();
    for (size, broker, grant) in stood {
        let pages = pages::measure(lab, &broker, &grant)?;
        let verified = Verified::of(&broker)?;
        all.push(Found { size, record: grown::record(lab, broker)?, verified, pages });
    }
    findings.goals.extend(goals(all.last().context("no size was measured")?));
    findings.tables.push(table(&all));
    findings.notes.push(
        "The database is made by `bench generate`: sessions in waves of a thousand side by side, of which one in twenty \
         makes half of all calls; `audit verify` passes on it. Verifying is timed as the whole command, on the load's \
         core. Records of a session are read by the broker's own function, of sessions \
         from all of the time that the database spans."
            .to_owned(),
    );
    Ok(findings)
}

fn load(
    lab: &Lab,
    stood: &[(Size, Broker, Grant)],
    connections: usize,
    ask: impl Fn(&Broker, &Grant) -> Result<crate::load::Ask>,
) -> Result<Vec<Row>> {
    let contender = |(size, broker, grant): &'_ (Size, Broker, Grant)| {
        Ok::<_, anyhow::Error>((size.name(), ask(broker, grant)?))
    };
    let asked: Vec<(String, crate::load::Ask)> = stood.iter().map(contender).collect::<Result<_>>()?;
    let contenders: Vec<Contender<'_>> = asked
        .into_iter()
        .zip(stood)
        .map(|((name, ask), (_, broker, _))| Contender { name, ask, server: &broker.server })
        .collect();
    compare(lab, connections, &contenders)
}

/// Costs may move by 30 % at most, in either direction worth knowing.
fn flat(what: &str, rows: &[Row]) -> Option<Goal> {
    let [small, large] = rows else { return None };
    let ratio = large.ratio(small, |round| round.processor);
    let what = format!("growth: CPU of one {what}, {} beside {}", large.name, small.name);
    Some(Goal::at_most(&what, "%", 130.0, None, percent(ratio)))
}

fn goals(large: &Found) -> Vec<Goal> {
    let one = |value: f64| Some(Summary::of([value]));
    let name = large.size.name();
    let mut goals = vec![
        Goal::at_most(
            &format!("growth: bytes of one record, {name}"),
            "B",
            400.0,
            None,
            one(large.record.bytes),
        ),
        Goal::at_most(
            &format!("growth: last 50 records of a session, p50, {name}"),
            "ms",
            1.0,
            None,
            one(large.record.last_p50 / 1e3),
        ),
        Goal::at_least(
            &format!("growth: audit verify, {name}"),
            "records/s",
            200_000.0,
            None,
            one(large.verified.rate()),
        ),
    ];
    for (page, _, p99) in &large.pages {
        goals.push(Goal::at_most(&format!("growth: page {page}, p99, {name}"), "ms", 50.0, None, one(*p99)));
    }
    goals
}

fn table(all: &[Found]) -> Table {
    let mut table = Table::new("The record and the pages", &["what"]);
    table.head.extend(all.iter().map(|it| it.size.name()));
    let mut row = |what: &str, of: &dyn Fn(&Found) -> String| {
        table.rows.push(std::iter::once(what.to_owned()).chain(all.iter().map(of)).collect());
    };
    row("records", &|it| plain(it.record.records));
    row("bytes of one record, with its indexes", &|it| plain(it.record.bytes));
    row("a group of 64 appended, p50 · p99 µs", &|it| pair(it.record.append_p50, it.record.append_p99));
    row("last 50 records of a session, p50 · p99 µs", &|it| pair(it.record.last_p50, it.record.last_p99));
    row("audit verify, records/s", &|it| plain(it.verified.rate()));
    row("audit verify, s", &|it| plain(it.verified.seconds));
    for (at, (page, ..)) in all.first().map(|it| &it.pages[..]).unwrap_or_default().iter().enumerate() {
        row(&format!("page {page}, p50 · p99 ms"), &|it| pair(it.pages[at].1, it.pages[at].2));
    }
    table
}

fn pair(p50: f64, p99: f64) -> String {
    format!("{} · {}", plain(p50), plain(p99))
}
