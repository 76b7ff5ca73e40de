//! OAuth clients that people brought along.

use super::sample::{hostile, now};
use chrono::TimeDelta;
use protocol::{
    card::Card,
    clients::{Came, ClientRef, Twin, TwinKind},
};

/// One that its host vouches for.
pub fn known() -> ClientRef {
    ClientRef {
        id: "https://claude.ai/oauth/client.json".to_owned(),
        name: "Claude Code".to_owned(),
        host: Some("claude.ai".to_owned()),
        came: Came::Document,
        first_seen: now() - TimeDelta::hours(5),
        redirect_hosts: vec!["claude.ai".to_owned(), "localhost".to_owned()],
    }
}

/// One that nothing vouches for, under another's name.
pub fn unverified() -> ClientRef {
    ClientRef {
        id: "csn_c_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAtM3D6s".to_owned(),
        name: "Claude Code".to_owned(),
        host: None,
        came: Came::Registered,
        first_seen: now() - TimeDelta::minutes(3),
        redirect_hosts: vec!["localhost".to_owned()],
    }
}

/// One that would like to be taken for the page itself.
pub fn hostile_one() -> ClientRef {
    ClientRef { name: hostile(), redirect_hosts: vec![hostile()], ..unverified() }
}

/// Everything that its name looks like.
pub fn twins() -> Vec<Twin> {
    let twin = |kind, name: &str| Twin { kind, name: name.to_owned() };
    vec![
        twin(TwinKind::Agent, "Build agent"),
        twin(TwinKind::Client, "Claude Code (claude.ai)"),
        twin(TwinKind::Product, "Claude Code"),
    ]
}

/// Request 12 is of a known client, 13 of one that nothing vouches for, 14 of a hostile one.
pub fn set(number: u128, card: &mut Card) {
    let client = match number {
        12 => known(),
        13 => unverified(),
        14 => hostile_one(),
        _ => return,
    };
    card.agent.title.clone_from(&client.name);
    card.agent.direct = true;
    card.agent_since = client.first_seen;
    card.twins = if number == 13 { twins() } else { Vec::new() };
    card.agent.client = Some(Box::new(client));
}
