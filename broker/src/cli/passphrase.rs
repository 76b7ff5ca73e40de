//! A passphrase on its way in: from a file, standard input, a systemd credential or the terminal. Never an argument or
//! a variable, which other processes can see.

use crate::{config::Lookup, host::SecretText};
use anyhow::{Context as _, bail, ensure};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The name under which a systemd unit may hand the passphrase over.
const CREDENTIAL: &str = "countersign-passphrase";
/// No passphrase is longer.
const MAX_BYTES: u64 = 1024;

/// Where the passphrase comes from.
#[derive(Debug, clap::Args)]
pub struct Source {
    /// Read the passphrase from the first line of a file, - for standard input [default: the systemd credential
    /// countersign-passphrase, else the terminal]
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Source {
    /// The passphrase, if it comes from elsewhere than the terminal.
    pub fn given(&self, lookup: Lookup<'_>) -> anyhow::Result<Option<SecretText>> {
        let path = match &self.passphrase_file {
            Some(path) if path == Path::new("-") => return line(io::stdin()).map(Some),
            Some(path) => path.clone(),
            None => {
                let credential = lookup("CREDENTIALS_DIRECTORY").map(|it| PathBuf::from(it).join(CREDENTIAL));
                let Some(path) = credential.filter(|it| it.exists()) else { return Ok(None) };
                path
            }
        };
        let read = File::open(&path).map_err(Into::into).and_then(line);
        read.with_context(|| format!("the passphrase in {}", path.display())).map(Some)
    }

    /// Asks on the terminal, without echo.
    pub fn typed(prompt: &str) -> anyhow::Result<SecretText> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let terminal = terminal.context(
            "there is no terminal to ask for the passphrase; give it with --passphrase-file (- for standard input)",
        )?;
        let mut quiet = Quiet::make(terminal)?;
        write!(quiet.terminal, "{prompt}")?;
        let typed = edit(&mut quiet.terminal);
        writeln!(quiet.terminal)?;
        typed
    }

    /// Asks for a new one, twice.
    pub fn chosen() -> anyhow::Result<SecretText> {
        let first = Self::typed("New passphrase: ")?;
        ensure!(first == Self::typed("Once more: ")?, "the two are not the same; nothing was changed");
        Ok(first)
    }
}

/// The first line, as it is: blanks belong to it.
fn line(from: impl Read) -> anyhow::Result<SecretText> {
    // As long as it may get, so that no copy is left behind when it grows.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MAX_BYTES)? + 1));
    from.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    ensure!(text.len() as u64 <= MAX_BYTES, "is too long for a passphrase");
    let line = text.lines().next().unwrap_or_default();
    ensure!(!line.is_empty(), "is empty");
    Ok(SecretText::new(line))
}

/// A terminal that shows nothing of what is typed, and gives every key at once: even Ctrl-C comes as a character, so
/// that nobody leaves with the terminal still silent.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn make(terminal: File) -> anyhow::Result<Self> {
        let before = tcgetattr(&terminal).context("the terminal")?;
        let mut quiet = before.clone();
        quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG);
        tcsetattr(&terminal, SetArg::TCSAFLUSH, &quiet).context("the terminal")?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}

/// What is typed up to the end of the line.
fn edit(keys: &mut impl Read) -> anyhow::Result<SecretText> {
    const CTRL_C: u8 = 3;
    const CTRL_D: u8 = 4;
    const CTRL_U: u8 = 21;
    let most = usize::try_from(MAX_BYTES)?;
    let mut typed = Zeroizing::new(Vec::with_capacity(most + 1));
    let mut key = Zeroizing::new([0]);
    loop {
        if keys.read(&mut *key)? == 0 {
            bail!("the terminal was closed; nothing was done");
        }
        match key[0] {
            b'\r' | b'\n' => break,
            CTRL_C => bail!("cancelled; nothing was done"),
            CTRL_D if typed.is_empty() => bail!("cancelled; nothing was done"),
            CTRL_U => typed.clear(),
            8 | 127 => {
                // A whole character: its continuation bytes first.
                while typed.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {}
            }
            byte if typed.len() < most => typed.push(byte),
            _ => bail!("this is too long for a passphrase; nothing was done"),
        }
    }
    let text = std::str::from_utf8(&typed).context("the passphrase is not UTF-8")?;
    ensure!(!text.is_empty(), "the passphrase is empty; nothing was done");
    Ok(SecretText::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_with_mistakes() {
        let typed = |keys: &str| edit(&mut keys.as_bytes()).map(|it| it.expose().to_owned());
        assert_eq!(typed("one two\r").unwrap(), "one two");
        assert_eq!(typed("onex\u{7f} two\n").unwrap(), "one two");
        assert_eq!(typed("caf\u{e9}\u{8}e\n").unwrap(), "cafe");
        assert_eq!(typed("wrong\u{15}right\n").unwrap(), "right");
        assert_eq!(typed("\u{7f}\u{7f}a\n").unwrap(), "a");
        for bad in ["", "half", "\n", "half\u{3}\n", "\u{4}"] {
            assert!(typed(bad).is_err(), "{bad:?}");
        }
        assert!(typed(&format!("{}\n", "x".repeat(1025))).is_err());
    }

    #[test]
    fn a_file_gives_its_first_line() {
        let read = |text: &str| line(text.as_bytes()).map(|it| it.expose().to_owned());
        assert_eq!(read(" six random words \r\nand more\n").unwrap(), " six random words ");
        assert!(read("").is_err() && read("\n").is_err() && read(&"x".repeat(1025)).is_err());
    }
}
