//! The client and the command against a broker that says what each test tells it to.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod acting;
mod backchannel;
mod calling;
mod command;
mod command_people;
mod fake;
mod mcp;
mod waiting;
