//! The authorization leg of the MCP conformance suite, with a public client that registered itself. (Given a secret, the
//! suite would not use it either: it takes `none` wherever the metadata offers that.)

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use http::{Request, header};
use serde_json::{Value, json};

use super::node::Node;
use super::person::{Decision, Person};
use super::scenarios::{ALL, By, Tally};
use super::stage::{Stage, free_address};
use super::talk::Talk;
use super::web::Web;

/// The suite itself.
pub const SUITE: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";
/// What is added to the name of a scenario that is run with a resource.
const WITH_RESOURCE: &str = " with resource";

/// Runs the leg without and with a resource.
pub fn run(stage: &Stage, node: &Node, person: &mut Person, tally: &mut Tally) -> Result<()> {
    let client = register(stage)?;
    for resource in [None, Some(stage.resource())] {
        let results = tempfile::tempdir()?;
        let said = drive(stage, node, person, (&client, resource.as_deref(), results.path()))?;
        for scenario in ALL.iter().filter(|it| it.by == By::Suite) {
            let of_suite = scenario.name.strip_suffix(WITH_RESOURCE);
            if of_suite.is_some() == resource.is_some() {
                let checks = checks(results.path(), of_suite.unwrap_or(scenario.name))?;
                for outcome in checks {
                    tally.note(scenario.name, outcome.map_err(|why| format!("{why}\n{said}")));
                }
            }
        }
    }
    Ok(())
}

/// RFC 7591, as an MCP client does it.
fn register(stage: &Stage) -> Result<String> {
    let said = json!({
        "client_name": "MCP conformance suite",
        "redirect_uris": ["http://127.0.0.1:3333/callback"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    let request = Request::post(format!("{}/oauth/register", stage.url));
    let request = request.header(header::CONTENT_TYPE, "application/json").body(said.to_string())?;
    let answer = Web::new()?.send(request)?;
    ensure!(answer.status == 201, "registering the suite's client: {} {}", answer.status, answer.body);
    let registered: Value = serde_json::from_str(&answer.body)?;
    registered["client_id"].as_str().map(str::to_owned).context("the registration has no client_id")
}

/// Runs it once; all that it said. It prints the address that a person is to open, and waits at a port of its own.
fn drive(
    stage: &Stage,
    node: &Node,
    person: &mut Person,
    (client, resource, results): (&str, Option<&str>, &Path),
) -> Result<String> {
    let mut command = node.script(SUITE);
    command.args(["authorization", "--url", &stage.url, "--client-id", client]);
    command.args(resource.iter().flat_map(|it| ["--resource", it]));
    command.args(["-p", &free_address()?.port().to_string(), "-o"]).arg(results);
    let mut talk = Talk::start(&mut command)?;
    let asks = format!("{}/oauth/authorize?", stage.url);
    while let Some(line) = talk.hear()? {
        if line.starts_with(&asks) {
            let back = person.sent_to(&line, &Decision::default())?;
            person.leave_for(&back)?;
        }
    }
    let said = talk.said.clone();
    talk.end()?;
    Ok(said)
}

/// How a scenario of the suite ended, as often as it ran: well only if every check did.
fn checks(results: &Path, scenario: &str) -> Result<Vec<Result<(), String>>> {
    let mut runs = Vec::new();
    for entry in results.read_dir()? {
        let folder = entry?;
        let name = folder.file_name().to_string_lossy().into_owned();
        let Some((_, when)) = name.split_once(&format!("{scenario}-")) else { continue };
        if !when.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        let file = folder.path().join("checks.json");
        let read = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        runs.push(judged(&read)?);
    }
    Ok(runs)
}

fn judged(checks: &str) -> Result<Result<(), String>> {
    let checks: Vec<Value> = serde_json::from_str(checks)?;
    if checks.is_empty() {
        bail!("the suite checked nothing");
    }
    let bad: Vec<String> =
        checks.iter().filter(|it| it["status"] != "SUCCESS").map(Value::to_string).collect();
    Ok(if bad.is_empty() { Ok(()) } else { Err(bad.join("\n")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_checks_that_succeeded_are_good() {
        assert_eq!(judged(r#"[{"status": "SUCCESS"}, {"status": "SUCCESS"}]"#).unwrap(), Ok(()));
        for status in ["FAILURE", "WARNING", "SKIPPED"] {
            let checks = json!([{"status": "SUCCESS"}, {"status": status}]).to_string();
            assert!(judged(&checks).unwrap().unwrap_err().contains(status));
        }
        assert!(judged("[]").is_err());
    }

    #[test]
    fn a_scenario_is_found_by_its_whole_name() {
        let results = tempfile::tempdir().unwrap();
        for name in
            ["authorization-server-code-2026-11-27T20", "authorization-server-code-more-2026-11-27T20"]
        {
            fs::create_dir(results.path().join(name)).unwrap();
            fs::write(results.path().join(name).join("checks.json"), r#"[{"status": "SUCCESS"}]"#).unwrap();
        }
        assert_eq!(checks(results.path(), "code").unwrap(), [Ok(())]);
        assert_eq!(checks(results.path(), "other").unwrap(), []);
    }
}
