//! `countersign`: what an agent's developer types, and what a person types who is not at their browser.

mod approve;
mod call;
mod cli;
mod config;
mod deny;
mod duration;
mod end;
mod exit;
mod inbox;
mod keygen;
mod mcp;
mod out;
mod request;
mod sessions;
mod show;
mod show_card;
mod status;
mod stop;
mod store;
mod token;
mod visible;
mod wait;

use clap::Parser;
use cli::{Cli, Command};
use config::Config;
use exit::{Exit, Failure};
use out::Out;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let out = Out::new(cli.json);
    let exit = match run(cli, &out).await {
        Ok(exit) => exit,
        Err(failure) => {
            out.failure(&failure);
            failure.exit()
        }
    };
    exit.into()
}

async fn run(cli: Cli, out: &Out) -> Result<Exit, Failure> {
    let config = Config::new(cli.url);
    match cli.command {
        Command::Request(args) => request::run(&config, out, args).await,
        Command::Wait(args) => wait::run(&config, out, &args).await,
        Command::Status(args) => status::run(&config, out, &args).await,
        Command::Token(args) => token::run(&config, out, &args).await,
        Command::Call(args) => call::run(&config, out, args).await,
        Command::Mcp(args) => mcp::run(&config, out, args).await,
        Command::End(args) => end::run(&config, out, &args).await,
        Command::Keygen(args) => keygen::run(out, &args),
        Command::Inbox(args) => inbox::run(&config, out, &args).await,
        Command::Approve(args) => approve::run(&config, out, args).await,
        Command::Deny(args) => deny::run(&config, out, args).await,
        Command::Stop(args) => stop::run(&config, out, args).await,
    }
}
