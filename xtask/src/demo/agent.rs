//! The demo's agent: it asks, waits and calls, by nothing but the `countersign` command.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::declaration::SERVICE;
use super::programs::{self, Ran};
use super::stage::{Stage, indented};
use crate::sh;

/// What it asks for.
pub const ACTIONS: [&str; 5] =
    ["issues.list", "issues.read", "issues.comment", "issues.close", "issues.delete"];
pub const PROJECT: &str = "acme/site";
pub const PURPOSE: &str = "Triage the open issues of acme/site and close what is done.";
const MAX_CALLS: &str = "40";
const DURATION: &str = "30m";

/// The issue that it works on.
pub const ISSUE: u32 = 2;
pub const COMMENT: &str = "Fixed in the last release; this can be closed.";

/// The exit codes of `countersign` that the demo meets.
const DONE: Option<i32> = Some(0);
const REFUSED: Option<i32> = Some(1);
const DENIED: Option<i32> = Some(3);
const EXPIRED: Option<i32> = Some(5);

/// One call.
pub struct Step {
    pub method: &'static str,
    pub path: String,
    pub body: Option<String>,
}

/// What became of a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service answered.
    Answered { status: u16, body: String },
    /// The broker refused; its words.
    Refused(String),
    /// The session is over; the broker's words.
    Over(String),
}

/// What became of a request.
pub enum Decision {
    /// The request with what was granted.
    Granted(Value),
    /// The words that reached the agent.
    No(String),
}

/// What it does with a session: the last two are a matter of what the person granted.
pub fn steps() -> Vec<Step> {
    let issues = format!("/projects/{PROJECT}/issues");
    let step = |method, path| Step { method, path, body: None };
    let comment = serde_json::json!({"text": COMMENT}).to_string();
    vec![
        list(),
        step("GET", format!("{issues}/{ISSUE}")),
        Step { method: "POST", path: format!("{issues}/{ISSUE}/comments"), body: Some(comment) },
        step("POST", format!("{issues}/{ISSUE}/close")),
        step("DELETE", format!("{issues}/{ISSUE}")),
    ]
}

/// The call that it repeats as long as it may.
pub fn list() -> Step {
    Step { method: "GET", path: format!("/projects/{PROJECT}/issues"), body: None }
}

/// Asks for a session; the request.
pub fn ask(stage: &Stage) -> Result<Value> {
    let mut request = stage.as_agent();
    request.args(["--json", "request", "--service", SERVICE, "--resource", PROJECT, "--purpose", PURPOSE]);
    request.args(["--max-calls", MAX_CALLS, "--for", DURATION]);
    request.args(ACTIONS.iter().flat_map(|action| ["--action", action]));
    parse(&programs::output(&mut request)?)
}

/// Waits for the decision, and takes the session up.
pub fn wait(stage: &Stage, request: &str) -> Result<Decision> {
    let ran = programs::run(stage.as_agent().args(["--json", "wait", request]))?;
    match ran.code {
        DONE => Ok(Decision::Granted(parse(&ran.out)?)),
        DENIED | EXPIRED => {
            Ok(Decision::No(parse(&ran.err)?["detail"].as_str().unwrap_or_default().to_owned()))
        }
        _ => bail!("waiting for the decision failed: {}", ran.err.trim()),
    }
}

/// Makes a call and shows it.
pub fn call(stage: &Stage, request: &str, step: &Step) -> Result<Outcome> {
    let mut call = stage.as_agent();
    call.args(["call", "--include", request, step.method, &format!("{SERVICE}{}", step.path)]);
    if let Some(body) = &step.body {
        call.args(["--data", body]);
    }
    let outcome = outcome(&programs::run(&mut call)?)?;
    show(step, &outcome);
    Ok(outcome)
}

fn outcome(ran: &Ran) -> Result<Outcome> {
    let said = || ran.err.trim().trim_start_matches("countersign: ").to_owned();
    match ran.code {
        DONE => {
            let (head, body) =
                ran.out.split_once("\n\n").context("an answer without an end of its headers")?;
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            let status = status.context("an answer without a status")?;
            Ok(Outcome::Answered { status, body: body.trim().to_owned() })
        }
        REFUSED => Ok(Outcome::Refused(said())),
        EXPIRED => Ok(Outcome::Over(said())),
        _ => bail!("the call failed: {}", said()),
    }
}

fn show(step: &Step, outcome: &Outcome) {
    let what = format!("{:<6} {:<42}", step.method, step.path);
    match outcome {
        Outcome::Answered { status, body } => println!("  {what} {status}  {}", short(body)),
        Outcome::Refused(why) => {
            println!("  {what} refused by the broker");
            indented(&why.lines().map(|line| format!("       {line}")).collect::<Vec<_>>().join("\n"));
        }
        Outcome::Over(why) => println!("  {what} {why}"),
    }
}

/// The beginning of a body, on one line.
fn short(body: &str) -> String {
    const MOST: usize = 60;
    let line = body.lines().next().unwrap_or_default();
    if line.chars().count() <= MOST {
        line.to_owned()
    } else {
        line.chars().take(MOST).chain(['…']).collect()
    }
}

/// Waits a moment, unless everything is to end.
pub fn pause(time: Duration) -> Result<()> {
    let deadline = Instant::now() + time;
    while Instant::now() < deadline {
        if sh::interrupted() {
            bail!("interrupted");
        }
        thread::sleep(Duration::from_millis(40));
    }
    Ok(())
}

/// A JSON answer of `countersign`.
pub fn parse(text: &str) -> Result<Value> {
    serde_json::from_str(text.trim()).context("countersign printed something else than JSON")
}

/// A text in a JSON answer.
pub fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| format!("there is no {pointer} in the answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(code: i32, out: &str, err: &str) -> Ran {
        Ran { code: Some(code), out: out.to_owned(), err: err.to_owned() }
    }

    #[test]
    fn exit_codes_tell_what_became_of_a_call() {
        let answered = outcome(&ran(0, "HTTP/1.1 201 Created\na: b\n\n{\"a\":\n\n1}\n", "")).unwrap();
        assert_eq!(answered, Outcome::Answered { status: 201, body: "{\"a\":\n\n1}".to_owned() });
        let refused = outcome(&ran(1, "", "countersign: not granted\nhint\n")).unwrap();
        assert_eq!(refused, Outcome::Refused("not granted\nhint".to_owned()));
        assert_eq!(outcome(&ran(5, "", "countersign: over")).unwrap(), Outcome::Over("over".to_owned()));
        assert!(outcome(&ran(6, "", "countersign: unreachable")).is_err());
        assert!(outcome(&ran(0, "no headers", "")).is_err());
    }

    #[test]
    fn long_bodies_are_cut() {
        assert_eq!(short("one\ntwo"), "one");
        let long = short(&"é".repeat(99));
        assert!(long.ends_with("é…") && long.chars().count() == 61, "{long}");
    }
}
