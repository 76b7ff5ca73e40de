//! What `audit verify --archive` says of an archive.

use super::super::say;
use crate::ledger::verify::{Archived, Part, verify_alone};
use std::{path::PathBuf, process::ExitCode};

/// Parts that are named at most.
const NAMED: usize = 8;

/// Checks an archive by itself.
pub(super) fn alone(paths: &[PathBuf]) -> ExitCode {
    let found = verify_alone(paths);
    if is_damaged(&found) {
        return ExitCode::FAILURE;
    }
    if !found.missing.is_empty() {
        say(format_args!("The archive has gaps: {} are in none of these files.", listed(&found.missing)));
        return ExitCode::FAILURE;
    }
    let Archived { files, chains, records, unfounded, .. } = found;
    say(format_args!(
        "The archive is whole in itself: {records} records of {chains} chains in {files} files. Only the database \
         tells whether they are those that were dropped, and all of them: check it without --archive-only, too."
    ));
    if !unfounded.is_empty() {
        say(format_args!(
            "Not checked, since what stood before is not here: the content of {}.",
            listed(&unfounded)
        ));
    }
    ExitCode::SUCCESS
}

/// Says what was found of an archive beside a record that is whole.
pub(super) fn with_record(found: &Archived) -> ExitCode {
    if is_damaged(found) {
        return ExitCode::FAILURE;
    }
    let Archived { files, records, missing, .. } = found;
    if missing.is_empty() {
        say(format_args!(
            "The archive has everything that was dropped and fits the record: {records} records in {files} files"
        ));
        return ExitCode::SUCCESS;
    }
    say(format_args!(
        "The archive is not complete. What there is fits the record ({records} records in {files} files), but {} were \
         dropped and are in none of these files.",
        listed(missing)
    ));
    ExitCode::FAILURE
}

fn is_damaged(found: &Archived) -> bool {
    if let Some(fault) = &found.first_fault {
        say(format_args!("The archive is damaged, or is another's: {fault}"));
    }
    found.first_fault.is_some()
}

fn listed(parts: &[Part]) -> String {
    let named: Vec<String> = parts.iter().take(NAMED).map(ToString::to_string).collect();
    let more = parts.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(", and {more} more parts") };
    format!("{}{more}", named.join(", "))
}
