//! What a program says on standard error, on its way into the log: without its secrets, one line each, not too much.

use crate::calls::scrub::Scrubber;
use domain::text::is_forbidden;
use protocol::Slug;
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    time::Instant,
};

/// What is kept of a line.
const MAX_LINE: usize = 4 << 10;
/// So many lines are logged in each window; the others are counted.
const LINES: u32 = 20;
const WINDOW: Duration = Duration::from_secs(10);

/// Reads until the end, whatever comes: a program whose pipe is full would stand still.
pub(super) async fn log(name: Slug, from: impl AsyncRead + Unpin, secrets: Scrubber) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    let mut gate = Gate::new(Instant::now());
    loop {
        let taken = match from.fill_buf().await {
            Ok([]) | Err(_) => break,
            Ok(bytes) => {
                let end = bytes.iter().position(|it| *it == b'\n');
                let text = &bytes[..end.unwrap_or(bytes.len())];
                line.extend_from_slice(&text[..text.len().min(MAX_LINE.saturating_sub(line.len()))]);
                if end.is_some() {
                    tell(&name, &line, &secrets, &mut gate);
                    line.clear();
                }
                text.len() + usize::from(end.is_some())
            }
        };
        from.consume(taken);
    }
    tell(&name, &line, &secrets, &mut gate);
    if gate.left_out > 0 {
        tracing::warn!(program = %name, "{} more lines were left out", gate.left_out);
    }
}

fn tell(name: &Slug, line: &[u8], secrets: &Scrubber, gate: &mut Gate) {
    let shown = shown(line, secrets);
    if shown.is_empty() {
        return;
    }
    if let Some(left_out) = gate.pass(Instant::now()) {
        if left_out > 0 {
            tracing::warn!(program = %name, "{left_out} lines were left out");
        }
        tracing::info!(program = %name, "{shown}");
    }
}

/// A line as it can stand in a log.
fn shown(line: &[u8], secrets: &Scrubber) -> String {
    let line = secrets.scrub(line);
    let text = String::from_utf8_lossy(&line);
    let mut shown = String::with_capacity(text.len());
    for c in text.trim_end().chars() {
        if is_forbidden(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// Lets so many lines pass in each window.
struct Gate {
    since: Instant,
    passed: u32,
    left_out: u64,
}

impl Gate {
    fn new(now: Instant) -> Self {
        Self { since: now, passed: 0, left_out: 0 }
    }

    /// Whether a line passes, and how many were left out before it.
    fn pass(&mut self, now: Instant) -> Option<u64> {
        if now.saturating_duration_since(self.since) >= WINDOW {
            (self.since, self.passed) = (now, 0);
        }
        if self.passed == LINES {
            self.left_out += 1;
            return None;
        }
        self.passed += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_line_reaches_a_terminal_or_gives_a_secret_away() {
        let secrets = Scrubber::new(&["a-long-secret-text"]).unwrap();
        let line = shown("key a-long-secret-text\x1b]0;x\x07 \u{202e}ok\r".as_bytes(), &secrets);
        assert_eq!(line, "key [removed by countersign]\\u{1b}]0;x\\u{7} \\u{202e}ok");
        assert_eq!(shown(b"\xff\xfe", &secrets), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_chatty_program_does_not_fill_the_log() {
        let mut now = Instant::now();
        let mut gate = Gate::new(now);
        let passed = (0..100).filter(|_| gate.pass(now).is_some()).count();
        assert_eq!(passed, 20);
        now += WINDOW;
        assert_eq!(gate.pass(now), Some(80));
        assert_eq!(gate.pass(now), Some(0));
    }
}
