//! The root key in the environment, for development: taken out of it.
//!
//! A process cannot forget what it was started with: the kernel shows that to every process of the same user and
//! hands it to every child. So the process replaces itself by itself, without the variable, and gets the key through a
//! pipe that only it holds.

use nix::unistd;
use std::{
    ffi::OsString,
    fs::{self, File},
    io::Write,
    os::{
        fd::{AsRawFd, RawFd},
        unix::{ffi::OsStringExt, process::CommandExt},
    },
    process::Command,
};
use zeroize::Zeroizing;

const KEY: &str = "COUNTERSIGN_ROOT_KEY";
const PIPE: &str = "COUNTERSIGN_ROOT_KEY_FD";

/// The variable's value, if there was one.
pub struct Variable(Option<Zeroizing<Vec<u8>>>);

impl Variable {
    /// An environment variable; the root key from here.
    pub fn lookup(&self, name: &str) -> Option<OsString> {
        if name == KEY {
            return self.0.as_ref().map(|key| OsString::from_vec(key.to_vec()));
        }
        std::env::var_os(name)
    }
}

/// Takes the key out of the environment. To be called before there are threads.
pub fn take() -> Variable {
    if let Some(key) = std::env::var_os(KEY) {
        let key = Zeroizing::new(key.into_vec());
        // Does not come back if it works; if it does not, the key is where it was.
        let _ = restart_without(&key);
        return Variable(Some(key));
    }
    let pipe = std::env::var(PIPE).ok().and_then(|number| number.parse::<RawFd>().ok());
    Variable(pipe.and_then(|number| {
        let key = fs::read(format!("/proc/self/fd/{number}")).ok().map(Zeroizing::new);
        let _ = unistd::close(number);
        key
    }))
}

fn restart_without(key: &[u8]) -> std::io::Result<()> {
    /// What certainly fits into a pipe that nobody reads yet.
    const FITS: usize = 4096;
    if key.len() > FITS {
        return Ok(());
    }
    // Unlike the standard library's, these stay open over the exec.
    let (read, write) = unistd::pipe()?;
    File::from(write).write_all(key)?;
    let mut arguments = std::env::args_os();
    let mut command = Command::new("/proc/self/exe");
    command.env_remove(KEY).env(PIPE, read.as_raw_fd().to_string());
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    Err(command.args(arguments).exec())
}
