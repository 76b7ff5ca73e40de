//! What of the restrictions this kernel really enforces.

use serde::{Deserialize, Serialize};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{process::Command, time::timeout};

/// What a process could take away from itself, as it found out by doing it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enforced {
    /// The version of Landlock, the kernel's rules for files and sockets; 0 where there is none.
    pub abi: u32,
    /// Whether it can have a network of its own, in which there is nothing.
    pub own_network: bool,
    /// Whether a process was asked at all.
    pub asked: bool,
}

impl Enforced {
    /// Asks a process of this executable, which ends with the answer.
    pub async fn ask(executable: &Path) -> Self {
        const PATIENCE: Duration = Duration::from_secs(10);
        let mut command = Command::new(executable);
        command.args(["confined", "--report"]).env_clear().kill_on_drop(true);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        match timeout(PATIENCE, command.output()).await {
            Ok(Ok(output)) if output.status.success() => {
                serde_json::from_slice(&output.stdout).unwrap_or_default()
            }
            _ => Self::default(),
        }
    }

    /// Whether files are fenced off, also against being cut to nothing.
    pub fn files(&self) -> bool {
        self.abi >= 3
    }

    /// Whether TCP is refused, in whichever way.
    pub fn tcp(&self) -> bool {
        self.own_network || self.abi >= 4
    }

    /// Whether every network is refused, and not only TCP.
    pub fn network(&self) -> bool {
        self.own_network || self.abi >= 10
    }

    /// Whether other processes are safe from its signals.
    pub fn signals(&self) -> bool {
        self.abi >= 6
    }

    /// What is missing, in words; none if everything is enforced.
    pub fn missing(&self) -> Option<String> {
        if !self.asked {
            return Some("it could not be found out what this kernel enforces".to_owned());
        }
        let network = match (self.network(), self.tcp()) {
            (true, _) => None,
            (_, true) => Some("of the network only TCP is refused, not UDP"),
            (_, false) => Some("the network is not refused"),
        };
        let lacking = [
            (!self.files()).then_some("files of the broker's user are not fenced off"),
            network,
            (!self.signals()).then_some("processes of the broker's user are not safe from signals"),
        ];
        let lacking: Vec<&str> = lacking.into_iter().flatten().collect();
        (!lacking.is_empty()).then(|| lacking.join("; "))
    }

    /// Whether a program that must be confined may run.
    pub fn suffices(&self, network: bool) -> bool {
        self.files() && (network || self.tcp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said() {
        let of = |abi, own_network| Enforced { abi, own_network, asked: true };
        assert_eq!(of(7, true).missing(), None);
        assert_eq!(of(10, false).missing(), None);
        assert!(of(7, false).missing().unwrap().contains("only TCP"));
        assert!(of(3, false).missing().unwrap().contains("the network is not refused"));
        assert!(of(0, true).missing().unwrap().contains("not fenced off"));
        assert!(Enforced::default().missing().unwrap().contains("could not be found out"));
        assert!(of(4, false).suffices(false) && !of(3, false).suffices(false) && of(3, false).suffices(true));
        assert!(!of(0, true).suffices(true) && !Enforced::default().suffices(true));
    }
}
