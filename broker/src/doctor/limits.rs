//! How many files the process may open, against how many connections it would hold.

use super::{Check, Patient};
use crate::net::Limits;
use nix::sys::resource::{Resource, getrlimit};

const NAME: &str = "open files";
/// Fewer can be used up by one crowd.
const FEW: usize = 2_048;

pub(super) fn look(it: &Patient<'_>) -> Vec<Check> {
    if it.app.is_none() {
        return Vec::new(); // the limit of this process says nothing about the broker's
    }
    let limits = Limits::of_this_process();
    let files = getrlimit(Resource::RLIMIT_NOFILE).map(|(soft, _)| soft).unwrap_or_default();
    let what = format!(
        "{files} may be open: {} connections, {} of them for agents",
        limits.connections, limits.agents
    );
    vec![if limits.connections < FEW {
        Check::warning(NAME, what, "raise it: LimitNOFILE=65536 in the unit, or ulimit -n 65536")
    } else {
        Check::ok(NAME, what)
    }]
}
