//! Whether the record is whole, says what happened, and keeps the secrets to itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::checks::Checks;
use super::declaration::{AGENT_SECRET, PERSON, TRACKER_KEY};
use super::stage::{BROKER, LOG, Stage};
use super::{agent, programs};

/// Every random secret of Countersign starts like this, and has so many more characters.
const PREFIXES: [&[u8]; 4] = [b"csn_a_", b"csn_p_", b"csn_l_", b"csn_w_"];
const LENGTH: usize = 49;

pub fn check(stage: &Stage, secrets: &[String], checks: &mut Checks) -> Result<()> {
    let verified = programs::run(stage.broker().args(["audit", "verify"]))?;
    let said = format!("{}{}", verified.out.trim(), verified.err.trim());
    checks.check(&format!("audit verify: {said}"), verified.code == Some(0));
    let export = programs::output(stage.broker().args(["audit", "export"]))?;
    let records = parse(&export)?;
    expected(&records, checks);
    checks.check("no secret is in the export", clean(export.as_bytes(), secrets));
    let log = fs::read(stage.folder.join(LOG))?;
    checks.check("no secret is in the broker's log", clean(&log, secrets));
    let database = database(stage)?;
    checks.check("no secret is in the database", clean(&database, secrets));
    Ok(())
}

/// The records, without the hashes around them.
fn parse(export: &str) -> Result<Vec<Value>> {
    let record = |line: &str| {
        let mut line: Value = serde_json::from_str(line).context("a line of the export is no JSON")?;
        Ok(line["record"].take())
    };
    export.lines().map(record).collect()
}

/// What the play leaves in the record.
fn expected(records: &[Value], checks: &mut Checks) {
    let count = |kind: &str, fact: &str, value: &str| {
        let is = |it: &&Value| it["kind"] == kind && (fact.is_empty() || it["facts"][fact] == value);
        records.iter().filter(is).count()
    };
    for kind in ["request.opened", "request.approved", "grant.redeemed"] {
        checks.check(&format!("{kind} is in the record, once"), count(kind, "", "") == 1);
    }
    for kind in ["token.minted", "call.authorised"] {
        for action in ["issues.list", "issues.read", "issues.comment"] {
            let what = format!("{kind} for {action} is in the record, once");
            checks.check(&what, count(kind, "action", action) == 1);
        }
    }
    checks.check("three calls finished, whole", count("call.finished", "outcome", "complete") == 3);
    for action in ["issues.close", "issues.delete"] {
        let refused = count("token.refused", "action", action) + count("call.refused", "action", action);
        let passed = count("token.minted", "action", action) + count("call.authorised", "action", action);
        checks.check(&format!("{action} is in the record as refused, once"), (refused, passed) == (1, 0));
    }
    let by_person = |it: &&Value| it["kind"] == "revoked" && it["actor"]["person"] == PERSON;
    checks
        .check("that the person stopped it is in the record", records.iter().filter(by_person).count() == 1);
}

/// Every secret that this play knows, while the session lives: its token is forgotten with it.
pub fn secrets(stage: &Stage, person_token: &Path) -> Result<Vec<String>> {
    let files = [stage.folder.join(TRACKER_KEY), stage.folder.join(AGENT_SECRET), person_token.to_owned()];
    let mut secrets = files.iter().map(fs::read_to_string).collect::<Result<Vec<_>, _>>()?;
    secrets.push(fs::read_to_string(stage.folder.join(BROKER).join("root.key"))?);
    for kept in stage.folder.join("agent/countersign").read_dir()? {
        let kept = agent::parse(&fs::read_to_string(kept?.path())?)?;
        secrets.push(agent::text(&kept, "/redeemed/grant_token")?.to_owned());
    }
    ensure!(secrets.len() == files.len() + 2, "the agent keeps not one grant token");
    Ok(secrets.into_iter().map(|secret| secret.trim().to_owned()).collect())
}

/// The database as it lies on the disk, with what is still in its log.
fn database(stage: &Stage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in stage.folder.join(BROKER).read_dir()? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("countersign.db") {
            bytes.extend(fs::read(entry.path())?);
        }
    }
    ensure!(!bytes.is_empty(), "there is no database");
    Ok(bytes)
}

fn clean(bytes: &[u8], secrets: &[String]) -> bool {
    let known = secrets.iter().any(|secret| secret.is_empty() || find(bytes, secret.as_bytes()).is_some());
    let shaped = PREFIXES.iter().any(|prefix| has_secret(bytes, prefix));
    !known && !shaped
}

/// Whether anything stands there that looks like a secret with this prefix.
fn has_secret(mut bytes: &[u8], prefix: &[u8]) -> bool {
    while let Some(at) = find(bytes, prefix) {
        bytes = &bytes[at + prefix.len()..];
        let url_safe = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if bytes.iter().take_while(url_safe).count() >= LENGTH {
            return true;
        }
    }
    false
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_found_wherever_it_stands() {
        let secrets = ["tracker-0123".to_owned()];
        assert!(clean(b"\0tracker-012\0csn_a_short csn_x_", &secrets));
        assert!(!clean(b"\0\xfftracker-0123", &secrets));
        let token = format!("csn_p_ csn_p_{}", "a".repeat(LENGTH));
        assert!(!clean(token.as_bytes(), &secrets));
        assert!(clean(&token.as_bytes()[..token.len() - 1], &secrets));
        assert!(!clean(b"anything", &[String::new()]), "an empty secret is a mistake");
    }

    fn line(kind: &str, fact: &str, value: &str) -> Value {
        json!({"kind": kind, "actor": {"is": "person", "person": PERSON}, "facts": {fact: value}})
    }

    fn play() -> Vec<Value> {
        let mut records: Vec<Value> = ["request.opened", "request.approved", "grant.redeemed", "revoked"]
            .map(|kind| line(kind, "", ""))
            .into();
        for action in ["issues.list", "issues.read", "issues.comment"] {
            records.push(line("token.minted", "action", action));
            records.push(line("call.authorised", "action", action));
            records.push(line("call.finished", "outcome", "complete"));
        }
        records.push(line("token.refused", "action", "issues.close"));
        records.push(line("call.refused", "action", "issues.delete"));
        records
    }

    fn holds(records: &[Value]) -> bool {
        let mut checks = Checks::default();
        expected(records, &mut checks);
        checks.summary().is_ok()
    }

    #[test]
    fn every_record_of_the_play_is_needed() {
        let whole = play();
        assert!(holds(&whole));
        for missing in 0..whole.len() {
            let mut records = whole.clone();
            let gone = records.remove(missing);
            assert!(!holds(&records), "without {gone}");
        }
    }

    #[test]
    fn a_call_that_was_not_granted_is_no_good_record() {
        let mut records = play();
        records.push(line("call.authorised", "action", "issues.close"));
        assert!(!holds(&records));
    }

    #[test]
    fn an_export_is_read_line_by_line() {
        let records = parse(
            "{\"hash\":\"h\",\"record\":{\"kind\":\"a\"}}\n{\"hash\":\"i\",\"record\":{\"kind\":\"b\"}}\n",
        );
        assert_eq!(records.unwrap(), [json!({"kind": "a"}), json!({"kind": "b"})]);
        assert!(parse("nonsense").is_err());
    }
}
