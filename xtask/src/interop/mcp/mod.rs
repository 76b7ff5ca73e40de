//! The gateway between clients and servers of others.
//!
//! 1. The conformance suite's server leg, directly and through the gateway (`server_leg`), for both revisions.
//! 2. Its client leg, which drives the gateway's upstream side (`client_leg`).
//! 3. The official SDKs, from the first 401 to the last, and two published servers behind the gateway, in their hands.

mod client_leg;
mod results;
mod revision;
mod server_leg;
pub mod upstreams;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::declaration::{BY_SECRET, PERSON};
use super::node::Node;
use super::person::Person;
use super::python::Python;
use super::scenarios::Tally;
use super::scripted;
use super::served::Served;
use super::stage::Stage;
use crate::demo::programs::Programs;
use crate::sh;
use revision::Revision;
use server_leg::Leg;
use upstreams::Upstreams;

pub struct Tried<'a> {
    pub stage: &'a Stage,
    pub upstreams: &'a Upstreams,
    pub node: &'a Node,
    pub python: &'a Python,
    pub programs: &'a Programs,
}

impl Tried<'_> {
    /// All of it, whatever fails on the way: what did not run is told in the end.
    pub fn run(&self, person: &mut Person, tally: &mut Tally) -> Result<()> {
        let told = self.told();
        let mut typescript = self.node.script("typescript.mjs");
        let servers = sh::step("The server leg of the MCP conformance suite", || self.servers(person, tally));
        let clients = sh::step("The client leg of the MCP conformance suite", || self.clients(tally));
        let typescript = sh::step("The official TypeScript SDK, and published servers", || {
            scripted::play(&mut typescript, &told, person, tally)
        });
        let python = sh::step("The official Python SDK", || {
            scripted::play(&mut self.python.script(), &told, person, tally)
        });
        servers.and(clients).and(typescript.map(drop)).and(python.map(drop))
    }

    fn servers(&self, person: &mut Person, tally: &mut Tally) -> Result<()> {
        let token = self.upstreams.folder().join("suite.token");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&token)?;
        file.write_all(self.granted(person, tally)?.as_bytes())?;
        let mut proxy = self.node.script("with-token.mjs");
        let proxy = Served::ours(proxy.args(["--to", &self.stage.url, "--token"]).arg(&token))?;
        let through = format!("{}/mcp/{}", proxy.url, upstreams::FIXTURE);
        for revision in Revision::BOTH {
            let leg = Leg::run(self.node, revision, &self.upstreams.open.url, &through)?;
            println!("\n  {}\n{}", revision.name(), leg.table());
            tally.note(&format!("server-{}", revision.name()), leg.outcome());
        }
        Ok(())
    }

    fn clients(&self, tally: &mut Tally) -> Result<()> {
        for revision in Revision::BOTH {
            let outcome = client_leg::run(self.node, revision, &self.programs.broker)?;
            tally.note(&format!("client-{}", revision.name()), outcome);
        }
        Ok(())
    }

    /// A token for every tool that the suite calls.
    fn granted(&self, person: &mut Person, tally: &mut Tally) -> Result<String> {
        let told = json!({
            "issuer": self.stage.url,
            "resource": self.endpoint(upstreams::FIXTURE),
            "upstream": upstreams::FIXTURE,
            "person": PERSON,
            "bySecret": {"id": BY_SECRET, "secret": self.stage.secret(BY_SECRET)?},
        });
        let given = scripted::play(&mut self.node.script("grant.mjs"), &told, person, tally)?;
        given.context("there is no token for the suite")
    }

    fn told(&self) -> Value {
        let endpoints = upstreams::ALL.map(|it| (it.to_owned(), json!(self.endpoint(it))));
        json!({
            "issuer": self.stage.url,
            "endpoints": endpoints.into_iter().collect::<serde_json::Map<_, _>>(),
            "called": self.upstreams.called(),
            "folder": self.upstreams.files(),
            "bridge": {"program": self.programs.countersign, "env": self.stage.as_agent(BY_SECRET)},
        })
    }

    /// Where a service is reached behind the gateway.
    fn endpoint(&self, service: &str) -> String {
        format!("{}/mcp/{service}", self.stage.url)
    }
}
