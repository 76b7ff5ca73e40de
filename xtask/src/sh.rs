//! Running other programs: a title, the time it took, a sign of life while it lasts, and its output when it fails.
//!
//! Each program gets a process group of its own, so that Ctrl-C (or a SIGTERM to xtask alone) ends all that it started,
//! and xtask itself lives on to clean up: the first signal only sets a flag, which every wait here looks at.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// How often a wait looks whether its program has ended.
const LOOK: Duration = Duration::from_millis(40);
/// How long a step may be silent before it says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
/// How long a program may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(10);

/// From here on the first Ctrl-C asks everything to end, and the second one exits at once.
pub fn catch_interrupts() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&INTERRUPTED))?;
        signal_hook::flag::register(signal, Arc::clone(&INTERRUPTED))?;
    }
    Ok(())
}

/// Whether the person wants everything to end.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Prints a title, does the work, prints how long it took.
pub fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n▶ {title}");
    let start = Instant::now();
    let result = work();
    let verdict = if result.is_ok() { "done" } else { "FAILED" };
    println!("  {verdict} in {}", seconds(start.elapsed()));
    result
}

/// Runs a program and returns what it printed; that is shown only if it fails.
pub fn quiet(command: &mut Command) -> Result<String> {
    let name = show(command);
    let printed = Arc::new(Mutex::new(Vec::new()));
    let (mut reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut program = Running::start(command)?;
    // The command still holds the writing end; without this the reader would never see the end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let copy = Arc::clone(&printed);
    let collector = thread::spawn(move || collect(&mut reader, &copy));
    let status = program.wait(|elapsed| {
        let last = last_line(&text(&printed));
        println!("  … {}  {last}", seconds(elapsed));
    })?;
    // A program that left a child behind keeps the pipe open: then take what there is.
    let deadline = Instant::now() + Duration::from_secs(2);
    while !collector.is_finished() && Instant::now() < deadline {
        thread::sleep(LOOK);
    }
    let printed = text(&printed);
    if status.success() {
        return Ok(printed);
    }
    println!("{}", printed.trim_end());
    bail!("`{name}` failed ({status})")
}

/// Runs a program whose output belongs on the terminal as it is.
pub fn live(command: &mut Command) -> Result<()> {
    let name = show(command);
    let status = Running::start(command)?.wait(|_| ())?;
    if status.success() { Ok(()) } else { bail!("`{name}` failed ({status})") }
}

/// The standard output of a short question to a program.
pub fn ask(command: &mut Command) -> Result<String> {
    let name = show(command);
    let answer = command.stdin(std::process::Stdio::null()).output();
    let answer = answer.with_context(|| format!("cannot run `{name}`"))?;
    if !answer.status.success() {
        bail!("`{name}` failed ({}): {}", answer.status, String::from_utf8_lossy(&answer.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

/// A program that ends, with everything it started, when this value does.
pub struct Running {
    child: Child,
    started: Instant,
}

impl Running {
    /// Starts a program in a process group of its own.
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command.process_group(0).spawn();
        let child = child.with_context(|| format!("cannot run `{}`", show(command)))?;
        Ok(Self { child, started: Instant::now() })
    }

    /// Waits for the end, calling `sign_of_life` now and then; an interrupt ends the program and is an error.
    pub fn wait(&mut self, sign_of_life: impl Fn(Duration)) -> Result<ExitStatus> {
        let mut next = SIGN_OF_LIFE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return if interrupted() { bail!("interrupted") } else { Ok(status) };
            }
            if interrupted() {
                self.stop();
                bail!("interrupted");
            }
            if self.started.elapsed() >= next {
                sign_of_life(self.started.elapsed());
                next += SIGN_OF_LIFE;
            }
            thread::sleep(LOOK);
        }
    }

    /// Whether the program is over.
    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks the whole group to end, waits for the program itself, then ends whatever of the group is left.
    pub fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        self.signal(Signal::SIGKILL);
        // The status does not matter any more; waiting only takes the dead program off the process table.
        let _ = self.child.wait();
    }

    fn signal(&self, signal: Signal) {
        let Ok(group) = i32::try_from(self.child.id()) else { return };
        // It fails only if the group is gone, which is what is wanted.
        let _ = killpg(Pid::from_raw(group), signal);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.stop();
        }
    }
}

fn collect(reader: &mut impl Read, printed: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 8192];
    while let Ok(length @ 1..) = reader.read(&mut chunk) {
        printed.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&chunk[..length]);
    }
}

fn text(printed: &Mutex<Vec<u8>>) -> String {
    let bytes = printed.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The last line with words on it, cut to fit beside the time.
fn last_line(printed: &str) -> String {
    let line = printed.lines().rev().map(str::trim).find(|line| line.contains(char::is_alphabetic));
    line.unwrap_or_default().chars().take(90).collect()
}

/// A command as a person would type it.
pub fn show(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// A duration as a person reads it.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        whole => format!("{} min {:02} s", whole / 60, whole % 60),
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
    fn quiet_returns_both_outputs_in_order() {
        let printed = quiet(&mut sh("echo one; echo two >&2; echo three"));
        assert_eq!(printed.unwrap(), "one\ntwo\nthree\n");
    }

    #[test]
    fn a_failure_names_the_command_and_its_status() {
        let error = quiet(&mut sh("exit 7")).unwrap_err().to_string();
        assert_eq!(error, "`sh -c exit 7` failed (exit status: 7)");
        assert!(live(&mut sh("exit 1")).is_err());
        assert!(ask(&mut sh("echo no >&2; exit 1")).unwrap_err().to_string().ends_with(": no"));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = quiet(&mut Command::new("no-such-program")).unwrap_err().to_string();
        assert_eq!(error, "cannot run `no-such-program`");
    }

    #[test]
    fn dropping_a_running_program_ends_what_it_started() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut command = sh("sleep 600 & sleep 600");
        command.stdout(writer);
        let running = Running::start(&mut command).unwrap();
        drop(command);
        drop(running);
        // Both sleepers held the writing end: the end of the stream is the proof that they are gone.
        let mut rest = Vec::new();
        assert_eq!(reader.read_to_end(&mut rest).unwrap(), 0);
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(1_260)), "1.3 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn the_last_line_is_the_last_one_with_words() {
        assert_eq!(last_line("Compiling a\n  Compiling b\n   | ^^^\n\n"), "Compiling b");
        assert_eq!(last_line(""), "");
    }
}
