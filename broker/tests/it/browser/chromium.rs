//! The processes of a browser, ended with their owner, panic or not.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How often the driver is started before it is given up.
const STARTS: usize = 5;
const STARTS_WITHIN: Duration = Duration::from_mins(1);

const ARGUMENTS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
];

/// A Chromium with a fresh profile, and the driver that steers it.
pub struct Processes {
    pub chromium_port: u16,
    pub driver_port: u16,
    driver: Child,
    chromium: Child,
    profile: TempDir,
}

impl Processes {
    pub fn start(driver: &Path, chromium: &Path, script: bool) -> Self {
        let profile = TempDir::new().unwrap();
        let mut command = Command::new(chromium);
        command.args(ARGUMENTS).arg(format!("--user-data-dir={}", profile.path().display()));
        if !script {
            command.arg("--blink-settings=scriptEnabled=false");
        }
        let chromium = quiet(&mut command).stdout(Stdio::null()).spawn().unwrap();
        let (driver, driver_port) = start_driver(driver);
        // From here on both end with this, whatever happens.
        let mut it = Self { chromium_port: 0, driver_port, driver, chromium, profile };
        it.chromium_port = debugging_port(&it.profile.path().join("DevToolsActivePort"));
        it
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in [&mut self.driver, &mut self.chromium] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stderr(Stdio::null())
}

/// Starts the driver. The port that it picks for itself may be taken by the time it listens, on one of its two families
/// of addresses, and then it ends: it is started again.
fn start_driver(driver: &Path) -> (Child, u16) {
    for _ in 0..STARTS {
        let mut child = quiet(Command::new(driver).arg("--port=0")).stdout(Stdio::piped()).spawn().unwrap();
        if let Some(port) = driver_port(&mut child) {
            return (child, port);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    panic!("the driver did not start in {STARTS} tries");
}

/// The driver says on which port it listens, if it does.
fn driver_port(driver: &mut Child) -> Option<u16> {
    let said = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut ports = said.filter_map(|line| {
        line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
    });
    ports.next()
}

/// Chromium writes its port into its profile as soon as it listens.
fn debugging_port(file: &Path) -> u16 {
    let deadline = Instant::now() + STARTS_WITHIN;
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        if let Some(port) = text.split_once('\n').and_then(|(port, _)| port.parse().ok()) {
            return port;
        }
        assert!(Instant::now() < deadline, "Chromium did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
}
