//! A program that is talked with, line by line: what it says is read, and may be answered.

use std::io::{self, BufRead as _, BufReader, PipeWriter, Write as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::sh::{self, Running};

/// How often a wait looks whether everything is to end.
const LOOK: Duration = Duration::from_millis(100);
/// How long a program may say nothing.
const PATIENCE: Duration = Duration::from_mins(2);

pub struct Talk {
    running: Running,
    heard: Receiver<String>,
    to: PipeWriter,
    /// All that it said, for an error.
    pub said: String,
}

impl Talk {
    /// Starts a program. Its errors are read like all that it says.
    pub fn start(command: &mut Command) -> Result<Self> {
        let (from, out) = io::pipe()?;
        let (input, to) = io::pipe()?;
        command.stdout(out.try_clone()?).stderr(out).stdin(input);
        let running = Running::start(command)?;
        // The command still holds these ends; without this the reader would never see the end.
        command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
        let (tell, heard) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { running, heard, to, said: String::new() })
    }

    /// What it says next; nothing once it has ended.
    pub fn hear(&mut self) -> Result<Option<String>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.heard.recv_timeout(LOOK) {
                Ok(line) => {
                    self.said.push_str(&line);
                    self.said.push('\n');
                    return Ok(Some(line));
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if sh::interrupted() => bail!("interrupted"),
                Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                    bail!("it has said nothing for {} after:\n{}", sh::seconds(PATIENCE), self.said)
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Says a line to it.
    pub fn say(&mut self, line: &str) -> Result<()> {
        Ok(writeln!(self.to, "{line}")?)
    }

    /// How it ended.
    pub fn end(mut self) -> Result<ExitStatus> {
        self.running.wait(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_answered_and_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo who; read name; echo hello $name >&2; exit 3"]);
        let mut talk = Talk::start(&mut command).unwrap();
        assert_eq!(talk.hear().unwrap().as_deref(), Some("who"));
        talk.say("you").unwrap();
        assert_eq!(talk.hear().unwrap().as_deref(), Some("hello you"));
        assert_eq!(talk.hear().unwrap(), None);
        assert_eq!(talk.said, "who\nhello you\n");
        assert_eq!(talk.end().unwrap().code(), Some(3));
    }
}
