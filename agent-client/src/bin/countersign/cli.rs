//! The command line, in the order of its help.

use crate::duration::seconds;
use agent_client::{
    Method,
    protocol::{GrantId, RequestId, Slug},
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Environment:
  COUNTERSIGN_URL                 where the broker is (or --url)
  COUNTERSIGN_AGENT               the agent's name
  COUNTERSIGN_AGENT_SECRET        the agent's secret, or …_SECRET_FILE, a file that holds it
  COUNTERSIGN_AGENT_KEY_FILE      the agent's private key, instead of a secret
  COUNTERSIGN_PERSON_TOKEN        a person's token, or …_TOKEN_FILE; for inbox, approve, deny and stop
  NO_COLOR                        no bold text

Exit codes:
  0 done   1 refused, or failed in another way   2 wrong usage
  3 denied   4 pending   5 expired, lapsed or ended   6 the broker is unreachable

Files:
  Grant tokens can be had only once, so they are kept between commands: one file for each request, mode 0600, in
  $XDG_RUNTIME_DIR/countersign, else $XDG_STATE_HOME/countersign, else ~/.local/state/countersign (mode 0700).
  They are removed by `end` and once the session is over.

With --json every result is one JSON object a line on stdout, and an error one on stderr.";

/// Ask for access, wait for a person's decision, call through the broker.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// Where the broker is.
    #[arg(long, global = true, env = "COUNTERSIGN_URL", value_name = "URL")]
    pub url: Option<String>,
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask for access
    Request(RequestArgs),
    /// Wait for the decision on a request, then redeem it
    Wait(WaitArgs),
    /// What became of a request; without an id: what may I do now
    Status(StatusArgs),
    /// Print a call token for one action of one service
    Token(TokenArgs),
    /// Call a service through the broker
    Call(CallArgs),
    /// Be an MCP server on stdin and stdout, for clients that cannot reach the broker themselves
    Mcp(McpArgs),
    /// End a session, or take a pending request back
    End(EndArgs),
    /// Make a key for an agent: the private half into a file, the public half for the broker's apply file
    Keygen(KeygenArgs),
    /// For people: what waits, what is live; with an id: that request's card
    Inbox(InboxArgs),
    /// For people: approve a request, or less than it asks
    Approve(ApproveArgs),
    /// For people: deny a request
    Deny(DenyArgs),
    /// For people: end sessions at once
    Stop(StopArgs),
}

#[derive(Debug, Args)]
pub struct RequestArgs {
    /// The service to act on
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    pub service: Option<Slug>,
    /// An action of the service; repeat for several
    #[arg(long = "action", required_unless_present = "file", conflicts_with = "file")]
    pub actions: Vec<String>,
    /// A resource to act in; repeat for several; without it, all of them
    #[arg(long = "resource", conflicts_with = "file")]
    pub resources: Vec<String>,
    /// At most so many calls
    #[arg(long, conflicts_with = "file")]
    pub max_calls: Option<u32>,
    /// Which account of the service
    #[arg(long, conflicts_with = "file")]
    pub connection: Option<Slug>,
    /// The whole request as JSON, `-` for stdin; for several lines and conditions
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// Why, in plain words, at most 280 characters
    #[arg(long, required_unless_present = "file")]
    pub purpose: Option<String>,
    /// For how long from the approval, as 30s, 15m, 1h30m
    #[arg(long = "for", value_parser = seconds, value_name = "DURATION")]
    pub duration: Option<u32>,
    /// The request may stay open for hours
    #[arg(long)]
    pub asynchronous: bool,
    /// A repeat with the same key gets the same request
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// Wait for the decision, then redeem it
    #[arg(long)]
    pub wait: bool,
    /// How long to wait
    #[arg(long, value_parser = seconds, default_value = "12h", requires = "wait", value_name = "DURATION")]
    pub timeout: u32,
}

#[derive(Debug, Args)]
pub struct WaitArgs {
    /// The request
    #[arg(value_parser = request_id)]
    pub id: RequestId,
    /// How long to wait
    #[arg(long, value_parser = seconds, default_value = "12h", value_name = "DURATION")]
    pub timeout: u32,
    /// Leave the grant token to another command
    #[arg(long)]
    pub no_redeem: bool,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The request, or the session that came of it
    #[arg(value_parser = request_id)]
    pub id: Option<RequestId>,
}

#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The request, or the session that came of it
    #[arg(value_parser = request_id)]
    pub id: RequestId,
    /// The service
    pub service: Slug,
    /// The action
    pub action: String,
}

#[derive(Debug, Args)]
pub struct CallArgs {
    /// The request, or the session that came of it
    #[arg(value_parser = request_id)]
    pub id: RequestId,
    /// GET, POST, …
    pub method: Method,
    /// The service and the path there, with its query, as tracker/projects/acme%2Fsite/issues
    #[arg(value_name = "SERVICE/PATH", value_parser = target)]
    pub target: Target,
    /// A header, as 'Accept: text/plain'; with an Idempotency-Key a lost call is tried again
    #[arg(short = 'H', long = "header", value_name = "HEADER", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// The body; @FILE sends a file, @- stdin. What is JSON is sent as JSON
    #[arg(short, long)]
    pub data: Option<String>,
    /// Print status and headers too
    #[arg(short, long)]
    pub include: bool,
    /// Write the body to a file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit with 1 if the service answers 400 or more
    #[arg(short, long)]
    pub fail: bool,
    /// The action, where method and path do not tell it
    #[arg(long)]
    pub action: Option<String>,
    /// Use the grant token itself, if the agent is allowed to
    #[arg(long, conflicts_with = "action")]
    pub direct: bool,
}

#[derive(Debug, Args)]
pub struct McpArgs {
    /// The service; without it, all services of the session
    pub service: Option<Slug>,
    /// The session to use, or its request; without it, a live one that this command keeps, or a new one
    #[arg(long, value_parser = request_id, conflicts_with_all = ["actions", "file"])]
    pub session: Option<RequestId>,
    /// A tool of the service to ask for; repeat for several
    #[arg(long = "action", requires_all = ["service", "purpose"], conflicts_with = "file")]
    pub actions: Vec<String>,
    /// A resource to act in; repeat for several; without it, all of them
    #[arg(long = "resource", requires = "actions")]
    pub resources: Vec<String>,
    /// At most so many calls
    #[arg(long, requires = "actions")]
    pub max_calls: Option<u32>,
    /// Which account of the service
    #[arg(long, requires = "actions")]
    pub connection: Option<Slug>,
    /// The whole request as JSON; for several services and conditions
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// Why, in plain words, at most 280 characters
    #[arg(long)]
    pub purpose: Option<String>,
    /// For how long from the approval, as 30s, 15m, 1h30m
    #[arg(long = "for", value_parser = seconds, value_name = "DURATION")]
    pub duration: Option<u32>,
    /// The request may stay open for hours
    #[arg(long)]
    pub asynchronous: bool,
}

#[derive(Debug, Args)]
pub struct EndArgs {
    /// The request, or the session that came of it
    #[arg(value_parser = request_id)]
    pub id: RequestId,
}

#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// Where the private key is written (PKCS #8 PEM, mode 0600); nothing may be there yet
    pub file: PathBuf,
    /// The kind of key
    #[arg(long, value_enum, default_value_t = Alg::Ed25519)]
    pub alg: Alg,
}

/// What a key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Alg {
    Ed25519,
    Es256,
}

#[derive(Debug, Args)]
pub struct InboxArgs {
    /// Show the card of this request
    #[arg(value_parser = request_id)]
    pub id: Option<RequestId>,
}

#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The request
    #[arg(value_parser = request_id)]
    pub id: RequestId,
    /// Leave an action out, as ACTION or SERVICE:ACTION; repeat for several
    #[arg(long, value_name = "ACTION")]
    pub without: Vec<String>,
    /// Grant nothing but this action, as ACTION or SERVICE:ACTION; repeat for several
    #[arg(long, value_name = "ACTION")]
    pub only: Vec<String>,
    /// For a shorter time
    #[arg(long = "for", value_parser = seconds, value_name = "DURATION")]
    pub duration: Option<u32>,
    /// At most so many calls on every line
    #[arg(long)]
    pub max_calls: Option<u32>,
    /// The account to use, where there is a choice
    #[arg(long = "connection", value_name = "CONNECTION")]
    pub connections: Vec<Slug>,
    /// A word to the agent
    #[arg(long)]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct DenyArgs {
    /// The request
    #[arg(value_parser = request_id)]
    pub id: RequestId,
    /// Why, and what to ask for instead; reaches the agent
    #[arg(long)]
    pub reason: Option<String>,
    /// Also pause the agent: its sessions end, and it asks for nothing more until it is let in again
    #[arg(long)]
    pub pause: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub struct StopArgs {
    /// One session; with --service only that service of it
    #[arg(value_parser = grant_id, group = "what", conflicts_with_all = ["agent", "person", "all"])]
    pub id: Option<GrantId>,
    /// A service, in every session
    #[arg(long, group = "what", conflicts_with_all = ["agent", "person", "all"])]
    pub service: Option<Slug>,
    /// An agent
    #[arg(long, group = "what", conflicts_with_all = ["person", "all"])]
    pub agent: Option<Slug>,
    /// A person: what their agents hold and what they approved
    #[arg(long, group = "what", conflicts_with = "all")]
    pub person: Option<Slug>,
    /// Everything
    #[arg(long, group = "what")]
    pub all: bool,
    /// Refuse new requests from now on too (services, agents and people)
    #[arg(long, conflicts_with_all = ["id", "all"])]
    pub block: bool,
    /// Why, for the record
    #[arg(long)]
    pub reason: Option<String>,
}

/// A service and a path there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub service: Slug,
    pub path: String,
}

/// A request's id, or that of the session that came of it: they share their digits.
fn request_id(text: &str) -> Result<RequestId, String> {
    let by_session = || text.parse().map(|grant: GrantId| grant.request());
    text.parse().or_else(|_| by_session()).map_err(|_| "expected req_… or ses_… with 32 digits".to_owned())
}

fn grant_id(text: &str) -> Result<GrantId, String> {
    request_id(text).map(|request| request.grant())
}

fn target(text: &str) -> Result<Target, String> {
    let (service, path) = text.trim_start_matches('/').split_once('/').unwrap_or((text, ""));
    let service = service.parse().map_err(|why| format!("the service: {why}"))?;
    Ok(Target { service, path: format!("/{path}") })
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected 'Name: value'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_session_names_its_request() {
        let id = RequestId::from_u128(9);
        assert_eq!(request_id(id.as_str()), Ok(id.clone()));
        assert_eq!(request_id(id.grant().as_str()), Ok(id));
        assert!(request_id("req_1").is_err());
    }

    #[test]
    fn a_target_is_a_service_and_a_path() {
        let parsed = target("tracker/a%2Fb?c=d/e").unwrap();
        assert_eq!((parsed.service.as_str(), parsed.path.as_str()), ("tracker", "/a%2Fb?c=d/e"));
        assert_eq!(target("tracker").unwrap().path, "/");
        assert!(target("https://x.example/").is_err());
    }

    #[test]
    fn stop_needs_exactly_one_thing() {
        let parse = |args: &[&str]| Cli::try_parse_from([&["countersign", "stop"], args].concat()).is_ok();
        let id = RequestId::from_u128(9).grant().to_string();
        for good in [&[id.as_str()][..], &[&id, "--service", "a"], &["--service", "a"], &["--all"]] {
            assert!(parse(good), "{good:?}");
        }
        for bad in [&[][..], &["--all", "--agent", "a"], &[&id, "--all"], &["--all", "--block"]] {
            assert!(!parse(bad), "{bad:?}");
        }
    }
}
