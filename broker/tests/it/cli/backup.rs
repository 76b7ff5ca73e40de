//! Backups as an operator makes, tries and restores them.

use super::Operator;

const PASSPHRASE: &str = "six random words are good enough";

#[test]
fn a_backup_is_made_tried_restored_and_accepted() {
    let operator = Operator::new();
    let serving = operator.serve();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let words = operator.write("words", PASSPHRASE);
    let told = operator.good(&["backup", "create", "it.backup", "--passphrase-file", &words]);
    assert!(told.contains("1 people") && told.contains("root key is not in it"), "{told}");
    let again = operator.bad(&["backup", "create", "it.backup", "--passphrase-file", &words]);
    assert!(again.contains("exists already"), "{again}");
    let checked = operator.good(&["backup", "verify", "it.backup", "--passphrase-file", &words]);
    assert!(checked.contains("Its record is whole"), "{checked}");
    let restore = ["backup", "restore", "it.backup", "--passphrase-file", &words];
    let busy = operator.bad(&restore);
    assert!(busy.contains("another Countersign broker"), "{busy}");
    serving.stop();
    let full = operator.bad(&restore);
    assert!(full.contains("is not empty; nothing was restored"), "{full}");
    let nothing = operator.bad(&["backup", "accept"]);
    assert!(nothing.contains("nothing to accept"), "{nothing}");

    let anchor = operator.data().join("anchor.json");
    let whole = operator.good(&["audit", "verify", "--anchor", anchor.to_str().unwrap()]);
    assert!(whole.contains("The record is whole"), "{whole}");
    std::fs::remove_file(operator.data().join("countersign.db")).unwrap();
    let told = operator.good(&restore);
    assert!(told.contains("authorises nothing until"), "{told}");
    let serving = operator.serve();
    let apply = ["apply", "-f", &operator.declaration(), "--yes", "--reseal"];
    let refused = operator.bad(&apply);
    assert!(refused.contains("nobody has accepted"), "{refused}");
    let accepted = operator.good(&["backup", "accept", "--reason", "a new disk"]);
    assert!(accepted.contains("Accepted. Ended: 0 sessions"), "{accepted}");
    operator.good(&apply);
    let (_, log) = serving.stop();
    assert!(log.contains("older copy"), "{log}");
    let record = operator.good(&["audit", "export", "--kind", "database"]);
    assert!(record.lines().count() == 2 && record.contains("a new disk"), "{record}");
    operator.good(&["audit", "verify"]);
}

/// Somebody puts yesterday's file back.
#[test]
fn a_file_that_is_put_back_is_noticed() {
    let operator = Operator::new();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let (file, kept) = (operator.data().join("countersign.db"), operator.path("kept.db"));
    std::fs::copy(&file, &kept).unwrap();
    operator.good(&["revoke", "--all"]);
    std::fs::copy(&kept, &file).unwrap();
    let anchor = operator.data().join("anchor.json");
    let named = ["audit", "verify", "--anchor", anchor.to_str().unwrap()];
    let output = operator.command(&named).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && told.contains("does not reach as far"), "{told}");
    let serving = operator.serve();
    let apply = ["apply", "-f", &operator.declaration(), "--yes", "--reseal"];
    assert!(operator.bad(&apply).contains("nobody has accepted"));
    operator.good(&["backup", "accept"]);
    operator.good(&apply);
    serving.stop();
    operator.good(&named);
    // A lost anchor is no way around it; an anchor of another installation is no anchor.
    std::fs::remove_file(&anchor).unwrap();
    assert!(operator.bad(&apply).contains("nobody has accepted"));
    operator.good(&["backup", "accept"]);
    let moved = operator.path("elsewhere.json");
    operator.good(&["keys", "status", "--anchor", moved.to_str().unwrap()]);
    assert!(moved.exists());
    let text = std::fs::read_to_string(&moved).unwrap();
    let at = text.find("instance").unwrap() + 11;
    std::fs::write(&moved, format!("{}x{}", &text[..at], &text[at + 1..])).unwrap();
    let told = operator.bad(&["keys", "status", "--anchor", moved.to_str().unwrap()]);
    assert!(told.contains("is of installation"), "{told}");
}

#[test]
fn a_key_that_is_none_is_refused_before_anything_is_written() {
    let operator = Operator::new();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let told = operator.bad(&["backup", "create", "it.backup", "--recipient", "age1nonsense"]);
    assert!(told.contains("age1nonsense is not"), "{told}");
    let told = operator.bad(&["backup", "create", "it.backup"]);
    assert!(told.contains("there is no terminal"), "{told}");
    assert!(!operator.path("it.backup").exists());
}
