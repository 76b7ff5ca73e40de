//! What of the restrictions on programs this kernel really enforces.

use super::{Check, Patient};
use crate::mcp::upstream::stdio::Enforced;
use std::path::Path;

const NAME: &str = "programs";
/// The broker's own, also after its file was replaced by an upgrade.
const EXECUTABLE: &str = "/proc/self/exe";

pub(super) async fn look(it: &Patient<'_>) -> Vec<Check> {
    let programs = &it.config.programs;
    if programs.declared.is_empty() {
        return Vec::new();
    }
    let enforced = Enforced::ask(Path::new(EXECUTABLE)).await;
    let networked = programs.declared.values().all(|it| it.network);
    vec![judge(enforced, programs.declared.len(), programs.require_confinement, networked)]
}

/// `networked` says that no program is to be kept from the network.
fn judge(enforced: Enforced, count: usize, require: bool, networked: bool) -> Check {
    let to_do = "docs/mcp.md says what of it depends on the kernel, and what on the service's settings";
    if require && !enforced.suffices(networked) {
        let missing = enforced.missing().unwrap_or_default();
        return Check::failure(NAME, format!("none runs: {missing}, and confinement is required"), to_do);
    }
    match enforced.missing() {
        None => {
            let what = format!(
                "{count} declared; files, network and signals are fenced off (Landlock {})",
                enforced.abi
            );
            Check::ok(NAME, what)
        }
        Some(missing) => Check::warning(NAME, format!("{count} declared; {missing}"), to_do),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn what_is_not_enforced_is_said() {
        let of = |abi, own_network| Enforced { abi, own_network, asked: true };
        assert_eq!(judge(of(7, true), 1, true, false).verdict, Verdict::Ok);
        assert_eq!(judge(of(7, false), 1, true, false).verdict, Verdict::Warning);
        assert_eq!(judge(of(0, false), 1, false, false).verdict, Verdict::Warning);
        assert_eq!(judge(of(0, true), 1, true, false).verdict, Verdict::Failure);
        assert_eq!(judge(of(3, false), 1, true, true).verdict, Verdict::Warning);
        assert_eq!(judge(of(3, false), 1, true, false).verdict, Verdict::Failure);
        assert_eq!(judge(Enforced::default(), 1, true, true).verdict, Verdict::Failure);
    }
}
