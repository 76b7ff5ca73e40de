//! The files of an archive, line by line.

use super::ArchiveFault;
use crate::store::audit;
use protocol::Digest;
use serde::Deserialize;
use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
};

/// No record is longer.
const LONGEST: u64 = 64 << 20;

/// The files that are named, and those in the folders that are.
pub(super) fn listed(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ArchiveFault> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error: io::Error| ArchiveFault::unreadable(path, &error);
        let before = files.len();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            // What ends otherwise was never finished, and nothing that stands in it was dropped.
            if file.extension().is_some_and(|it| it == "jsonl") {
                files.push(file);
            }
        }
        if files.len() == before {
            return Err(ArchiveFault::new(path, None, "no file in this folder ends in .jsonl"));
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// What every line says of its place.
#[derive(Deserialize)]
pub(super) struct Place<'a> {
    #[serde(borrow)]
    pub chain: Cow<'a, str>,
    pub seq: i64,
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
}

/// A line: a record as it was hashed, and its hash.
pub(super) struct Entry<'a> {
    pub number: u64,
    pub place: Place<'a>,
    pub body: &'a str,
    pub hash: Digest,
}

/// The lines of a file.
pub(super) struct Lines<'a> {
    path: &'a Path,
    file: BufReader<File>,
    number: u64,
    line: Vec<u8>,
}

impl<'a> Lines<'a> {
    pub fn open(path: &'a Path) -> Result<Self, ArchiveFault> {
        let file = File::open(path).map_err(|error| ArchiveFault::unreadable(path, &error))?;
        Ok(Self { path, file: BufReader::new(file), number: 0, line: Vec::new() })
    }

    /// The next line; none behind the last.
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, ArchiveFault> {
        self.line.clear();
        let read = self.file.by_ref().take(LONGEST).read_until(b'\n', &mut self.line);
        if read.map_err(|error| ArchiveFault::unreadable(self.path, &error))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let fault = |what| ArchiveFault::new(self.path, Some(self.number), what);
        let foreign = || fault("it is no line of an archive of the record");
        let begins = self.line.starts_with(HASH.as_bytes());
        let Some(line) = self.line.strip_suffix(b"\n").filter(|_| begins) else {
            let cut = begins || (self.number > 1 && HASH.as_bytes().starts_with(&self.line));
            return Err(if cut {
                fault("it breaks off: the end of the file was cut off")
            } else {
                foreign()
            });
        };
        let line = std::str::from_utf8(line).map_err(|_| foreign())?;
        let (hash, body) = apart(line).ok_or_else(foreign)?;
        let place: Place<'_> = serde_json::from_str(body).map_err(|_| foreign())?;
        if !(1..audit::SPAN).contains(&place.seq) {
            return Err(foreign());
        }
        Ok(Some(Entry { number: self.number, place, body, hash }))
    }
}

const HASH: &str = "{\"hash\":\"";
const RECORD: &str = "\",\"record\":";

/// The hash and the record of a line, in exactly the form in which they are written.
fn apart(line: &str) -> Option<(Digest, &str)> {
    let (hash, body) = line.strip_prefix(HASH)?.split_once(RECORD)?;
    Some((hash.parse().ok()?, body.strip_suffix('}')?))
}

/// The numbers of the first and last record that the name of a file promises, if it is one of this chain.
pub(super) fn promised(path: &Path, chain: &str) -> Option<(i64, i64)> {
    let rest = path.file_name()?.to_str()?.strip_suffix(".jsonl")?.strip_prefix(chain)?.strip_prefix('-')?;
    let (first, last) = rest.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_promises_what_the_file_holds() {
        let of = |name: &str| promised(&Path::new("/archive").join(name), "c-1");
        assert_eq!(of("c-1-4-70.jsonl"), Some((4, 70)));
        for other in ["c-1-4.jsonl", "c-2-4-70.jsonl", "c-1-4-70.part", "c-1-4-x.jsonl", "january.jsonl"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
