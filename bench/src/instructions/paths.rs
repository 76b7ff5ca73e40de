//! The hot paths, each as it runs for one call, with fixed input and without I/O.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context, Result};
use broker::calls::headers::request::to_upstream;
use broker::calls::scrub::{ScrubStream, Scrubber};
use broker::clock::Rng;
use broker::tokens::{CallToken, Signer, SigningKey};
use bytes::Bytes;
use chrono::DateTime;
use domain::admit::{Call, admit};
use domain::chain::Head;
use domain::definition::Declared;
use domain::path::{CanonicalPath, CanonicalQuery};
use http::{HeaderMap, HeaderName, HeaderValue};
use protocol::record::{Actor, Record};
use protocol::{CallId, GrantId, Terms};
use serde_json::json;

use crate::baseline::upstream::KEY;

/// What a broker does for one call may be done for a batch of them at once.
const BATCH: u64 = 64;
const ITEM: &str = "/projects/acme/site/items/7?page=2&sort=updated";

/// A hot path, ready to run as often as it is told.
type Path = Box<dyn Fn()>;

/// One that can be prepared.
pub struct Hot {
    pub name: &'static str,
    /// How often it runs for its second count: often enough that making a random key beforehand, which never takes
    /// quite the same, does not show.
    pub more: u64,
    pub prepare: fn() -> Result<Path>,
}

pub const ALL: &[Hot] = &[
    Hot { name: "path", more: 100, prepare: path },
    Hot { name: "admit-64", more: 10, prepare: admission },
    Hot { name: "headers", more: 100, prepare: headers },
    Hot { name: "scrub-64k", more: 10, prepare: scrub },
    Hot { name: "append-64", more: 10, prepare: append },
    Hot { name: "sign", more: 5_000, prepare: sign },
    Hot { name: "verify-known", more: 5_000, prepare: verify },
];

#[expect(clippy::unnecessary_wraps, reason = "all are prepared alike")]
fn path() -> Result<Path> {
    Ok(Box::new(|| {
        let (path, query) = ITEM.split_once('?').unwrap_or((ITEM, ""));
        let _ = black_box(CanonicalPath::parse(black_box(path)));
        let _ = black_box(CanonicalQuery::parse(black_box(Some(query))));
    }))
}

fn admission() -> Result<Path> {
    let action = |name: &str, path: &str| {
        json!({
            "name": name, "verb": "read", "object": "items", "effect": "read", "reversible": true,
            "recogniser": {"by": "http", "method": "GET", "path": path},
        })
    };
    let actions = json!([
        action("items.list", "/projects/{owner}/{project}/items"),
        action("items.read", "/projects/{owner}/{project}/items/{item}"),
        action("notes.read", "/projects/{owner}/{project}/items/{item}/notes"),
    ]);
    let definition = serde_json::from_value(json!({
        "id": "bench", "title": "Bench", "kind": "http", "origin": "https://bench.example",
        "auth": {"style": "bearer"}, "allow_private": false, "sensitive": false,
        "resource": "{owner}/{project}", "actions": actions,
    }))
    .context("a definition")?;
    let terms: Terms = serde_json::from_value(json!({
        "instance": "bench", "request": protocol::RequestId::from_u128(7),
        "agent": {"id": "bot", "title": "Bot", "key": 1, "direct": false}, "owner": "paul",
        "lines": [{
            "id": 1,
            "service": {
                "id": "bench", "title": "Bench", "kind": "http", "version": 1, "origin": "https://bench.example",
                "sensitive": false, "resource": "{owner}/{project}",
            },
            "connection": {"id": "bench-paul", "account": "@paul", "owner": null},
            "actions": actions, "resources": ["acme/site"], "conditions": [], "limits": {},
        }],
        "duration": 3600, "purpose": "Measure.",
    }))
    .context("terms")?;
    let (path, query) = (CanonicalPath::parse("/projects/acme/site/items/7")?, CanonicalQuery::parse(None)?);
    Ok(Box::new(move || {
        let call = Call { method: "GET", path: &path, query: &query };
        for _ in 0..BATCH {
            let declared = Declared { definition: &definition, version: 1 };
            let _ = black_box(admit(black_box(&terms.lines), declared, &call));
        }
    }))
}

fn headers() -> Result<Path> {
    let mut sent = HeaderMap::new();
    let pairs = [
        ("host", "localhost:8420"),
        ("user-agent", "agent/1.0"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, br"),
        ("authorization", "Bearer something"),
        ("content-type", "application/json"),
        ("connection", "keep-alive"),
        ("x-forwarded-for", "10.0.0.1"),
        ("cookie", "a=b"),
    ];
    for (name, value) in pairs {
        sent.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let credential = (HeaderName::from_static("x-api-key"), HeaderValue::from_static(KEY));
    to_upstream(&sent, &[], Some(credential.clone())).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    Ok(Box::new(move || {
        let _ = black_box(to_upstream(black_box(&sent), &[], Some(credential.clone())));
    }))
}

/// JSON of 64 KiB in chunks of 8 KiB, through a scrubber that is made for the call.
fn scrub() -> Result<Path> {
    let row = r#"{"id":1234,"title":"An item with some text","state":"open","labels":["a","b"]},"#;
    let text = Bytes::from(row.repeat(64 * 1024 / row.len() + 1));
    let text = text.slice(..64 * 1024);
    Scrubber::new(&[KEY])?;
    Ok(Box::new(move || {
        let Ok(scrubber) = Scrubber::new(black_box(&[KEY])) else { return };
        let mut stream = ScrubStream::new(Arc::new(scrubber));
        for start in (0..text.len()).step_by(8 * 1024) {
            black_box(stream.push(&text.slice(start..start + 8 * 1024)));
        }
        black_box(stream.finish());
    }))
}

fn append() -> Result<Path> {
    let facts = json!({
        "service": "bench", "service_version": 1, "action": "items.read", "line": 1, "resource": "acme/site",
        "method": "GET", "path": "/projects/acme/site/items/7", "connection": "bench-paul", "account": "@paul",
        "connection_version": 1, "token": false,
    });
    let record = Record {
        chain: "0190d1a2-0000-7000-8000-000000000000".to_owned(),
        seq: 0,
        at: DateTime::UNIX_EPOCH,
        watermark: 3,
        kind: "call.authorised".to_owned(),
        actor: Actor::Agent { agent: "bot".parse().map_err(|why| anyhow::anyhow!("{why}"))? },
        grant: Some(GrantId::from_u128(7)),
        call: Some(CallId::from_u128(8)),
        facts: facts.as_object().context("facts")?.clone(),
    };
    Ok(Box::new(move || {
        let mut head = Head::default();
        for _ in 0..BATCH {
            black_box(head.append(&mut record.clone()));
        }
    }))
}

/// A signer with a call token of its own.
struct Mint {
    signer: Signer,
    slugs: [protocol::Slug; 3],
}

impl Mint {
    fn new() -> Result<Self> {
        let key = SigningKey::generate(Rng::default().source())?;
        let slug = |name: &str| name.parse().map_err(|why| anyhow::anyhow!("{why}"));
        Ok(Self {
            signer: Signer::new("http://localhost:8420", key, &[]),
            slugs: [slug("paul")?, slug("bot")?, slug("bench")?],
        })
    }

    fn token(&self) -> Result<String> {
        let [owner, agent, service] = &self.slugs;
        let token = CallToken {
            call: &CallId::from_u128(8),
            grant: &GrantId::from_u128(7),
            digest: domain::digest::of_json(&()).half(),
            grant_ends_at: DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(1),
            owner,
            agent,
            service,
            action: "items.read",
            line: 1,
            resources: &[],
        };
        Ok(self.signer.call_token(&token, DateTime::UNIX_EPOCH)?.expose().to_owned())
    }
}

fn sign() -> Result<Path> {
    let mint = Mint::new()?;
    mint.token()?;
    Ok(Box::new(move || drop(black_box(mint.token()))))
}

/// A signature that was checked before.
fn verify() -> Result<Path> {
    let mint = Mint::new()?;
    let token = mint.token()?;
    mint.signer.verify_call(&token, &mint.slugs[2], DateTime::UNIX_EPOCH)?;
    Ok(Box::new(move || {
        let _ = black_box(mint.signer.verify_call(black_box(&token), &mint.slugs[2], DateTime::UNIX_EPOCH));
    }))
}
