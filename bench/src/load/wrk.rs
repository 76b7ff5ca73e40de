//! Load by wrk (Debian's package): the cheapest closed loop there is.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{Ask, Load};

/// Prints one line of JSON at the end. Times are in microseconds.
const DONE: &str = r#"
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\n{"answered":%d,"refused":%d,"broken":%d,"micros":%d,"p50":%.1f,"p99":%.1f}\n',
    summary.requests, e.status, e.connect + e.read + e.write + e.timeout, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
"#;

#[derive(Deserialize)]
struct Said {
    answered: u64,
    refused: u64,
    broken: u64,
    micros: f64,
    p50: f64,
    p99: f64,
}

pub fn run(wrk: &Path, folder: &Path, ask: &Ask, connections: usize, time: Duration) -> Result<Load> {
    let file = folder.join("wrk.lua");
    fs::write(&file, script(ask))?;
    let mut command = Command::new(wrk);
    command
        .args(["--threads", "1", "--timeout", "20s", "--latency", "--connections"])
        .arg(connections.to_string());
    command.arg("--duration").arg(format!("{}s", time.as_secs().max(1))).arg("--script").arg(&file);
    let output = command.arg(format!("http://{}{}", ask.to, ask.path)).output().context("wrk")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "wrk: {} {}", said, String::from_utf8_lossy(&output.stderr));
    parse(&said)
}

fn parse(said: &str) -> Result<Load> {
    let line = said.lines().rev().find(|line| line.starts_with('{')).context("wrk printed no figures")?;
    let Said { answered, refused, broken, micros, p50, p99 } = serde_json::from_str(line)?;
    Ok(Load { answered, refused, broken, seconds: micros / 1e6, p50, p99 })
}

fn script(ask: &Ask) -> String {
    let mut script = format!("wrk.method = {}\n", quoted(ask.method.as_str()));
    for (name, value) in &ask.headers {
        let _ = writeln!(script, "wrk.headers[{}] = {}", quoted(name), quoted(value));
    }
    if !ask.body.is_empty() {
        let _ = writeln!(script, "wrk.body = {}", quoted(&String::from_utf8_lossy(&ask.body)));
    }
    script + DONE
}

/// A Lua string.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_figures_is_found_among_wrks_own() {
        let said = "Running 1s test\n  Requests/sec: 10\n\n\
                    {\"answered\":20,\"refused\":1,\"broken\":2,\"micros\":2000000,\"p50\":5.5,\"p99\":9.0}\n";
        let load = parse(said).unwrap();
        assert_eq!((load.answered, load.refused, load.broken), (20, 1, 2));
        assert_eq!(format!("{} {} {}", load.rate(), load.p50, load.p99), "10 5.5 9");
        assert!(parse("nothing").is_err());
    }

    #[test]
    fn a_script_holds_what_is_asked() {
        let to = ([127, 0, 0, 1], 1).into();
        let script = script(&Ask::post(to, "/x", "a/b", "c\"d\n".to_owned()).header("h", "v"));
        for line in ["wrk.method = \"POST\"", "wrk.body = \"c\\\"d\\n\"", "wrk.headers[\"h\"] = \"v\""] {
            assert!(script.contains(line), "{script}");
        }
    }
}
