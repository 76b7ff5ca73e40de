//! `docs/requirements.md`: what MCP asks of an authorization server (AS), a resource server (RS) and a gateway (GW), and the
//! tests that show it. A test belongs to a requirement by the beginning of its name: `as4_…`, `rs2_…`. A requirement
//! without a test is an error, and so is a page that says something else than the sources do.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::interop;
use crate::test::Outcome;
use crate::workspace;

/// The page, from the root of the workspace on.
const PAGE: &str = "docs/requirements.md";
/// Where there may be tests.
const SOURCES: [&str; 3] = ["broker", "domain", "web-ui"];

/// Each requirement with what it asks.
const ALL: [(&str, &str); 26] = [
    ("AS1", "OAuth 2.1 for public and confidential clients; RFC 8414 and OpenID discovery"),
    ("AS2", "the `issuer` of the metadata is, byte for byte, what its address was made from"),
    ("AS3", "`code_challenge_methods_supported` with `S256`; a missing or `plain` challenge is refused"),
    (
        "AS4",
        "client ID metadata documents: a guarded fetch, an exact match, caches, and the host on the card",
    ),
    (
        "AS5",
        "dynamic registration: `application_type`, a `scope` copied from a challenge, no authentication for `none`",
    ),
    ("AS6", "exact redirect URIs (loopback: any port), only localhost or https"),
    ("AS7", "`iss` in every authorization response, errors too"),
    ("AS8", "`resource` is honoured, and restricts the audience; an unknown one is `invalid_target`"),
    ("AS9", "access tokens end with the session; there are no refresh tokens"),
    (
        "AS10",
        "consent for each client: its name, its redirect host, guarded forms, state that is kept only after approval",
    ),
    ("AS11", "a request without `scope` is no error"),
    ("RS1", "RFC 9728 metadata, named by the challenge and at its well-known place"),
    ("RS2", "401 for a missing, invalid or expired token, with the `scope` that is needed"),
    ("RS3", "the audience is checked, no other token passes, none in the address"),
    ("RS4", "403 `insufficient_scope` names all scopes of the call at once; a step-up shows the difference"),
    ("RS5", "hierarchies of scopes: there are none, each action is named by itself"),
    ("GW1", "the client's token never goes to a server, a server's credential never to a client"),
    ("GW2", "`tools/list` has what was granted, in one order, `cacheScope: private`"),
    (
        "GW3",
        "headers and body agree; names are decoded, unknown `Mcp-Param-*` go on, changed names are made anew",
    ),
    ("GW4", "errors are those of the revision: versions, methods, `_meta`, tools that there are not"),
    ("GW5", "a page of another site is refused"),
    ("GW6", "behind one door to all servers, tools have the names of their services before them"),
    ("GW7", "fields and keywords that nobody here knows are kept; a remote `$ref` is never fetched"),
    ("GW8", "arguments are checked, results cleaned, and every call is judged anew"),
    ("GW9", "a client that closes its stream has its request cancelled; streams are not buffered"),
    ("GW10", "both eras at one address: sessions belong to who began them, GET and DELETE need one"),
];

#[derive(clap::Args)]
pub struct Args {
    /// Write the page anew.
    #[arg(long)]
    write: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let page = page(&tests()?)?;
    if args.write {
        return Ok(fs::write(workspace::root().join(PAGE), page)?);
    }
    compare(&page)
}

/// As a step of `cargo xtask test`.
pub fn step() -> Result<Outcome> {
    compare(&page(&tests()?)?)?;
    println!("  {} requirements, each with a test", ALL.len());
    Ok(Outcome::Done)
}

fn compare(page: &str) -> Result<()> {
    let written = fs::read_to_string(workspace::root().join(PAGE)).unwrap_or_default();
    if written == page {
        return Ok(());
    }
    bail!("{PAGE} is not what the sources say: cargo xtask requirements --write")
}

/// The names of all tests that begin with a requirement's id, with the file that each is in.
fn tests() -> Result<BTreeSet<(String, String)>> {
    let mut found = BTreeSet::new();
    for source in SOURCES {
        walk(&workspace::root().join(source), &mut |file, text| {
            let file = workspace::relative(file).display().to_string();
            found.extend(names(text).map(|name| (name.to_owned(), file.clone())));
        })?;
    }
    Ok(found)
}

fn walk(folder: &Path, look: &mut impl FnMut(&Path, &str)) -> Result<()> {
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, look)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            look(&path, &fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The functions of a source whose names begin with an id.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "))?;
        let name = rest.split(['(', '<']).next()?;
        (!ids(name).is_empty()).then_some(name)
    })
}

/// The ids that a name begins with, in capitals.
fn ids(name: &str) -> Vec<String> {
    let id = |word: &&str| {
        let number = ["as", "rs", "gw"].iter().find_map(|kind| word.strip_prefix(kind));
        number.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
    };
    // The last word is never an id: a name says more than that.
    let words = name.rsplit_once('_').map_or("", |(words, _)| words);
    words.split('_').take_while(id).map(str::to_uppercase).collect()
}

fn page(tests: &BTreeSet<(String, String)>) -> Result<String> {
    let mut page = "# Requirements and tests\n\n\
        What MCP (revision 2026-07-28) asks of authorization and gateways, and which tests show it; those through the front door run on\n\
        both databases. Written by `cargo xtask requirements --write`; `cargo xtask test` fails where it is not true.\n"
        .to_owned();
    let mut missing = Vec::new();
    for (requirement, asks) in ALL {
        writeln!(page, "\n## {requirement}: {asks}\n")?;
        let of_it: Vec<_> =
            tests.iter().filter(|(name, _)| ids(name).iter().any(|it| it == requirement)).collect();
        for (name, file) in &of_it {
            writeln!(page, "- `{name}` in {file}")?;
        }
        for scenario in interop::shows(requirement) {
            writeln!(page, "- `cargo xtask interop`: {scenario}")?;
        }
        // Scenarios stand beside tests, they do not stand for them.
        if of_it.is_empty() {
            missing.push(requirement);
        }
    }
    let known = |id: &String| ALL.iter().any(|(requirement, _)| requirement == id);
    if let Some((name, file)) = tests.iter().find(|(name, _)| !ids(name).iter().all(known)) {
        bail!("{name} in {file} begins with the id of no requirement");
    }
    if !missing.is_empty() {
        bail!("no test shows {}", missing.join(", "));
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_but(left_out: &str) -> BTreeSet<(String, String)> {
        let named = ALL.iter().filter(|(id, _)| *id != left_out);
        named.map(|(id, _)| (format!("{}_is_so", id.to_lowercase()), "a.rs".to_owned())).collect()
    }

    #[test]
    fn names_begin_with_their_requirement() {
        let text = "async fn as1_a(front: &Front) {\n    fn rs12_b() {}\nfn assert_c() {}\nfn as_d() {}\nfn as4() {}\n// fn x";
        assert_eq!(names(text).collect::<Vec<_>>(), ["as1_a", "rs12_b"]);
        assert_eq!(ids("as1_rs2_both_of_as3_are"), ["AS1", "RS2"]);
    }

    #[test]
    fn every_requirement_needs_a_test_and_every_test_its_requirement() {
        let whole = page(&all_but("")).unwrap();
        assert!(whole.contains("## AS10: ") && whole.contains("- `as10_is_so` in a.rs"));
        assert!(interop::shows("AS9").next().is_some());
        assert!(page(&all_but("AS9")).unwrap_err().to_string().contains("AS9"));
        let mut unknown = all_but("");
        unknown.insert(("as99_is_so".to_owned(), "a.rs".to_owned()));
        assert!(page(&unknown).unwrap_err().to_string().contains("as99_is_so"));
    }
}
