//! An MCP server is asked what it offers, which is on the record before its secret is opened, as any use of a secret is; and
//! what it says is taken in: its tools become the actions of its service. No session loses anything but the
//! tools that are not as they were granted, and that is judged with each call.

use super::{Acting, Why, declare::facts_of};
use crate::{
    ledger::{batch::Outcome, intent::Answer},
    store::{
        connections, services,
        tools::{self, SERVER, Tool},
    },
};
use protocol::{Digest, Slug, record::Actor, services::ServiceKind};
use serde_json::json;
use std::collections::BTreeMap;

/// The two ends of it.
#[derive(Debug, Clone)]
pub enum Tooling {
    /// Before the secret is opened.
    Ask(Asking),
    /// What it came to.
    Take(Offering),
}

/// A server that is about to be asked.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Which.
    pub service: Slug,
    /// The version of its declaration.
    pub version: i64,
    /// The account that it is asked with.
    pub connection: Slug,
    /// The version of its secret.
    pub secret_version: i64,
    /// Who has it asked.
    pub by: Actor,
}

/// What a server said of itself.
#[derive(Debug, Clone)]
pub struct Offering {
    /// Whose.
    pub service: Slug,
    /// The version of the declaration by which it was asked: nothing is taken from where the service is no longer.
    pub version: i64,
    /// Its tools and methods, by name.
    pub tools: Vec<Offered>,
    /// How many tools cannot be granted by their names or definitions.
    pub left_out: usize,
    /// Who had it asked.
    pub by: Actor,
}

/// A tool or method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Its name.
    pub name: String,
    /// SHA-256 over the RFC 8785 form of its definition.
    pub digest: Digest,
    /// Its definition as it was written.
    pub definition: String,
}

impl Acting<'_> {
    pub(super) async fn tooling(self, it: &Tooling) -> sqlx::Result<Outcome> {
        match it {
            Tooling::Ask(it) => self.asking(it).await,
            Tooling::Take(it) => self.offering(it).await,
        }
    }

    async fn asking(self, it: &Asking) -> sqlx::Result<Outcome> {
        if self.marks.sealed().is_some() {
            return Ok(Err(Why::Sealed));
        }
        let Some(service) = services::find(self.conn, &it.service).await? else {
            return Ok(Err(Why::Missing("service")));
        };
        if service.blocked {
            return Ok(Err(Why::Blocked("service")));
        }
        let connection = connections::find(self.conn, &it.connection).await?;
        let stands = connection.is_some_and(|found| found.version == it.secret_version);
        if service.version != it.version || !stands {
            return Ok(Err(Why::Changed));
        }
        let facts = json!({
            "service": it.service, "connection": it.connection, "secret_version": it.secret_version,
        });
        self.pen.write("service.tools_asked", it.by.clone(), None, None, facts_of(facts));
        Ok(Ok(Answer::Done))
    }

    async fn offering(self, it: &Offering) -> sqlx::Result<Outcome> {
        let Some(service) = services::find(self.conn, &it.service).await? else {
            return Ok(Err(Why::Missing("service")));
        };
        if service.version != it.version || service.definition.kind != ServiceKind::Mcp {
            return Ok(Err(Why::Changed));
        }
        let now = self.pen.now;
        let before: BTreeMap<&str, &Tool> = service.tools.iter().map(|it| (it.name.as_str(), it)).collect();
        let after: BTreeMap<&str, &Offered> = it.tools.iter().map(|it| (it.name.as_str(), it)).collect();
        let (mut added, mut changed, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        let mut server = None;
        for name in before.keys().filter(|name| !after.contains_key(*name)) {
            tools::gone(self.conn, &it.service, name, now).await?;
            gone.push(*name);
        }
        for (name, tool) in &after {
            match before.get(name) {
                Some(known) if known.digest == tool.digest => continue,
                _ if *name == SERVER => server = Some(&tool.digest),
                Some(known) => changed.push(json!({"tool": name, "from": known.digest, "to": tool.digest})),
                None => added.push(json!({"tool": name, "digest": tool.digest})),
            }
            tools::gone(self.conn, &it.service, name, now).await?;
            let row = (*name, &tool.digest, tool.definition.as_str());
            tools::offer(self.conn, &it.service, row, now).await?;
        }
        if !(added.is_empty() && changed.is_empty() && gone.is_empty() && server.is_none()) {
            let facts = json!({
                "service": it.service, "added": added, "changed": changed, "gone": gone, "left_out": it.left_out,
                "introduction": server,
            });
            self.pen.write("service.tools", it.by.clone(), None, None, facts_of(facts));
        }
        Ok(Ok(Answer::Done))
    }
}
