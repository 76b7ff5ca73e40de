//! What a revision of MCP requires, as the conformance suite has it: frozen when the revision was released.

use anyhow::{Result, ensure};

use crate::interop::node::Node;
use crate::interop::suite::SUITE;
use crate::sh;

/// The two that the gateway speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// With sessions.
    Sessions,
    /// Without state.
    Stateless,
}

/// What of a revision the suite tests.
pub struct Required {
    pub of_servers: Vec<String>,
    /// Without OAuth: a client that goes on to get a token is no part of the gateway.
    pub of_clients: Vec<String>,
}

impl Revision {
    pub const BOTH: [Self; 2] = [Self::Sessions, Self::Stateless];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sessions => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }

    /// How many scenarios there are of servers and of clients: a list that was read wrongly does not pass as a short one.
    fn counts(self) -> [usize; 2] {
        match self {
            Self::Sessions => [30, 4],
            Self::Stateless => [37, 7],
        }
    }

    pub fn required(self, node: &Node) -> Result<Required> {
        let list = sh::ask(node.script(SUITE).args(["list", "--requirements", self.name()]))?;
        let required = required(&list);
        let found = [required.of_servers.len(), required.of_clients.len()];
        ensure!(
            found == self.counts(),
            "the suite requires {found:?} scenarios of {}, not {:?}",
            self.name(),
            self.counts()
        );
        Ok(required)
    }
}

/// The rows `  - NAME` below each role's line; what is only run and reported comes after them.
fn required(list: &str) -> Required {
    let below = |head: &str| {
        let rows = list.lines().skip_while(move |line| !line.starts_with(head)).skip(1);
        let rows = rows.map_while(|line| line.strip_prefix("  - "));
        rows.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut of_clients = below("Client scenarios");
    of_clients.retain(|it| !it.starts_with("auth/"));
    Required { of_servers: below("Server scenarios"), of_clients }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_and_no_oauth_of_clients() {
        let list = "Required for 2026-07-28 (4 scenarios, frozen):\n\nServer scenarios (test against a server):\n  - ping\n  \
                    - caching\n\nClient scenarios (test against a client):\n  - tools_call\n  - auth/dpop\n\n\
                    Run and reported, but never scored:\n  extension (1):\n    - tasks-lifecycle [server]\n";
        let required = required(list);
        assert_eq!(required.of_servers, ["ping", "caching"]);
        assert_eq!(required.of_clients, ["tools_call"]);
    }
}
