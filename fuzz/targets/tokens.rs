//! No edit of a good token is a good token, no text at all is one, and a good one is good for exactly its service, kind
//! and time.
#![no_main]

use aws_lc_rs::rand::SystemRandom;
use chrono::{DateTime, TimeDelta, Utc};
use fuzz::{
    Pieces,
    tokens::{CallToken, GrantToken, Signer, SigningKey},
};
use libfuzzer_sys::fuzz_target;
use protocol::{CallId, GrantId, LineId, Slug};
use std::sync::LazyLock;

struct Stage {
    signer: Signer,
    now: DateTime<Utc>,
    call: String,
    grant: String,
    foreign: String,
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let signer = || {
        let key = SigningKey::generate(&SystemRandom::new()).unwrap();
        Signer::new("https://sign.example", key, &[])
    };
    let (own, other) = (signer(), signer());
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let (owner, agent, service): (Slug, Slug, Slug) =
        ("paul".parse().unwrap(), "bot".parse().unwrap(), "git".parse().unwrap());
    let (call, grant) = (CallId::from_u128(7), GrantId::from_u128(8));
    let line: LineId = serde_json::from_str("1").unwrap();
    let ends_at = now + TimeDelta::seconds(3_600);
    let digest = domain::digest::of_json(&()).half();
    let call_token = CallToken {
        call: &call,
        grant: &grant,
        digest,
        grant_ends_at: ends_at,
        owner: &owner,
        agent: &agent,
        service: &service,
        action: "issues.read",
        line,
        resources: &[],
    };
    let grant_token = GrantToken {
        grant: &grant,
        digest,
        ends_at,
        owner: &owner,
        agent: &agent,
        client: "bot",
        resources: &[],
        authorization_details: Vec::new(),
        scope: "git:issues.read",
    };
    let call = own.call_token(&call_token, now).unwrap().expose().to_owned();
    let foreign = other.call_token(&call_token, now).unwrap().expose().to_owned();
    let grant = own.grant_token(&grant_token, now).unwrap().expose().to_owned();
    Stage { signer: own, now, call, grant, foreign }
});

fuzz_target!(|data: &[u8]| {
    let Stage { signer, now, call, grant, foreign } = &*STAGE;
    let git: Slug = "git".parse().unwrap();
    let mut pieces = Pieces(data);
    match pieces.byte() % 4 {
        // Anything.
        0 => {
            let text = String::from_utf8_lossy(pieces.0).into_owned();
            assert!(
                signer.verify_call(&text, &git, *now).is_err() && signer.verify_grant(&text, *now).is_err()
            );
        }
        // A good one, edited.
        1 => {
            let edited = edited(if pieces.byte() % 2 == 0 { call } else { grant }, &mut pieces);
            if edited != *call && edited != *grant {
                assert!(signer.verify_call(&edited, &git, *now).is_err(), "{edited}");
                assert!(signer.verify_grant(&edited, *now).is_err(), "{edited}");
            }
        }
        // Parts of good ones, put together.
        2 => {
            let parts: Vec<&str> = [call, grant, foreign].iter().flat_map(|it| it.split('.')).collect();
            let mixed: Vec<&str> = (0..3).map(|_| parts[pieces.below(parts.len())]).collect();
            let mixed = mixed.join(".");
            if mixed != *call {
                assert!(signer.verify_call(&mixed, &git, *now).is_err(), "{mixed}");
            }
            if mixed != *grant {
                assert!(signer.verify_grant(&mixed, *now).is_err(), "{mixed}");
            }
        }
        // A good one, at another time, place or door.
        _ => {
            let seconds = i64::from(i16::from_be_bytes([pieces.byte(), pieces.byte()]));
            let then = *now + TimeDelta::seconds(seconds);
            assert_eq!(signer.verify_call(call, &git, then).is_ok(), (0..60).contains(&seconds));
            assert_eq!(signer.verify_grant(grant, then).is_ok(), (0..3_600).contains(&seconds));
            assert!(
                signer.verify_grant(call, then).is_err() && signer.verify_call(grant, &git, then).is_err()
            );
            assert!(signer.verify_call(foreign, &git, then).is_err());
            if let Ok(service) = pieces.text().parse::<Slug>() {
                assert_eq!(signer.verify_call(call, &service, *now).is_ok(), service == git);
            }
        }
    }
});

fn edited(token: &str, pieces: &mut Pieces<'_>) -> String {
    let mut bytes = token.as_bytes().to_vec();
    for _ in 0..=pieces.byte() % 4 {
        let at = pieces.below(bytes.len().max(1));
        match pieces.byte() % 4 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at.min(bytes.len()), pieces.byte()),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            _ if at < bytes.len() => bytes[at] = pieces.byte(),
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
