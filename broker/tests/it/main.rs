//! The store and the ledger, proved on both engines.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod anchoring;
mod asking;
mod at_once;
mod audit;
mod backup;
mod browser;
mod cli;
mod crash;
mod deciding;
mod doctor;
mod faults;
mod front;
mod growth;
mod limits;
mod locking;
mod network;
mod once;
mod packaging;
mod passkeys;
mod people;
mod programs;
mod remembering;
mod restart;
mod retention;
mod revoking;
mod rotating;
mod schema;
mod sealing;
mod support;
mod two_brokers;
mod upgrade;
