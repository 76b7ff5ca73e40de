//! How well an OAuth client is known that a person brought along.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How a client came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// By a document at an address of its own: the host vouches for it.
    Document,
    /// It registered itself: nothing vouches for it.
    Registered,
    /// Somebody registered it here as an agent.
    Declared,
}

/// A client as it was when its agent asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClientRef {
    /// Its id.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// The host that vouches for it; none if nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// How it came to be known.
    pub came: Came,
    /// When it was first seen.
    pub first_seen: DateTime<Utc>,
    /// The hosts that a browser may be sent back to with its answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_hosts: Vec<String>,
}

impl ClientRef {
    /// Whether every answer goes to a program on the device that the browser runs on, and nothing says which program.
    pub fn is_anybody_on_this_device(&self) -> bool {
        let local = |host: &String| matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        self.came == Came::Registered
            && !self.redirect_hosts.is_empty()
            && self.redirect_hosts.iter().all(local)
    }
}

/// What has a name that looks like the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TwinKind {
    /// Another agent of the same person.
    Agent,
    /// Another client, that a host vouches for.
    Client,
    /// A service.
    Service,
    /// A well-known product.
    Product,
}

/// Something else whose name looks like the client's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Twin {
    /// What it is.
    pub kind: TwinKind,
    /// Its name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anybody_on_the_device_is_who_only_answers_there_and_is_not_vouched_for() {
        let client = |came, hosts: &[&str]| ClientRef {
            id: "csn_c_x".to_owned(),
            name: "Client".to_owned(),
            host: None,
            came,
            first_seen: DateTime::UNIX_EPOCH,
            redirect_hosts: hosts.iter().map(|&it| it.to_owned()).collect(),
        };
        assert!(client(Came::Registered, &["localhost", "127.0.0.1"]).is_anybody_on_this_device());
        assert!(!client(Came::Registered, &["localhost", "app.example"]).is_anybody_on_this_device());
        assert!(!client(Came::Registered, &["localhost.evil.example"]).is_anybody_on_this_device());
        assert!(!client(Came::Document, &["localhost"]).is_anybody_on_this_device());
        assert!(!client(Came::Registered, &[]).is_anybody_on_this_device());
    }
}
