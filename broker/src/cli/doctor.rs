//! `doctor`: examines the broker and everything around it. Exits with 0 if all is well, 1 if there are warnings, 2 if
//! something fails.

use super::{Context, read_only, say, serve};
use crate::{
    config::Flags,
    doctor::{self, Check, Verdict},
    host::{Command, Host, Reply},
};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Examine {
    /// No broker is expected to run here: look at what one would start with
    #[arg(long)]
    offline: bool,
    /// For programs
    #[arg(long)]
    json: bool,
    /// What `serve` is given, where no broker runs; a running one knows.
    #[command(flatten)]
    serve: serve::Args,
}

impl Examine {
    /// The settings that stand on the command line.
    pub fn flags(&self) -> Flags {
        self.serve.flags()
    }
}

/// Asks the running broker, or looks without one.
pub async fn run(context: &Context, args: &Examine) -> anyhow::Result<ExitCode> {
    let checks = match examined(context, args.offline).await {
        Ok(checks) => checks,
        Err(error) => vec![Check::failure(
            "doctor",
            format!("{error:#}"),
            "nothing else could be looked at until this is right",
        )],
    };
    let worst = checks.iter().map(|it| it.verdict).max().unwrap_or(Verdict::Ok);
    if args.json {
        say(json!({ "verdict": worst, "checks": checks }));
    } else {
        tell(&checks, worst);
    }
    Ok(match worst {
        Verdict::Ok => ExitCode::SUCCESS,
        Verdict::Warning => ExitCode::from(1),
        Verdict::Failure => ExitCode::from(2),
    })
}

async fn examined(context: &Context, offline: bool) -> anyhow::Result<Vec<Check>> {
    const NAME: &str = "broker";
    let running = Host::running(&context.config).await;
    let first = match (running, offline) {
        (Ok(host), _) => {
            let Reply::Examined { mut checks } = host.ask(Command::Examine).await? else {
                anyhow::bail!("the broker answered something else");
            };
            checks.insert(0, Check::ok(NAME, "runs, and looked itself"));
            return Ok(checks);
        }
        (Err(_), true) => Check::ok(NAME, "looked at without one"),
        (Err(error), false) => {
            let to_do = "start it; or say --offline, if none is meant to run";
            Check::failure(NAME, format!("does not run here, or does not answer: {error:#}"), to_do)
        }
    };
    let store = read_only(context).await?;
    let checks = doctor::offline(&context.config, &store, &context.lookup()).await;
    store.close().await;
    Ok([vec![first], checks?].concat())
}

fn tell(checks: &[Check], worst: Verdict) {
    for check in checks {
        let mark = match check.verdict {
            Verdict::Ok => "ok     ",
            Verdict::Warning => "WARNING",
            Verdict::Failure => "FAILURE",
        };
        say(format_args!("{mark}  {}: {}", check.name, check.what));
        if let Some(to_do) = &check.to_do {
            say(format_args!("         -> {to_do}"));
        }
    }
    let count = |verdict: Verdict| checks.iter().filter(|it| it.verdict == verdict).count();
    say(match worst {
        Verdict::Ok => format!("All {} checks are well.", checks.len()),
        _ => format!(
            "{} failures, {} warnings, {} well.",
            count(Verdict::Failure),
            count(Verdict::Warning),
            count(Verdict::Ok)
        ),
    });
}
