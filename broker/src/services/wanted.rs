//! How things should be.

use crate::store::{agent_keys::Key, agents::Agent};
use protocol::{Slug, people::Scope, services::ServiceDefinition, sessions::Role};
use serde::{Deserialize, Serialize};

/// All that a file declares. What it leaves out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// People.
    pub people: Vec<WantedPerson>,
    /// Services.
    pub services: Vec<ServiceDefinition>,
    /// Connections, without their secrets.
    pub connections: Vec<WantedConnection>,
    /// Agents.
    pub agents: Vec<WantedAgent>,
    /// Whether the secret of every connection is sealed again, changed or not.
    pub reseal: bool,
    /// Connections that may be left without a secret that opens, where their service moves: they cannot be used until
    /// their secret is entered again.
    #[serde(default)]
    pub left_unusable: Vec<Slug>,
    /// Agents that get a new secret in any case.
    pub new_secrets: Vec<Slug>,
    /// Whether the live sessions of agents that get a new secret end.
    pub end_sessions: bool,
    /// How the one agent stood, with its keys, for whoever worked this out on a page; if it has moved since, nothing is
    /// done. A file says how things are to be, whatever they were.
    #[serde(skip)]
    pub agent_as_seen: Option<(Agent, Vec<Key>)>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedPerson {
    /// Their name.
    pub name: Slug,
    /// Their name for people.
    pub title: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// For which services and agents they may decide.
    #[serde(default)]
    pub decides_for: Scope,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedConnection {
    /// Its name.
    pub name: Slug,
    /// Its service.
    pub service: Slug,
    /// Whose account it is at the service.
    pub account: String,
    /// The owner of a personal one.
    pub owner: Option<Slug>,
    /// Who may approve for a shared one; empty means everybody with the role.
    pub approvers: Vec<Slug>,
    /// Whether the file says where its secret is.
    pub has_secret: bool,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedAgent {
    /// Its name.
    pub name: Slug,
    /// Its name for people.
    pub title: String,
    /// Whose it is.
    pub owner: Slug,
    /// Whether the grant token itself may be used at the proxy.
    pub direct: bool,
    /// Whether it has a secret; left out, one that is there stays, and a new agent gets one if it has no keys.
    pub secret: Option<bool>,
    /// Its public keys; left out, those that are there stay.
    pub keys: Option<Vec<Key>>,
    /// Where a browser may be sent back to with a code for it; left out, what is there stays.
    #[serde(default)]
    pub redirect_uris: Option<Vec<String>>,
}
