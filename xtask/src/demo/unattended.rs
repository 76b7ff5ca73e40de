//! The demo without a person: the people's API decides, and everything that must be true is checked.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::agent::{self, Decision, Outcome};
use super::checks::Checks;
use super::declaration::PERSON;
use super::stage::Stage;
use super::{programs, record};
use crate::sh;

/// What the person leaves out, and what nobody can grant yet.
const UNTICKED: &str = "issues.close";
const DISABLED: &str = "issues.delete";

pub fn play(stage: &Stage) -> Result<()> {
    let mut checks = Checks::default();
    let request = sh::step("The agent asks", || agent::ask(stage))?;
    let id = agent::text(&request, "/id")?;
    let token = programs::output(stage.broker().args(["person-token", PERSON]))?;
    let token = stage.folder.secret_file("person.token", token.trim())?;
    sh::step("The person looks at the card", || look(stage, &token, id, &mut checks))?;
    sh::step("The person approves, without closing", || approve(stage, &token, id))?;
    let session = sh::step("The agent takes up what was granted", || take_up(stage, id, &mut checks))?;
    sh::step("The agent works through the broker", || work(stage, id, &mut checks))?;
    let secrets = record::secrets(stage, &token)?;
    sh::step("The person stops the session", || stop(stage, &token, id, &session, &mut checks))?;
    sh::step("The record", || record::check(stage, &secrets, &mut checks))?;
    println!("\n{}", checks.summary()?);
    Ok(())
}

fn look(stage: &Stage, token: &Path, id: &str, checks: &mut Checks) -> Result<()> {
    let inbox = agent::parse(&programs::output(stage.as_person(token).args(["--json", "inbox"]))?)?;
    let waits =
        inbox["waiting"].as_array().is_some_and(|waiting| waiting.iter().any(|it| it["request"] == id));
    checks.check("the request waits in the inbox", waits);
    let card = agent::parse(&programs::output(stage.as_person(token).args(["--json", "inbox", id]))?)?;
    let delete = action(&card, DISABLED);
    let why = delete.and_then(|action| action["disabled_because"].as_str()).unwrap_or_default();
    checks.check(&format!("deleting is on the card, disabled: {why}"), !why.is_empty());
    let close = action(&card, UNTICKED).is_some_and(|action| action["disabled_because"].is_null());
    checks.check("closing is on the card, and could be granted", close);
    Ok(())
}

/// An action on a card.
fn action<'c>(card: &'c Value, name: &str) -> Option<&'c Value> {
    card.pointer("/lines/0/actions")?.as_array()?.iter().find(|action| action["name"] == name)
}

fn approve(stage: &Stage, token: &Path, id: &str) -> Result<()> {
    let mut approve = stage.as_person(token);
    super::stage::indented(&programs::output(approve.args(["approve", id, "--yes", "--without", UNTICKED]))?);
    Ok(())
}

fn take_up(stage: &Stage, id: &str, checks: &mut Checks) -> Result<String> {
    let Decision::Granted(view) = agent::wait(stage, id)? else { bail!("the agent got no session") };
    let granted = view.pointer("/granted/authorization_details/0/actions");
    let expected = json!(["issues.list", "issues.read", "issues.comment"]);
    checks.check("listing, reading and commenting is granted, nothing else", granted == Some(&expected));
    Ok(agent::text(&view, "/granted/grant")?.to_owned())
}

fn work(stage: &Stage, id: &str, checks: &mut Checks) -> Result<()> {
    let outcomes =
        agent::steps().iter().map(|step| agent::call(stage, id, step)).collect::<Result<Vec<_>>>()?;
    let answered = |expected: &[u16]| {
        let statuses = outcomes.iter().map_while(|outcome| match outcome {
            Outcome::Answered { status, .. } => Some(*status),
            _ => None,
        });
        statuses.eq(expected.iter().copied())
    };
    checks.check("the issues were listed, one was read, a comment was made", answered(&[200, 200, 201]));
    for (number, name) in [(3, UNTICKED), (4, DISABLED)] {
        let Some(Outcome::Refused(why)) = outcomes.get(number) else {
            checks.check(&format!("{name} is refused"), false);
            continue;
        };
        checks.check(&format!("{name} is refused"), why.contains(name));
        checks.check("the refusal holds the smallest request that would pass", why.contains("\"purpose\""));
    }
    let issue = stage.tracker.issue(agent::PROJECT, agent::ISSUE);
    let commented = issue.as_ref().is_some_and(|issue| issue.comments == [agent::COMMENT]);
    checks.check("the comment is in the tracker", commented);
    checks.check("the issue is still there, and open", issue.is_some_and(|issue| issue.state == "open"));
    checks.check("the tracker served three calls, no other", stage.tracker.served() == 3);
    Ok(())
}

fn stop(stage: &Stage, token: &Path, id: &str, session: &str, checks: &mut Checks) -> Result<()> {
    let stopped = programs::output(stage.as_person(token).args(["--json", "stop", session]))?;
    checks.check("one session was stopped", agent::parse(&stopped)?["sessions"] == 1);
    let next = agent::call(stage, id, &agent::list())?;
    checks.check("the next call fails: the session is over", matches!(next, Outcome::Over(_)));
    checks.check("it did not reach the tracker", stage.tracker.served() == 3);
    Ok(())
}
