//! What is dropped is checked in the archive, from the first record on; whatever was done to a file is named.

use super::{DAY, bound, history};
use crate::{
    audit::forged::{call, forge},
    support::{acts::line, installation::Installation, on_each_engine},
};
use broker::{
    ledger::verify::{Archived, Report, verify_alone, verify_with},
    retention,
    store::{Store, audit, chains},
    sweeper,
};
use domain::chain::Head;
use protocol::{
    Digest,
    record::{Actor, Record},
    revoke::Subject,
};
use std::{
    fs,
    path::{Path, PathBuf},
    slice::from_ref,
};

on_each_engine!(
    an_archive_is_checked_to_the_first_record,
    whatever_is_done_to_a_file_is_named,
    what_is_missing_is_named,
    what_was_archived_and_not_dropped_is_known,
    a_promise_that_was_broken_in_what_is_dropped_is_found,
);

/// An archive of three files and two chains, of which the first has two.
async fn archive(it: &Installation) -> (PathBuf, Vec<PathBuf>) {
    let folder = it.root.with_file_name("archive");
    fs::create_dir(&folder).unwrap();
    history(it).await;
    drop_all(it, &folder).await;
    let next = it.another().await;
    let grant = next.session("bot", &[line("mail", None)]).await;
    next.authorise(next.call(&grant, "mail", 1)).await.unwrap();
    it.wait(20 * DAY);
    sweeper::sweep(&next.app).await.unwrap();
    drop_all(&next, &folder).await;
    next.stop().await;
    let files = files(&folder);
    assert_eq!(files.len(), 3, "{files:?}");
    (folder, files)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort_by_key(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.split_once("\"at\":").unwrap().1.split(',').next().unwrap().parse::<i64>().unwrap()
    });
    files
}

async fn drop_all(it: &Installation, folder: &Path) {
    let before = it.clock.now() - retention::LEAST;
    let drop_some = async || retention::drop_some(&it.app, before, Some(folder), Actor::Host).await.unwrap();
    while drop_some().await.is_some() {}
}

async fn checked(store: &Store, paths: &[PathBuf]) -> (Report, Archived) {
    let mut report = verify_with(store, paths, |_| {}).await.unwrap();
    assert_eq!(report.first_fault, None);
    let archived = report.archive.take().unwrap();
    (report, archived)
}

fn first_and_last(path: &Path) -> (String, i64, i64) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let mut parts = name.rsplitn(3, '-');
    let (last, first) = (parts.next().unwrap().parse().unwrap(), parts.next().unwrap().parse().unwrap());
    (parts.next().unwrap().to_owned(), first, last)
}

async fn an_archive_is_checked_to_the_first_record(it: &Installation) {
    let (folder, files) = archive(it).await;
    let (report, archived) = checked(&it.app.store, from_ref(&folder)).await;
    assert!(archived.is_whole() && archived.unfounded.is_empty(), "{archived:?}");
    assert_eq!(u64::try_from(archived.records).unwrap(), report.dropped);
    assert_eq!((archived.files, archived.chains), (3, 2));
    let (_, named) = checked(&it.app.store, &files).await;
    assert_eq!(named, archived);
    assert_eq!(verify_alone(from_ref(&folder)), archived);
    // What stands there twice, under whatever name, is the same record.
    fs::copy(&files[0], folder.join("january.jsonl")).unwrap();
    let (_, twice) = checked(&it.app.store, from_ref(&folder)).await;
    assert_eq!(twice, Archived { files: 4, ..archived.clone() });
    // What begins in the middle is taken as it is there.
    let text = fs::read_to_string(&files[0]).unwrap();
    let tail: String = text.split_inclusive('\n').skip(3).collect();
    let path = it.root.with_file_name("tail.jsonl");
    fs::write(&path, tail).unwrap();
    let (chain, _, last) = first_and_last(&files[0]);
    let alone = verify_alone(&[path]);
    assert!(alone.is_whole() && alone.records == last - 3, "{alone:?}");
    assert_eq!(alone.unfounded.len(), 1);
    assert_eq!(alone.unfounded[0].to_string(), format!("record 4 of chain {chain}"));
}

/// The lines of a file whose records were changed, with hashes that fit again.
fn hashed_again(text: &str, edit: impl Fn(&str) -> String) -> String {
    let mut head = Head::default();
    let line = |line: &str| {
        let body = line.split_once("\"record\":").unwrap().1.strip_suffix('}').unwrap();
        let body = edit(body);
        head.push(&body);
        format!("{{\"hash\":\"{}\",\"record\":{body}}}\n", Digest::from_bytes(&head.hash))
    };
    text.lines().map(line).collect()
}

/// What somebody makes of the first file, what is said of it beside the database, and what without.
fn damages(text: &str, chain: &str) -> Vec<(String, &'static str, Option<&'static str>)> {
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| format!("{}\n", lines.join("\n"));
    let (mut removed, mut swapped) = (lines.clone(), lines.clone());
    removed.remove(4);
    swapped.swap(4, 5);
    let both = |damaged: String, what| (damaged, what, Some(what));
    vec![
        both("hello\n".to_owned(), "line 1: it is no line of an archive"),
        both("{\"hash\":\"x\"}\n".to_owned(), "line 1: it is no line of an archive"),
        both(text.replacen("\"seq\":1,", "\"seq\":-9223372036854775808,", 1), "line 1: it is no line"),
        both(text.replacen("\"seq\":1,", "\"seq\":9223372036854775807,", 1), "line 1: it is no line"),
        both(String::new(), "there is no record in it"),
        both(text[..text.len() - 40].to_owned(), "it breaks off"),
        both(text[..text.len() - 1].to_owned(), "it breaks off"),
        both(joined(&lines[..6]), "it was cut, or renamed"),
        both(joined(&lines[3..]), "it was cut, or renamed"),
        both(text.replacen("\"record\":{", "\"record\": {", 1), "line 1: record 1 was changed"),
        both(text.replacen("\"at\":", "\"at\": ", 1), "line 1: record 1 was changed"),
        both(text.replace("bot", "cat"), "was changed, or what stood before it"),
        both(joined(&removed), "line 5: record 5 is missing; record 6 follows"),
        both(joined(&swapped), "line 5: record 5 is missing; record 6 follows"),
        both(text.replacen(chain, "another", 1), "line 2: it is of another chain"),
        both(hashed_again(text, |it| it.replace("bot", "cat")), "is another than record"),
        (hashed_again(text, |it| it.replace(chain, "another")), "which this database never had", None),
    ]
}

async fn whatever_is_done_to_a_file_is_named(it: &Installation) {
    let (folder, files) = archive(it).await;
    let text = fs::read_to_string(&files[0]).unwrap();
    let (chain, ..) = first_and_last(&files[0]);
    for (damaged, what, alone) in damages(&text, &chain) {
        fs::write(&files[0], &damaged).unwrap();
        let (_, archived) = checked(&it.app.store, from_ref(&folder)).await;
        let fault = archived.first_fault.unwrap_or_else(|| panic!("not found: {what}"));
        assert!(fault.to_string().contains(what) || fault.path != files[0], "{what}: {fault}");
        let fault = verify_alone(from_ref(&folder)).first_fault;
        if let Some(what) = alone {
            let fault = fault.unwrap_or_else(|| panic!("not found alone: {what}"));
            assert!(fault.to_string().contains(what), "{what}: {fault}");
        }
    }
    fs::write(&files[0], &text).unwrap();
    assert!(checked(&it.app.store, from_ref(&folder)).await.1.is_whole());
    for (path, what) in
        [(folder.join("nowhere.jsonl"), "cannot be read"), (it.root.clone(), "no line of an archive")]
    {
        let (_, archived) = checked(&it.app.store, &[path]).await;
        assert!(archived.first_fault.unwrap().to_string().contains(what), "{what}");
    }
    let empty = folder.join("empty");
    fs::create_dir(&empty).unwrap();
    let (_, archived) = checked(&it.app.store, &[empty]).await;
    assert!(archived.first_fault.unwrap().to_string().contains("no file in this folder"));
}

async fn what_is_missing_is_named(it: &Installation) {
    let (folder, files) = archive(it).await;
    for gone in &files {
        let text = fs::read(gone).unwrap();
        fs::remove_file(gone).unwrap();
        let (_, archived) = checked(&it.app.store, from_ref(&folder)).await;
        assert_eq!(archived.first_fault, None);
        let (chain, first, last) = first_and_last(gone);
        let named: Vec<_> = archived.missing.iter().map(ToString::to_string).collect();
        assert_eq!(named, [format!("records {first} to {last} of chain {chain}")]);
        fs::write(gone, text).unwrap();
    }
    // A file that was cut between two records and renamed: its end is missing, as the start of the next tells alone.
    let text = fs::read_to_string(&files[0]).unwrap();
    let cut: String = text.split_inclusive('\n').take(6).collect();
    fs::remove_file(&files[0]).unwrap();
    fs::write(folder.join("renamed.jsonl"), cut).unwrap();
    let (chain, _, last) = first_and_last(&files[0]);
    let expected = format!("records 7 to {last} of chain {chain}");
    let (_, archived) = checked(&it.app.store, from_ref(&folder)).await;
    let alone = verify_alone(&[folder]);
    for found in [archived, alone] {
        assert_eq!(found.first_fault, None);
        let [missing] = &found.missing[..] else { panic!("{found:?}") };
        assert_eq!(missing.to_string(), expected);
    }
}

/// A broker that dies between the two leaves a file of what still stands in the database.
async fn what_was_archived_and_not_dropped_is_known(it: &Installation) {
    let folder = it.root.with_file_name("archive");
    fs::create_dir(&folder).unwrap();
    history(it).await;
    retention::look(&it.app, bound()).await.unwrap().unwrap();
    broker::ledger::plan(&it.app.store, bound(), Some(&folder)).await.unwrap().unwrap();
    let (report, archived) = checked(&it.app.store, from_ref(&folder)).await;
    assert!(archived.is_whole() && report.dropped == 0 && archived.records > 5);
    let [file] = &files(&folder)[..] else { panic!() };
    let text = fs::read_to_string(file).unwrap();
    fs::write(file, hashed_again(&text, |it| it.replace("bot", "cat"))).unwrap();
    let (_, archived) = checked(&it.app.store, from_ref(&folder)).await;
    let fault = archived.first_fault.unwrap().to_string();
    assert!(fault.contains("is another than the database names"), "{fault}");
    // What goes beyond the record is of a newer database.
    let (chain, _, last) = first_and_last(file);
    let mut conn = it.app.store.read().await.unwrap();
    let stored = chains::find(&mut conn, &chain).await.unwrap().unwrap();
    let rows = audit::page(&mut conn, stored.number, last, 10_000).await.unwrap();
    drop(conn);
    let line = |row: &audit::Row| {
        format!("{{\"hash\":\"{}\",\"record\":{}}}\n", row.hash(), row.body(&chain).unwrap())
    };
    let rest: String = rows.iter().map(line).collect();
    let beyond =
        rest.lines().last().unwrap().replace(&format!("\"seq\":{}", stored.head_seq), "\"seq\":9999");
    fs::remove_file(file).unwrap();
    fs::write(folder.join("beyond.jsonl"), format!("{text}{rest}{beyond}\n")).unwrap();
    let (_, archived) = checked(&it.app.store, &[folder]).await;
    let fault = archived.first_fault.unwrap().to_string();
    assert!(fault.contains("which the database does not have"), "{fault}");
}

/// Dropping hides what a broken broker recorded long ago, where its chain is whole. The archive does not.
async fn a_promise_that_was_broken_in_what_is_dropped_is_found(it: &Installation) {
    let folder = it.root.with_file_name("archive");
    fs::create_dir(&folder).unwrap();
    let grant = it.session("bot", &[line("tracker", None)]).await;
    it.use_tracker(&grant).await.unwrap();
    it.revoke(Subject::Session { grant: grant.clone() }).await.unwrap();
    let store = Store::open(&it.url).await.unwrap();
    let mut conn = store.writer().await.unwrap();
    // A batch that had seen the revocation, and authorised the call.
    forge(&mut conn, &[Record { watermark: 1, ..call(it, &grant) }]).await;
    drop(conn);
    store.close().await;
    it.wait(8 * DAY);
    sweeper::sweep(&it.app).await.unwrap();
    drop_all(it, &folder).await;
    let report = verify_with(&it.app.store, &[], |_| {}).await.unwrap();
    assert!(report.first_fault.is_none() && report.dropped > 5, "{report:?}");
    let report = verify_with(&it.app.store, from_ref(&folder), |_| {}).await.unwrap();
    assert!(report.archive.unwrap().is_whole());
    let fault = report.first_fault.unwrap();
    assert!(fault.what.contains("revocation 1 had ended the session") && fault.seq == 1, "{fault}");
}
