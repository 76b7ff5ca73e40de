//! Whose processes can read what the broker has: an agent under its user can.

use super::{Check, Patient};
use crate::host;
use nix::unistd::Uid;
use std::{fs, os::unix::fs::MetadataExt as _};

const NAME: &str = "user";
const OWN_USER: &str = "install the broker under a system user of its own (docs/install.md)";

pub(super) fn look(it: &Patient<'_>) -> Vec<Check> {
    let data = &it.config.storage.data.value;
    let Ok(found) = fs::metadata(data) else {
        let what = format!("there is no data directory at {}", data.display());
        return vec![Check::failure(NAME, what, "name the one of the broker with --data")];
    };
    let owner = Uid::from_raw(found.uid());
    // Inside, it is known for certain; from outside, whoever owns the data is who the broker runs as.
    let banner = match it.app {
        Some(app) => app.banner.clone(),
        None => host::shared_user(owner),
    };
    let mut checks = vec![match banner {
        Some(banner) => Check::failure(NAME, banner, OWN_USER),
        None => {
            Check::ok(NAME, format!("the data belong to {}, a user of the system", host::user_name(owner)))
        }
    }];
    if found.mode() & 0o077 != 0 {
        let what = format!("others can enter {} (mode {:04o})", data.display(), found.mode() & 0o7777);
        checks.push(Check::failure("data directory", what, format!("chmod 700 {}", data.display())));
    }
    checks
}
