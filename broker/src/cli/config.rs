//! `config`: the settings, where each comes from, and what is wrong with them. Starts nothing and changes nothing.

use super::{root_key_variable::Variable, say, serve};
use crate::config::{Flags, Inspection, Shown, inspect};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Find unknown names, wrong values and contradictions; exits with 1 if there are any
    Check(Given),
    /// Show every setting; secrets are left out
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// Say where each value comes from
    #[arg(long)]
    origin: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, clap::Args)]
pub struct Given {
    /// For programs
    #[arg(long)]
    json: bool,
    /// As `serve` would be given them.
    #[command(flatten)]
    serve: serve::Args,
}

impl Command {
    /// The settings that stand on the command line.
    pub fn flags(&self) -> Flags {
        match self {
            Self::Check(given) | Self::Show(Show { given, .. }) => given.serve.flags(),
        }
    }
}

/// Does it, without a runtime and whatever is wrong.
pub fn run(command: &Command, flags: Flags, root_key: &Variable) -> ExitCode {
    let found = inspect(flags, std::env::vars_os(), &|name| root_key.lookup(name));
    match command {
        Command::Check(given) => check(&found, given.json),
        Command::Show(args) => show(&found, args),
    }
    if found.findings.iter().any(|it| it.wrong) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn check(found: &Inspection, json: bool) {
    if json {
        let wrong = found.findings.iter().any(|it| it.wrong);
        say(json!({ "ok": !wrong, "findings": found.findings }));
        return;
    }
    tell(found);
    let wrong = found.findings.iter().filter(|it| it.wrong).count();
    match wrong {
        0 => say("The configuration is good."),
        1 => say("1 thing is wrong: the broker would not start, or not do what was meant."),
        more => say(format_args!(
            "{more} things are wrong: the broker would not start, or not do what was meant."
        )),
    }
}

fn tell(found: &Inspection) {
    for finding in &found.findings {
        say(format_args!("{}  {}", if finding.wrong { "wrong  " } else { "warning" }, finding.text));
    }
}

fn show(found: &Inspection, args: &Show) {
    let Some(settings) = &found.settings else {
        if args.given.json {
            return say(json!({ "settings": null, "findings": found.findings }));
        }
        tell(found);
        return say("Nothing can be shown until this is right.");
    };
    if args.given.json {
        return say(json!({ "settings": settings, "findings": found.findings }));
    }
    let value = |row: &Shown| row.value.clone().unwrap_or_else(|| "-".to_owned());
    let width = |of: &dyn Fn(&Shown) -> usize| settings.iter().map(of).max().unwrap_or_default();
    let names = width(&|row| row.name.len());
    // One long value must not push every origin off the screen.
    let values = width(&|row| value(row).len()).min(48);
    for row in settings {
        if args.origin {
            let origin = if row.value.is_some() { row.origin.to_string() } else { "not set".to_owned() };
            say(format_args!("{:names$}  {:values$}  {origin}", row.name, value(row)));
        } else {
            say(format_args!("{:names$}  {}", row.name, value(row)));
        }
    }
    tell(found);
}
