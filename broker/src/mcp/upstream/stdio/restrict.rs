//! What a process takes away from itself. Each step can only take; none needs rights that the broker lacks.

use super::{
    enforced::Enforced,
    paths::{SINKS, SYSTEM},
    program::Limits,
};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, RestrictionStatus,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope, path_beneath_rules,
};
use nix::{
    sched::{CloneFlags, unshare},
    sys::resource::{Resource, getrlimit, setrlimit},
    unistd,
};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The newest that was looked at; an older kernel enforces what it knows of it.
const NEWEST: ABI = ABI::V10;

/// What is left to a program.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// What it may read beside the system's own files.
    pub readable: Vec<PathBuf>,
    /// What it may read and write, never execute.
    pub writable: Vec<PathBuf>,
    /// Whether it may use the network.
    pub network: bool,
    /// How much it may take.
    pub limits: Limits,
    /// The broker: without it, this process ends.
    pub broker: i32,
    /// Whether it rather does not run than without one of the restrictions.
    pub require: bool,
}

/// Closes everything but standard input, output and error. Rust opens nothing that a child inherits; libraries might.
pub(super) fn close_inherited() -> io::Result<()> {
    let mut open = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        open.extend(entry?.file_name().to_str().and_then(|it| it.parse::<i32>().ok()));
    }
    for descriptor in open.into_iter().filter(|it| *it > 2) {
        let _ = unistd::close(descriptor); // one of them was the list itself
    }
    Ok(())
}

/// Limits, which nobody without rights can raise again.
pub(super) fn limit(limits: &Limits) -> io::Result<()> {
    let lower = |resource: Resource, to: u64| {
        let (_, hard) = getrlimit(resource)?;
        let to = to.min(hard);
        setrlimit(resource, to, to).map_err(io::Error::from)
    };
    lower(Resource::RLIMIT_CORE, 0)?;
    lower(Resource::RLIMIT_DATA, limits.memory)?;
    lower(Resource::RLIMIT_NOFILE, limits.open_files)?;
    limits.processes.map_or(Ok(()), |most| lower(Resource::RLIMIT_NPROC, most))
}

/// A network of its own, in which there is nothing. Says whether the kernel and the host's rules let it have one.
pub(super) fn leave_the_network() -> bool {
    if unshare(CloneFlags::CLONE_NEWNET).is_ok() {
        return true;
    }
    let (user, group) = (unistd::geteuid(), unistd::getegid());
    if unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET).is_err() {
        return false;
    }
    // It stays the user that it was. Without these lines it would be "nobody", which owns the same files.
    let _ = fs::write("/proc/self/setgroups", "deny");
    let _ = fs::write("/proc/self/uid_map", format!("{user} {user} 1"));
    let _ = fs::write("/proc/self/gid_map", format!("{group} {group} 1"));
    true
}

/// Leaves only the files of the rules, and no other process to send signals to.
pub(super) fn fence(rules: &Rules, network_is_empty: bool) -> Result<Enforced, String> {
    let text = |error: landlock::RulesetError| format!("the kernel refuses the rules for files: {error}");
    let status = ruleset(rules)
        .map_err(text)?
        .add_rules(path_beneath_rules(SYSTEM, read_and_execute()))
        .and_then(|it| it.add_rules(path_beneath_rules(SINKS, AccessFs::WriteFile)))
        .map_err(text)?;
    let mut created = status;
    for (paths, access) in [(&rules.readable, read_and_execute()), (&rules.writable, read_and_write())] {
        for path in paths {
            created = created.add_rule(beneath(path, access)?).map_err(text)?;
        }
    }
    let status = created.restrict_self().map_err(text)?;
    Ok(Enforced { abi: abi(&status), own_network: network_is_empty, asked: true })
}

fn ruleset(rules: &Rules) -> Result<RulesetCreated, landlock::RulesetError> {
    let mut ruleset = Ruleset::default().handle_access(AccessFs::from_all(NEWEST))?;
    if !rules.network {
        ruleset = ruleset.handle_access(AccessNet::from_all(NEWEST))?;
    }
    ruleset.scope(Scope::from_all(NEWEST))?.create()
}

fn read_and_execute() -> BitFlags<AccessFs> {
    AccessFs::from_read(NEWEST)
}

/// What it wrote, it cannot run.
fn read_and_write() -> BitFlags<AccessFs> {
    AccessFs::from_all(NEWEST) & !AccessFs::Execute
}

/// A path that was declared must be there.
fn beneath(path: &Path, access: BitFlags<AccessFs>) -> Result<PathBeneath<PathFd>, String> {
    let missing = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let opened = PathFd::new(path).map_err(|it| missing(&it))?;
    let is_folder = fs::metadata(path).map_err(|it| missing(&it))?.is_dir();
    let access = if is_folder { access } else { access & AccessFs::from_file(NEWEST) };
    Ok(PathBeneath::new(opened, access))
}

fn abi(status: &RestrictionStatus) -> u32 {
    match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => effective_abi.to_string().parse().unwrap_or(0),
        _ => 0,
    }
}
