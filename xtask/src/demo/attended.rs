//! The demo for somebody who watches: the person's part is theirs.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::agent::{self, Decision, Outcome};
use super::declaration::PERSON;
use super::programs;
use super::stage::Stage;
use crate::sh;

/// Between two calls, so that the session page can be watched.
const PAUSE: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(5);

pub fn play(stage: &Stage) -> Result<()> {
    let request = sh::step("The agent asks", || agent::ask(stage))?;
    invite(stage, &request)?;
    let id = agent::text(&request, "/id")?;
    match agent::wait(stage, id)? {
        Decision::Granted(view) => work(stage, id, &view)?,
        Decision::No(why) => println!("\n▶ The agent got no session\n  {why}"),
    }
    println!("\n  The record can be checked while the broker runs:\n    {}", stage.typed("audit verify"));
    println!("\n  The pages stay at {} until you press Ctrl-C.", stage.url);
    while agent::pause(LATER).is_ok() {}
    println!("\n  The demo ends, and with it all that it started.");
    Ok(())
}

/// Tells the person what to do.
fn invite(stage: &Stage, request: &Value) -> Result<()> {
    let link = programs::output(stage.broker().args(["sign-in-link", PERSON]))?;
    println!("\n  “{}”", agent::PURPOSE);
    println!("  It asks for {}, in {}.", agent::ACTIONS.join(", "), agent::PROJECT);
    println!("\n  Now you are the person who decides.");
    println!("  1. Sign in; this link works once, within 10 minutes:\n\n     {}\n", link.trim());
    println!("  2. Open the request, and compare the code {}:\n", agent::text(request, "/matching_code")?);
    println!("     {}\n", agent::text(request, "/approve_url")?);
    println!(
        "  3. Deleting is shown, but cannot be granted: the card says why. Untick “Close issues”, and approve."
    );
    println!("\n  Waiting for your decision (Ctrl-C ends the demo) …");
    Ok(())
}

fn work(stage: &Stage, request: &str, view: &Value) -> Result<()> {
    let page = format!("{}/sessions/{}", stage.url, agent::text(view, "/granted/grant")?);
    println!("\n▶ The agent works through the broker; watch it live at\n  {page}\n");
    for step in agent::steps() {
        agent::pause(PAUSE)?;
        if let Outcome::Over(_) = agent::call(stage, request, &step)? {
            return Ok(());
        }
    }
    println!(
        "\n  It goes on listing issues every {} s. Stop the session on its page: the next call fails.\n",
        LATER.as_secs()
    );
    loop {
        agent::pause(LATER)?;
        if !matches!(agent::call(stage, request, &agent::list())?, Outcome::Answered { .. }) {
            println!("\n  The agent gives up: it has to ask again, and a person has to decide again.");
            return Ok(());
        }
    }
}
