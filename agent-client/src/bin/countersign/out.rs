//! Everything that is printed goes through here, and with it through [`visible`].

use crate::{exit::Failure, visible};
use agent_client::protocol::card::Span;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// Where results and errors go.
#[derive(Debug)]
pub struct Out {
    /// Whether results are JSON.
    pub json: bool,
    bold: bool,
}

impl Out {
    pub fn new(json: bool) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { json, bold: io::stdout().is_terminal() && !no_colour }
    }

    /// One line of a result.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        self.write(&visible::line(text))
    }

    /// Lines of a result.
    pub fn lines(&self, lines: &[String]) -> Result<(), Failure> {
        lines.iter().try_for_each(|line| self.line(line))
    }

    /// A generated sentence.
    pub fn sentence(&self, spans: &[Span]) -> Result<(), Failure> {
        let words = |span: &Span| match (self.bold && span.strong, visible::line(&span.text)) {
            (true, text) => format!("\x1b[1m{text}\x1b[0m"),
            (false, text) => text,
        };
        self.write(&spans.iter().map(words).collect::<String>())
    }

    /// A result: JSON, or what these words say of it.
    pub fn show<T: Serialize>(&self, value: &T, words: impl Fn(&T) -> Vec<String>) -> Result<(), Failure> {
        if self.json { self.object(value) } else { self.lines(&words(value)) }
    }

    /// One JSON object of a result.
    pub fn object(&self, value: &impl Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string(value).map_err(|why| Failure::Other(why.to_string()))?;
        self.write(&visible::json(&json))
    }

    /// Something beside the result.
    pub fn note(&self, text: &str) {
        if !self.json {
            // There is nobody to tell if stderr is closed.
            let _ = writeln!(io::stderr(), "{}", visible::line(text));
        }
    }

    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let _ = writeln!(io::stderr(), "{}", visible::json(&failure.to_json().to_string()));
            return;
        }
        self.note(&format!("countersign: {failure}"));
        if let Some(advice) = failure.advice() {
            self.note(&advice);
        }
    }

    #[expect(clippy::unused_self, reason = "printing needs an Out, so that nothing goes around it")]
    fn write(&self, line: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
            // The reader has seen enough, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => Ok(result?),
        }
    }
}
