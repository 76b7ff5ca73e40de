//! `cargo xtask interop`: clients of others drive every OAuth door and the MCP gateway of a broker that runs, and servers
//! of others stand behind it.
//!
//! 1. Get node, Python and the clients (`node`, `python`), in the versions of the lock files in `xtask/interop`.
//! 2. Set the stage (`stage`): the built broker, services, agents, a person (`declaration`), and MCP servers
//!    (`mcp::upstreams`).
//! 3. The OAuth doors: the authorization leg of the MCP conformance suite (`suite`), then a strict client (`strict`). The
//!    gateway (`mcp`). Whenever a client sends a person's browser somewhere, the person (`person`) reads, decides and
//!    goes back.
//! 4. Every scenario of the list (`scenarios`) must have run well, once.

mod declaration;
mod mcp;
mod node;
mod person;
mod python;
mod scenarios;
mod scripted;
mod served;
mod stage;
mod strict;
mod suite;
mod talk;
mod tried;
mod web;

use anyhow::Result;

use crate::demo::programs::Programs;
use crate::sh;
use crate::test::Outcome;
use crate::tools::Tool;
use mcp::{Tried, upstreams::Upstreams};
use node::Node;
use person::Person;
use python::Python;
use scenarios::{ALL, By, Scenario, Tally};
use stage::Stage;

#[derive(clap::Args)]
pub struct Args {
    /// List the scenarios, as docs/oauth.md and docs/mcp.md do.
    #[arg(long)]
    list: bool,
    /// Run a part, while working on it.
    #[arg(long)]
    only: Option<Part>,
}

/// A part of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The OAuth doors.
    Oauth,
    /// The MCP gateway.
    Gateway,
}

impl Part {
    fn by(self) -> &'static [By] {
        match self {
            Self::Oauth => &By::OAUTH,
            Self::Gateway => &By::MCP,
        }
    }
}

pub fn run(args: &Args) -> Result<()> {
    if args.list {
        println!("{}\n{}", tried::table(&By::OAUTH), tried::table(&By::MCP));
        return Ok(());
    }
    let node = sh::step("Node and the clients", Node::get)?;
    println!("  node {}", node.version()?);
    let python = sh::step("Python and its client", Python::get)?;
    println!("  python {}", python.version()?);
    let programs = sh::step("The broker", || Programs::build(true))?;
    println!("{}", play(&node, &python, &programs, args.only)?);
    Ok(())
}

/// The scenarios that show a requirement.
pub fn shows(requirement: &str) -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(move |it| it.shows.contains(&requirement)).map(|it| it.name)
}

/// As a step of `cargo xtask test`.
pub fn step() -> Result<Outcome> {
    for tool in [Tool::InteropClients, Tool::InteropPython] {
        if tool.find().is_none() {
            return Outcome::missing(tool);
        }
    }
    run(&Args { list: false, only: None })?;
    Ok(Outcome::Done)
}

fn play(node: &Node, python: &Python, programs: &Programs, only: Option<Part>) -> Result<String> {
    let (private, public) = strict::key(node)?;
    let upstreams = sh::step("MCP servers", || Upstreams::start(node))?;
    let stage =
        sh::step("A tracker, a broker, a person and agents", || Stage::set(programs, &public, &upstreams))?;
    let mut person = Person::new(&stage)?;
    let mut tally = Tally::default();
    let wanted = |part: Part| only.is_none_or(|it| it == part);
    let mut played = Ok(());
    if wanted(Part::Oauth) {
        played = doors(&stage, node, &private, &mut person, &mut tally);
    }
    if wanted(Part::Gateway) && !sh::interrupted() {
        let tried = Tried { stage: &stage, upstreams: &upstreams, node, python, programs };
        played = played.and(tried.run(&mut person, &mut tally));
    }
    let expected: Vec<&Scenario> = match only {
        None => ALL.iter().collect(),
        Some(part) => ALL.iter().filter(|it| part.by().contains(&it.by)).collect(),
    };
    let summary = played.and_then(|()| tally.summary(&expected));
    if summary.is_err() && !sh::interrupted() {
        println!("\n  The broker's last lines:\n{}", stage.log());
    }
    summary
}

fn doors(
    stage: &Stage,
    node: &Node,
    key: &serde_json::Value,
    person: &mut Person,
    tally: &mut Tally,
) -> Result<()> {
    sh::step("The authorization leg of the MCP conformance suite", || {
        suite::run(stage, node, person, tally)
    })?;
    sh::step("A strict client: openid-client, oauth4webapi", || strict::run(stage, node, key, person, tally))
}
