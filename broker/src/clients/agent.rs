//! The agent that a client is for a person.

use super::{MOST_AGENTS, OAuthClient, Source};
use crate::{
    app::App,
    fault::Fault,
    ledger::acts::{Act, ClientAct},
    store::{
        agents::{self, Agent},
        people::Person,
    },
};
use protocol::{Slug, record::Actor};

/// Names that are tried at most.
const LONGEST_NAME: usize = 40;

/// The agent that acts when this person lets this client do something: the agent itself where the client is one of here
/// and theirs, else the pair of the two, which comes into being with its record when they first meet.
pub async fn agent_of(app: &App, client: &OAuthClient, person: &Person) -> Result<Agent, Fault> {
    if person.blocked {
        return Err(Fault::Forbidden("you are blocked: ask an admin".to_owned()));
    }
    match &client.source {
        Source::Agent(id) => own(app, id, person).await,
        Source::Registered | Source::Document => pair(app, client, person).await,
    }
}

/// Whether the person has seen whom they deal with: the client is an agent that was declared here, or they have let it
/// ask before. What anybody registered is nobody's acquaintance.
pub async fn has_met(app: &App, client: &OAuthClient, person: &Slug) -> Result<bool, Fault> {
    match &client.source {
        Source::Agent(_) => Ok(true),
        Source::Registered | Source::Document => {
            Ok(agents::of_client(&mut app.store.read().await?, &client.id, person).await?.is_some())
        }
    }
}

async fn own(app: &App, id: &Slug, person: &Person) -> Result<Agent, Fault> {
    let agent = agents::find(&mut app.store.read().await?, id).await?.ok_or(Fault::NotFound("agent"))?;
    if agent.owner != person.id {
        // Whose it is, is not for everybody who knows its name.
        let why = format!("the agent {id} is not yours: only its owner can send it off from a browser");
        return Err(Fault::Forbidden(why));
    }
    standing(agent)
}

fn standing(agent: Agent) -> Result<Agent, Fault> {
    if agent.blocked {
        return Err(Fault::Forbidden(format!("the agent {} is paused: resume it on its page", agent.id)));
    }
    Ok(agent)
}

async fn pair(app: &App, client: &OAuthClient, person: &Person) -> Result<Agent, Fault> {
    if let Some(agent) = agents::of_client(&mut app.store.read().await?, &client.id, &person.id).await? {
        return standing(agent);
    }
    let Some(stored) = client.stored.clone() else { return Err(Fault::NotFound("client")) };
    let agent = Agent {
        id: name(&client.name, &person.id),
        title: client.name.clone(),
        owner: person.id.clone(),
        direct: true,
        blocked: false,
        key: 0,
        created_at: app.clock.now(),
        client: Some(client.id.clone()),
        redirect_uris: Vec::new(),
        via: None,
    };
    let by = Actor::Person { person: person.id.clone(), via: "a client they brought along".to_owned() };
    let bring = ClientAct::Bring { client: Box::new(stored), agent: Box::new(agent), most: MOST_AGENTS, by };
    app.ledger.act(Act::Client(Box::new(bring))).await?;
    let agent = agents::of_client(&mut app.store.read().await?, &client.id, &person.id).await?;
    standing(agent.ok_or(Fault::NotFound("agent"))?)
}

/// A name to begin with: of the client's name what a name can hold, and whose it is. The ledger makes it unique.
fn name(client: &str, person: &Slug) -> Slug {
    let mut text = String::new();
    for c in client.chars() {
        if c.is_ascii_alphanumeric() {
            text.push(c.to_ascii_lowercase());
        } else if !text.is_empty() && !text.ends_with('-') {
            text.push('-');
        }
    }
    text.truncate(LONGEST_NAME);
    let text = text.trim_end_matches('-');
    let text = if text.is_empty() { "client" } else { text };
    let room = 56 - text.len();
    let of: String = person.as_str().chars().take(room).collect();
    let whole = format!("{text}-{}", of.trim_end_matches('-'));
    // Both halves are made of what names are made of.
    whole.parse().unwrap_or_else(|_| person.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_both() {
        let paul: Slug = "paul".parse().unwrap();
        let long: Slug = "p".repeat(63).parse().unwrap();
        for (client, expected) in [
            ("Claude Code", "claude-code-paul"),
            ("  MCP  CLI (v2) ", "mcp-cli-v2-paul"),
            ("日本語", "client-paul"),
            ("--", "client-paul"),
        ] {
            assert_eq!(name(client, &paul).as_str(), expected, "{client}");
        }
        for client in ["x".repeat(60), "a-".repeat(30)] {
            for person in [&paul, &long] {
                assert!(name(&client, person).as_str().len() <= 57);
            }
        }
    }
}
