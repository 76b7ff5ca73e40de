//! From a revocation to the refusal: at this broker, and at another one on the same PostgreSQL.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use agent_client::PeopleClient;
use anyhow::{Result, ensure};
use protocol::revoke::{RevokeRequest, Subject};
use sqlx::{Connection, PgConnection};
use tokio::task::{JoinSet, LocalSet};

use super::Scenario;
use crate::baseline::nginx::{Kind, Nginx};
use crate::findings::{Findings, Goal, Table, plain};
use crate::lab::Lab;
use crate::load::Ask;
use crate::load::download::Open;
use crate::load::own::{connect, send};
use crate::machine::LOAD_CORE;
use crate::number::{Summary, float_len, quantile};
use crate::stage::{Broker, Grant, ITEM, Plan, READ, SERVICE};

pub const SCENARIO: Scenario = Scenario {
    name: "revoke",
    about: "from a revocation to the refusal, with callers that never stop, and at a second broker",
    run,
};

/// Callers that hammer one grant.
const CALLERS: usize = 16;
/// How long they do before the revocation comes, and after its acknowledgement.
const BEFORE: Duration = Duration::from_millis(60);
const AFTER: Duration = Duration::from_millis(60);
const TRIES: usize = 100;
const EVENTS: &str = "/projects/acme/site/events";

/// What all tries gave.
#[derive(Default)]
struct Tries {
    /// From sending the revocation to its acknowledgement, in ms.
    acknowledged: Vec<f64>,
    /// Calls that were sent after the acknowledgement and went through.
    passed: u32,
    /// Calls that went through at all: without them a try shows nothing.
    calls: usize,
}

fn run(lab: &Lab) -> Result<Findings> {
    let tries = if lab.effort.quick { 3 } else { TRIES };
    let upstream = Nginx::start(lab, LOAD_CORE, Kind::Return, "127.0.0.1:9".parse()?)?;
    let broker = Broker::set_up(lab, &Plan::new(lab, upstream.address))?;
    let commit = lab.real_disk().0.measure(&lab.folder)?;
    let idle = hammered(lab, &broker, broker.address, tries, 0)?;
    let loaded = hammered(lab, &broker, broker.address, tries, CALLERS)?;
    broker.say(&["audit", "verify"])?;
    let mut findings = Findings::default();
    let bound = commit.commit_p99 / 1e3 + 1.0;
    let p99 = |tries: &Tries| Some(Summary::of([quantile(&tries.acknowledged, 0.99)]));
    findings
        .goals
        .push(none_passed("revoke: calls let through after the acknowledgement", &[&idle, &loaded]));
    findings.goals.push(Goal::at_most(
        "revoke, idle: p99 to the acknowledgement",
        "ms",
        bound,
        None,
        p99(&idle),
    ));
    findings.goals.push(Goal::told(
        "revoke, callers hammering: p99 to the acknowledgement",
        "ms",
        p99(&loaded),
    ));
    let head = ["where", "tries", "calls let through before", "after", "ack p50 ms", "ack p99 ms"];
    let mut table = Table::new("Revocations", &head);
    table.rows.push(row("one broker, SQLite, idle", &idle));
    table.rows.push(row("one broker, SQLite, 16 callers hammer", &loaded));
    match &lab.postgres {
        Some(postgres) => two(lab, postgres, tries, &mut findings, &mut table)?,
        None => findings.notes.push("Two brokers were left out: no PostgreSQL was lent.".to_owned()),
    }
    findings.tables.push(table);
    Ok(findings)
}

fn none_passed(what: &str, tries: &[&Tries]) -> Goal {
    let passed: u32 = tries.iter().map(|it| it.passed).sum();
    Goal::at_most(what, "", 0.0, None, Some(Summary::of([f64::from(passed)])))
}

fn row(name: &str, tries: &Tries) -> Vec<String> {
    let time = |share| plain(quantile(&tries.acknowledged, share));
    let counts = [tries.acknowledged.len().to_string(), tries.calls.to_string(), tries.passed.to_string()];
    std::iter::once(name.to_owned()).chain(counts).chain([time(0.5), time(0.99)]).collect()
}

/// Revokes at `broker` while callers call at `at`. With none hammering, one call is made before and many after.
fn hammered(lab: &Lab, broker: &Broker, at: SocketAddr, tries: usize, callers: usize) -> Result<Tries> {
    let local = LocalSet::new();
    let (agent, person) = (broker.agent(0)?, broker.person()?);
    let mut all = local.block_on(&lab.runtime, async {
        let mut all = Tries::default();
        for _ in 0..tries {
            let grant = Grant::obtain(&agent, &person, SERVICE, &[READ]).await?;
            attempt(&grant, &person, &grant.call(at, SERVICE, ITEM), callers, &mut all).await?;
        }
        Ok::<_, anyhow::Error>(all)
    })?;
    ensure!(all.calls > 0, "no call went through before it was revoked");
    all.acknowledged.sort_by(f64::total_cmp);
    Ok(all)
}

async fn attempt(
    grant: &Grant,
    person: &PeopleClient,
    call: &Ask,
    callers: usize,
    all: &mut Tries,
) -> Result<()> {
    // When each call that went through had been sent.
    let through: Rc<RefCell<Vec<Instant>>> = Rc::default();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        tasks.spawn_local(hammer(call.clone(), through.clone()));
    }
    if callers == 0 {
        ensure!(send(&mut connect(call).await?, call).await?, "a call under a live grant was refused");
        all.calls += 1;
    } else {
        tokio::time::sleep(BEFORE).await;
    }
    let sent = Instant::now();
    revoke(grant, person).await?;
    let acknowledged = Instant::now();
    all.acknowledged.push((acknowledged - sent).as_secs_f64() * 1e3);
    if callers == 0 {
        tasks.spawn_local(hammer(call.clone(), through.clone()));
    }
    tokio::time::sleep(AFTER).await;
    tasks.shutdown().await;
    let through = through.borrow();
    all.calls += through.len();
    all.passed += through.iter().map(|sent| u32::from(*sent > acknowledged)).sum::<u32>();
    Ok(())
}

async fn hammer(call: Ask, through: Rc<RefCell<Vec<Instant>>>) {
    let Ok(mut sender) = connect(&call).await else { return };
    loop {
        let sent = Instant::now();
        match send(&mut sender, &call).await {
            Ok(true) => through.borrow_mut().push(sent),
            Ok(false) => {}
            Err(_) => match connect(&call).await {
                Ok(fresh) => sender = fresh,
                Err(_) => return,
            },
        }
    }
}

async fn revoke(grant: &Grant, person: &PeopleClient) -> Result<()> {
    let subject = Subject::Session { grant: grant.id.clone() };
    let stopped = person.revoke(&subject, &RevokeRequest::default()).await?;
    ensure!(stopped.sessions == 1, "the revocation ended {} sessions", stopped.sessions);
    Ok(())
}

/// Revoked at one broker, called and streaming at the other.
fn two(lab: &Lab, postgres: &str, tries: usize, findings: &mut Findings, table: &mut Table) -> Result<()> {
    let (_service, at) = lab.own_server(LOAD_CORE, &["upstream"])?;
    let database = lab.runtime.block_on(fresh_database(postgres))?;
    let first = Broker::set_up(lab, &Plan { database: Some(database), ..Plan::new(lab, at) })?;
    let second = first.twin(lab)?;
    let hammered = hammered(lab, &first, second.address, tries, CALLERS)?;
    table.rows.push(row("two brokers, PostgreSQL, 16 callers hammer the other", &hammered));
    let what = "revoke, two brokers: calls let through by the other after the acknowledgement";
    findings.goals.push(none_passed(what, &[&hammered]));
    let loads = [("idle", 0, 25.0, Some(10.0)), ("loaded", CALLERS, 100.0, None)];
    for (name, callers, must, hoped) in loads {
        let cut = cuts(lab, &first, &second, tries, callers)?;
        let what = format!("revoke, two brokers, {name}: p99 until the other cuts a stream");
        let p99 = Some(Summary::of([quantile(&cut, 0.99)]));
        findings.goals.push(Goal::at_most(&what, "ms", must, hoped, p99));
    }
    first.say(&["audit", "verify"])?;
    Ok(())
}

/// From the acknowledgement at one broker to the end of a stream at the other, in ms; sorted.
fn cuts(lab: &Lab, first: &Broker, second: &Broker, tries: usize, callers: usize) -> Result<Vec<f64>> {
    let (agent, person) = (first.agent(0)?, first.person()?);
    let mut times = LocalSet::new().block_on(&lab.runtime, async {
        let other = Grant::obtain(&agent, &person, SERVICE, &[READ]).await?;
        let mut load = JoinSet::new();
        for _ in 0..callers {
            load.spawn_local(hammer(other.call(second.address, SERVICE, ITEM), Rc::default()));
        }
        let mut times = Vec::with_capacity(tries);
        for _ in 0..tries {
            let grant = Grant::obtain(&agent, &person, SERVICE, &["events.read"]).await?;
            let stream = Open::start(&grant.call(second.address, SERVICE, EVENTS)).await?;
            revoke(&grant, &person).await?;
            let acknowledged = Instant::now();
            stream.ended().await;
            times.push(acknowledged.elapsed().as_secs_f64() * 1e3);
        }
        load.shutdown().await;
        Ok::<_, anyhow::Error>(times)
    })?;
    ensure!(float_len(times.len()) > 0.0, "no try");
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// A database of its own in the lent server.
async fn fresh_database(postgres: &str) -> Result<String> {
    let name = format!("bench_{}", std::process::id());
    let mut conn = PgConnection::connect(postgres).await?;
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(create).execute(&mut conn).await?;
    let (server, _) = postgres.rsplit_once('/').unwrap_or((postgres, ""));
    Ok(format!("{server}/{name}"))
}
