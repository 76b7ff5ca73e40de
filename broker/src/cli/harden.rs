//! What the process gives up before it holds a secret.

use nix::sys::{
    prctl,
    resource::{Resource, setrlimit},
    stat::{Mode, umask},
};

/// No core dumps, no debugger of the same user, and files for the owner alone.
pub fn process() {
    umask(Mode::from_bits_truncate(0o077));
    // Neither can fail on a kernel that runs this at all; without them everything else still holds.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let _ = prctl::set_dumpable(false);
}
