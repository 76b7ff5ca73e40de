//! `countersign-broker confined`: a process takes away from itself what a program must not have, and becomes it.
//!
//! It was started by the broker, for the program alone: its environment is the program's already, and its standard
//! input and output are the pipes. What goes wrong here is said on standard error, which the broker logs.

use super::{
    enforced::Enforced,
    restrict::{self, Rules},
};
use nix::{
    sys::{prctl, signal::Signal},
    unistd,
};
use std::{
    convert::Infallible,
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

/// How it ends where the program could not be begun; a shell says the same.
const NOT_BEGUN: u8 = 126;

/// What the broker says to it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is left to the program, in JSON
    #[arg(long, default_value = "{}")]
    rules: String,
    /// Say what this kernel enforces, and end
    #[arg(long)]
    report: bool,
    /// The program and its arguments
    #[arg(last = true)]
    command: Vec<OsString>,
}

/// Does it. Comes back only if it could not be done, or with the report. To be called before there are threads.
pub fn run(args: &Args) -> ExitCode {
    if args.report {
        let own_network = restrict::leave_the_network();
        let enforced = prctl::set_no_new_privs().map_err(|it| it.to_string());
        let enforced = enforced.and_then(|()| restrict::fence(&Rules::default(), own_network));
        let found = enforced.unwrap_or(Enforced { abi: 0, own_network, asked: true });
        let _ = writeln!(io::stdout(), "{}", serde_json::json!(found));
        return ExitCode::SUCCESS;
    }
    let Err(why) = become_the_program(args);
    let _ = writeln!(io::stderr(), "the program was not begun: {why}");
    ExitCode::from(NOT_BEGUN)
}

fn become_the_program(args: &Args) -> Result<Infallible, String> {
    if io::stdin().is_terminal() {
        return Err("only the broker starts this command".to_owned());
    }
    let rules: Rules = serde_json::from_str(&args.rules).map_err(|it| it.to_string())?;
    let (path, arguments) = args.command.split_first().ok_or("there is no command")?;
    let step = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    restrict::close_inherited().map_err(step("open files"))?;
    // A session of its own: no terminal, and a group that can be ended as a whole.
    unistd::setsid().map_err(|it| step("a session of its own")(it.into()))?;
    prctl::set_no_new_privs().map_err(|it| step("no new privileges")(it.into()))?;
    restrict::limit(&rules.limits).map_err(step("limits"))?;
    let own_network = !rules.network && restrict::leave_the_network();
    // After that: the kernel forgets it when rights change, and a new network may bring new rights.
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|it| step("ending with the broker")(it.into()))?;
    if unistd::getppid().as_raw() != rules.broker {
        return Err("the broker has ended".to_owned());
    }
    let enforced = restrict::fence(&rules, own_network)?;
    if rules.require && !enforced.suffices(rules.network) {
        return Err("this kernel does not enforce the restrictions that are required".to_owned());
    }
    Err(format!("{}: {}", path.to_string_lossy(), Command::new(path).args(arguments).exec()))
}
