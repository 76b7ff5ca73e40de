//! The lines of a backup.
//!
//! ```text
//! {"countersign_backup":1,"instance":…,"schema":[1,2,…],…}       the header
//! {"table":"people","columns":[["id","text"],…]}                 each table,
//! ["paul","Paul",…]                                              its rows,
//! {"end":{"table":"people","rows":1,"sha256":…}}                 its end
//! {"manifest":{"heads":…,"parts":…,"sha256":…}}                  what all of it must have been
//! ```

use super::{BackupError, tables::Kind};
use crate::tokens::hex;
use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read as _, Write};

/// The version of this form.
pub const FORMAT: u32 = 1;
/// No line is longer: a record's facts are far from it.
const MAX_LINE: u64 = 64 << 20;

/// What a backup says of itself first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the form.
    pub countersign_backup: u32,
    /// Of which installation.
    pub instance: String,
    /// Which engine it was taken from.
    pub engine: String,
    /// The migrations that its schema has.
    pub schema: Vec<i64>,
    /// How often the database had been accepted as an older copy.
    pub epoch: i64,
    /// The number of the last revocation that is in it.
    pub watermark: i64,
    /// When it was taken.
    pub taken_at: DateTime<Utc>,
}

/// A table of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The table.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// The SHA-256 of their lines.
    pub sha256: String,
}

/// The head of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadOf {
    /// Its name.
    pub chain: String,
    /// The number of its last record.
    pub seq: i64,
    /// That record's hash.
    pub hash: String,
}

/// What all of it must have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What it says of itself first, again.
    pub header: Header,
    /// The heads of all chains.
    pub heads: Vec<HeadOf>,
    /// Every table.
    pub parts: Vec<Part>,
    /// The SHA-256 of every line before this one.
    pub sha256: String,
}

impl Manifest {
    /// How many rows a table has.
    pub fn rows(&self, table: &str) -> u64 {
        self.parts.iter().find(|part| part.table == table).map_or(0, |part| part.rows)
    }
}

/// A line that is no row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    /// The first.
    Header(Header),
    /// A table begins.
    Table {
        /// Which.
        table: String,
        /// Its columns, with what they hold.
        columns: Vec<(String, Kind)>,
    },
    /// It ends.
    End {
        /// What it was.
        end: Part,
    },
    /// The last.
    Manifest {
        /// What all of it was.
        manifest: Manifest,
    },
}

/// Writes lines, and hashes them.
pub(super) struct Lines<W> {
    out: W,
    whole: Context,
    part: Context,
    rows: u64,
}

impl<W: Write> Lines<W> {
    pub fn new(out: W) -> Self {
        Self { out, whole: Context::new(&SHA256), part: Context::new(&SHA256), rows: 0 }
    }

    /// A row, as it is.
    pub fn row(&mut self, row: &str) -> io::Result<()> {
        self.part.update(row.as_bytes());
        self.part.update(b"\n");
        self.rows += 1;
        self.put(row.as_bytes())
    }

    /// Anything else.
    pub fn line(&mut self, line: &Line) -> io::Result<()> {
        self.put(&serde_json::to_vec(line)?)
    }

    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        for bytes in [line, b"\n"] {
            self.whole.update(bytes);
            self.out.write_all(bytes)?;
        }
        Ok(())
    }

    /// Ends a table.
    pub fn end(&mut self, table: &str) -> io::Result<Part> {
        let part = std::mem::replace(&mut self.part, Context::new(&SHA256));
        let sha256 = hex(part.finish().as_ref());
        let part = Part { table: table.to_owned(), rows: std::mem::take(&mut self.rows), sha256 };
        self.line(&Line::End { end: part.clone() })?;
        Ok(part)
    }

    /// The hash of all lines so far.
    pub fn sha256(&self) -> String {
        hex(self.whole.clone().finish().as_ref())
    }

    pub fn into_inner(self) -> W {
        self.out
    }
}

/// What stands on a line.
pub(super) enum Found {
    /// A row of the table at hand.
    Row(String),
    /// Something else.
    Line(Box<Line>),
}

/// Reads lines, and checks that they are what was written.
pub(super) struct Reader<R> {
    input: R,
    whole: Context,
    part: Context,
    rows: u64,
    parts: Vec<Part>,
}

impl<R: BufRead> Reader<R> {
    pub fn new(input: R) -> Self {
        let (whole, part) = (Context::new(&SHA256), Context::new(&SHA256));
        Self { input, whole, part, rows: 0, parts: Vec::new() }
    }

    /// The next line; none at the end of the file.
    pub fn next(&mut self) -> Result<Option<Found>, BackupError> {
        let mut bytes = Vec::new();
        let mut limited = self.input.by_ref().take(MAX_LINE);
        let read = limited.read_until(b'\n', &mut bytes);
        read.map_err(|why| BackupError::damaged(format!("it cannot be read to its end ({why})")))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.pop() != Some(b'\n') {
            return Err(BackupError::damaged("it ends in the middle of a line"));
        }
        let text = String::from_utf8(bytes).map_err(|_| BackupError::damaged("a line is not UTF-8"))?;
        let before = self.whole.clone();
        for bytes in [text.as_bytes(), b"\n"] {
            self.whole.update(bytes);
        }
        if text.starts_with('[') {
            for bytes in [text.as_bytes(), b"\n"] {
                self.part.update(bytes);
            }
            self.rows += 1;
            return Ok(Some(Found::Row(text)));
        }
        let line: Line =
            serde_json::from_str(&text).map_err(|_| BackupError::damaged("a line is not known"))?;
        self.check(&line, before)?;
        Ok(Some(Found::Line(Box::new(line))))
    }

    fn check(&mut self, line: &Line, before: Context) -> Result<(), BackupError> {
        match line {
            Line::End { end } => {
                let part = std::mem::replace(&mut self.part, Context::new(&SHA256));
                let found = Part {
                    table: end.table.clone(),
                    rows: std::mem::take(&mut self.rows),
                    sha256: hex(part.finish().as_ref()),
                };
                if found != *end {
                    return Err(BackupError::damaged(format!("table {} is not what was written", end.table)));
                }
                self.parts.push(found);
            }
            Line::Manifest { manifest } => {
                if manifest.parts != self.parts || manifest.sha256 != hex(before.finish().as_ref()) {
                    return Err(BackupError::damaged("it is not what its manifest says"));
                }
            }
            Line::Header(_) | Line::Table { .. } => {}
        }
        Ok(())
    }
}
