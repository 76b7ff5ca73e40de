//! `cargo xtask interop`: clients of others drive every OAuth door of a broker that runs.
//!
//! 1. Get node and the clients (`node`), in the versions of `xtask/interop/package-lock.json`.
//! 2. Set the stage (`stage`): the built broker, a service, agents, a person (`declaration`).
//! 3. The authorization leg of the MCP conformance suite (`suite`), then a strict client (`strict`); whenever one of them
//!    sends a person's browser somewhere, the person (`person`) reads, decides and goes back.
//! 4. Every scenario of the list (`scenarios`) must have run well, once.

mod declaration;
mod node;
mod person;
mod scenarios;
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
use node::Node;
use person::Person;
use scenarios::{ALL, Tally};
use stage::Stage;

#[derive(clap::Args)]
pub struct Args {
    /// List the scenarios, as docs/oauth.md does.
    #[arg(long)]
    list: bool,
}

pub fn run(args: &Args) -> Result<()> {
    if args.list {
        print!("{}", tried::table());
        return Ok(());
    }
    let node = sh::step("Node and the clients", Node::get)?;
    println!("  node {}", node.version()?);
    let programs = sh::step("The broker", || Programs::build(true))?;
    println!("{}", play(&node, &programs)?);
    Ok(())
}

/// The scenarios that show a requirement.
pub fn shows(requirement: &str) -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(move |it| it.shows.contains(&requirement)).map(|it| it.name)
}

/// As a step of `cargo xtask test`.
pub fn step() -> Result<Outcome> {
    if Tool::InteropClients.find().is_none() {
        return Outcome::missing(Tool::InteropClients);
    }
    run(&Args { list: false })?;
    Ok(Outcome::Done)
}

fn play(node: &Node, programs: &Programs) -> Result<String> {
    let (private, public) = strict::key(node)?;
    let stage = sh::step("A tracker, a broker, a person and agents", || Stage::set(programs, &public))?;
    let mut person = Person::new(&stage)?;
    let mut tally = Tally::default();
    let played = sh::step("The authorization leg of the MCP conformance suite", || {
        suite::run(&stage, node, &mut person, &mut tally)
    })
    .and_then(|()| {
        sh::step("A strict client: openid-client, oauth4webapi", || {
            strict::run(&stage, node, &private, &mut person, &mut tally)
        })
    });
    let summary = played.and_then(|()| tally.summary(ALL));
    if summary.is_err() && !sh::interrupted() {
        println!("\n  The broker's last lines:\n{}", stage.log());
    }
    summary
}
