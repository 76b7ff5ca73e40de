//! What an agent imports to work through a Countersign broker.
//!
//! An agent asks for access, a person decides in their browser, the agent redeems the decision into a [`Session`]
//! and calls services through the broker. No credential of a service ever reaches the agent.
//!
//! ```no_run
//! use agent_client::{Client, Error, Method};
//! use protocol::{AccessRequest, Slug};
//! use std::time::Duration;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = std::env::var("COUNTERSIGN_AGENT_SECRET")?;
//! let client = Client::new("https://countersign.example", "triage-bot", secret)?;
//!
//! let asked: AccessRequest = serde_json::from_value(serde_json::json!({
//!     "authorization_details": [{
//!         "type": "service_access",
//!         "service": "tracker",
//!         "actions": ["issues.read", "issues.comment"],
//!         "resources": ["acme/site"],
//!         "limits": {"max_calls": 50}
//!     }],
//!     "purpose": "Answer the questions in new issues.",
//!     "duration": 3600
//! }))?;
//! let mut pending = client.request(&asked).await?;
//! println!("Approve at {} (code {})", pending.view().approve_url, pending.view().matching_code);
//!
//! match pending.wait(Duration::from_mins(10)).await {
//!     Ok(view) => println!("granted: {:?}", view.granted),
//!     Err(Error::Denied { reason, .. }) => return Err(reason.unwrap_or_default().into()),
//!     Err(other) => return Err(other.into()),
//! }
//! let session = pending.redeem().await?;
//!
//! let tracker: Slug = "tracker".parse()?;
//! let answer = session.call(&tracker, Method::GET, "/projects/acme%2Fsite/issues").send().await?;
//! println!("{}: {} bytes", answer.status(), answer.bytes().await?.len());
//!
//! session.end().await?;
//! # Ok(())
//! # }
//! ```
//!
//! What is tried again: reads, the token exchange, and what is known not to have arrived. A call at the proxy is sent
//! once, unless it carries an `Idempotency-Key`. Where it is not known whether an act happened, the error says so:
//! [`Error::OutcomeUnknown`].

mod actions;
mod backchannel;
mod base;
mod call;
mod client;
mod error;
mod events;
mod http;
mod key;
mod mcp;
mod narrow;
mod people;
mod requests;
mod secret;
mod session;
mod wait;

pub use backchannel::{BackchannelRequest, PendingBackchannel};
pub use call::{Answer, Call};
pub use client::Client;
pub use error::{Error, Refusal};
pub use events::Events;
pub use http::retry::{Pauser, Retry};
pub use key::{Key, KeyKind};
pub use narrow::Less;
pub use people::PeopleClient;
pub use requests::Pending;
pub use secret::Secret;
pub use session::{CallToken, Session};

pub use protocol;
pub use reqwest::{Body, Method, StatusCode, header};
