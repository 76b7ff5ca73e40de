//! The store and the ledger, proved on both engines.

mod asking;
mod audit;
mod crash;
mod deciding;
mod faults;
mod limits;
mod locking;
mod once;
mod people;
mod restart;
mod revoking;
mod schema;
mod support;
mod two_brokers;
