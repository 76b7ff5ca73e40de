//! A program that listens, for as long as this value lives.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

use super::talk::Talk;

pub struct Served {
    _talk: Talk,
    /// Where it listens.
    pub url: String,
}

impl Served {
    /// A script of ours: it says where it listens, in JSON.
    pub fn ours(command: &mut Command) -> Result<Self> {
        Self::start(command, |line| {
            let said: Value = serde_json::from_str(line).ok()?;
            said["listening"].as_str().map(str::to_owned)
        })
    }

    /// A program of others, which was told where to listen and says these words once it does.
    pub fn at(command: &mut Command, address: SocketAddr, words: &str) -> Result<Self> {
        Self::start(command, |line| line.contains(words).then(|| format!("http://{address}")))
    }

    fn start(command: &mut Command, listens: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut talk = Talk::start(command)?;
        while let Some(line) = talk.hear()? {
            if let Some(url) = listens(&line) {
                return Ok(Self { _talk: talk, url });
            }
        }
        bail!("it ended before it listened:\n{}", talk.said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn it_is_served_once_it_says_so() {
        let ours = Served::ours(&mut sh("echo hello; echo '{\"listening\": \"http://x/mcp\"}'; sleep 600"));
        assert_eq!(ours.unwrap().url, "http://x/mcp");
        let address = ([127, 0, 0, 1], 4242).into();
        let others = Served::at(&mut sh("echo it is listening >&2; sleep 600"), address, "listening");
        assert_eq!(others.unwrap().url, "http://127.0.0.1:4242");
        let over = Served::ours(&mut sh("echo no port is free; exit 1")).err().unwrap();
        assert!(over.to_string().contains("no port is free"));
    }
}
