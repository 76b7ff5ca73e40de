//! Old parts of the record are dropped and the archive is checked as an operator does it, on either engine.

use super::{Operator, Serving};
use crate::{
    front::support::on_each_front,
    support::{database::Database, installation::Installation},
};
use broker::{clock::Clock, store::Engine, vault::create_root_key_file};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::Output,
};

on_each_front!(alone: old_parts_are_dropped, an_archive_is_checked);

const DAY: i64 = 24 * 60 * 60;

/// An operator whose broker recorded something on each of three days, a month ago.
struct Past {
    operator: Operator,
    database: Database,
    began: DateTime<Utc>,
}

impl Past {
    async fn create(engine: Engine) -> Option<Self> {
        let database = Database::create(engine).await?;
        let operator = Operator::new();
        fs::DirBuilder::new().mode(0o700).create(operator.data()).unwrap();
        let root = operator.data().join("root.key");
        create_root_key_file(&root, broker::clock::Rng::default().source()).unwrap();
        let began = Clock::system().now() - TimeDelta::days(30);
        let it = Installation::open(&database.url, Clock::held(began), root).await;
        for person in ["paul", "ana", "adm"] {
            it.person(person, &[]).await;
            it.wait(DAY);
        }
        it.stop().await;
        Some(Self { operator, database, began })
    }

    fn args<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        [args, &["--database", &self.database.url]].concat()
    }

    fn serve(&self) -> Serving {
        Serving::start(self.operator.command(&self.args(&["serve", "--listen", "127.0.0.1:0"])))
    }

    fn good(&self, args: &[&str]) -> String {
        self.operator.good(&self.args(args))
    }

    fn bad(&self, args: &[&str]) -> String {
        self.operator.bad(&self.args(args))
    }

    /// So many days after the beginning.
    fn day(&self, days: i64) -> String {
        (self.began + TimeDelta::days(days)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    fn archive(&self) -> PathBuf {
        self.operator.path("archive")
    }
}

fn dropped(told: &str) -> i64 {
    let (_, rest) = told.split_once("Dropped: ").unwrap_or_else(|| panic!("{told}"));
    rest.split(' ').next().unwrap().parse().unwrap()
}

async fn old_parts_are_dropped(engine: Engine) {
    let Some(past) = Past::create(engine).await else { return };
    let serving = past.serve();
    let (young, first, all) = (past.day(28), past.day(1), past.day(20));
    let told = past.bad(&["audit", "drop", "--before", &young, "--yes"]);
    assert!(told.contains("nothing was dropped: the record of the last 7 days is always kept"), "{told}");
    let told = past.bad(&["audit", "drop", "--before", &first]);
    assert!(told.contains("nobody can be asked here; --yes agrees. Nothing was dropped"), "{told}");
    let told = past.bad(&["audit", "drop", "--before", "yesterday", "--yes"]);
    assert!(told.contains("must be a day or time"), "{told}");
    let whole = past.good(&["audit", "verify"]);
    assert!(whole.starts_with("The record is whole") && !whole.contains("dropped"), "{whole}");

    // By the broker that runs.
    let told = past.good(&["audit", "drop", "--before", &first, "--yes"]);
    assert!(told.contains("To be dropped: ") && told.contains("They cannot be had back."), "{told}");
    let one = dropped(&told);
    assert!(one > 0);
    let verified = past.good(&["audit", "verify"]);
    assert!(
        verified.contains(&format!("\n{one} records before that were dropped, on the record")),
        "{verified}"
    );
    assert!(
        past.good(&["audit", "drop", "--before", &first, "--yes"]).starts_with("There is nothing to drop")
    );
    serving.stop();

    // By the command, without one.
    let two = dropped(&past.good(&["audit", "drop", "--before", &all, "--yes"]));
    assert!(two >= 2, "the other two days");
    let verified = past.good(&["audit", "verify"]);
    assert!(verified.contains(&format!("\n{} records before that were dropped", one + two)), "{verified}");
    let (day, late) = (past.began + TimeDelta::days(2), past.day(3));
    let told = |args: &[&str]| {
        let output = past.operator.run(&past.args(args));
        String::from_utf8(output.stderr).unwrap()
    };
    let export = ["audit", "export", "--kind", "person"];
    let left_out = format!("Records up to {} were dropped: those", day.format("%Y-%m-%d %H:%M:%S UTC"));
    assert!(told(&export).starts_with(&left_out), "{}", told(&export));
    assert_eq!(told(&["audit", "export", "--kind", "person", "--since", &late]), "");
    let record = past.good(&["audit", "export", "--kind", "record"]);
    assert_eq!(record.matches("{\"is\":\"host\"}").count(), 2, "{record}");
    past.database.remove().await;
}

fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn only_file(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    file
}

async fn an_archive_is_checked(engine: Engine) {
    let Some(past) = Past::create(engine).await else { return };
    let (folder, all) = (past.archive(), past.day(20));
    let named = folder.to_str().unwrap();
    let drop = ["audit", "drop", "--before", &all, "--yes", "--archive", named];
    let serving = past.serve();
    let told = past.bad(&drop);
    assert!(
        told.contains("nothing was dropped: the archive ") && told.contains("could not be written"),
        "{told}"
    );
    fs::create_dir(&folder).unwrap();
    let told = past.good(&drop);
    assert!(told.contains(&format!("except from the archive in {named}")), "{told}");
    let many = dropped(&told);
    let file = only_file(&folder);

    let verify = past.args(&["audit", "verify", "--archive", named]);
    let told = past.operator.good(&verify);
    let expected = format!(
        "The archive has everything that was dropped and fits the record: {many} records in 1 files\n"
    );
    assert!(told.starts_with("The record is whole") && told.ends_with(&expected), "{told}");
    serving.stop();
    assert_eq!(past.good(&["audit", "verify", "--archive", file.to_str().unwrap()]), told);
    let alone =
        ["audit", "verify", "--archive", named, "--archive-only", "--database", "sqlite://nowhere.db"];
    let told = past.operator.good(&alone);
    assert!(
        told.starts_with(&format!("The archive is whole in itself: {many} records of 1 chains in 1")),
        "{told}"
    );
    assert!(past.operator.bad(&["audit", "verify", "--archive-only"]).contains("--archive"));

    let text = fs::read_to_string(&file).unwrap();
    let run = |args: &[&str]| said(&past.operator.run(args));
    fs::write(&file, text.replacen("\"paul\"", "\"eve\"", 1)).unwrap();
    for args in [&verify[..], &alone[..]] {
        let told = run(args);
        assert!(
            told.contains("The archive is damaged, or is another's: ") && told.contains(", line "),
            "{told}"
        );
        assert!(told.contains("its hash does not fit its content"), "{told}");
    }
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    assert!(run(&verify).contains("it breaks off: the end of the file was cut off"));
    // Whole lines that are missing at its end are missing in the archive, whatever the file is called.
    fs::remove_file(&file).unwrap();
    let short: String = text.split_inclusive('\n').take(2).collect();
    fs::write(folder.join("january.jsonl"), short).unwrap();
    let told = run(&verify);
    assert!(
        told.starts_with("The record is whole") && told.contains("The archive is not complete."),
        "{told}"
    );
    assert!(told.contains(&format!("but records 3 to {many} of chain ")), "{told}");
    past.database.remove().await;
}
