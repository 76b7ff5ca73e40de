//! Lines from the client and to it, on threads of their own: a read of stdin that never comes back must not hold the
//! command up when it ends.

use super::LARGEST;
use std::{
    io::{self, BufRead as _, Read as _, Write as _},
    thread,
};
use tokio::sync::{mpsc, oneshot};

/// Messages that wait, each way.
const WAITING: usize = 16;

/// What the client sends.
#[derive(Debug)]
pub enum Line {
    Text(String),
    /// Longer than any message, or no text; it was skipped.
    Unreadable,
}

/// The client's lines, until it closes stdin.
pub fn read_stdin() -> mpsc::Receiver<Line> {
    let (lines, received) = mpsc::channel(WAITING);
    thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        while let Ok(Some(line)) = next(&mut stdin) {
            let is_blank = matches!(&line, Line::Text(text) if text.trim().is_empty());
            if !is_blank && lines.blocking_send(line).is_err() {
                break;
            }
        }
    });
    received
}

/// One line without its end, in bounded memory.
fn next(from: &mut impl io::BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let limit = LARGEST as u64 + 1;
    if from.by_ref().take(limit).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') && bytes.len() as u64 == limit {
        from.skip_until(b'\n')?;
        return Ok(Some(Line::Unreadable));
    }
    Ok(Some(String::from_utf8(bytes).map_or(Line::Unreadable, |text| Line::Text(text.trim_end().to_owned()))))
}

/// The thread that writes, until nobody has anything to say.
#[derive(Debug)]
pub struct Writer(oneshot::Receiver<()>);

impl Writer {
    /// Waits until everything is written.
    pub async fn finish(self) {
        let _ = self.0.await;
    }
}

/// What is sent there is written, a line each. A client that is gone gets nothing, and stdin says that it is gone.
pub fn write_stdout() -> (mpsc::Sender<String>, Writer) {
    let (lines, mut to_write) = mpsc::channel::<String>(WAITING);
    let (done, finished) = oneshot::channel();
    thread::spawn(move || {
        let mut stdout = io::stdout().lock();
        while let Some(mut line) = to_write.blocking_recv() {
            line.push('\n');
            let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
        }
        let _ = done.send(());
    });
    (lines, Writer(finished))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_or_no_text_is_skipped_and_the_next_line_is_read() {
        let mut long = vec![b'x'; LARGEST + 10];
        long.extend_from_slice(b"\n{\"a\":1}\r\n\xff\n{}");
        let mut from = long.as_slice();
        let mut read = || next(&mut from).unwrap();
        assert!(matches!(read(), Some(Line::Unreadable)));
        assert!(matches!(read(), Some(Line::Text(it)) if it == "{\"a\":1}"));
        assert!(matches!(read(), Some(Line::Unreadable)));
        assert!(matches!(read(), Some(Line::Text(it)) if it == "{}"));
        assert!(read().is_none());
    }
}
