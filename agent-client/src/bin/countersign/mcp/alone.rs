//! What the bridge answers itself, while there is no session: it is a server without tools that says why.

use super::{
    message::{METHOD_NOT_FOUND, Message, NOT_CARRIED, error, result},
    standing::Standing,
};
use serde_json::{Value, json};

/// The revisions with sessions, the newest first.
const WITH_SESSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
/// Those without.
const STATELESS: &str = "2026-07-28";

/// The answer to a request.
pub fn answer(message: &Message, id: &Value, standing: &Standing) -> String {
    let mut own = match (message.method.as_deref().unwrap_or_default(), standing) {
        ("initialize", _) => initialized(message, standing),
        ("server/discover", _) => discovered(standing),
        ("ping", _) => json!({}),
        (_, Standing::Over(why)) => return error(id, NOT_CARRIED, why),
        ("tools/list", _) if message.stateless().is_some() => {
            json!({"tools": [], "ttlMs": 0, "cacheScope": "private"})
        }
        ("tools/list", _) => json!({"tools": []}),
        ("tools/call", _) => {
            json!({"content": [{"type": "text", "text": explained(standing)}], "isError": true})
        }
        (method, _) => {
            let why = format!("{method}: not before the session is there. {}", explained(standing));
            return error(id, METHOD_NOT_FOUND, &why);
        }
    };
    if message.stateless().is_some() {
        own["resultType"] = json!("complete");
    }
    result(id, &own)
}

fn initialized(message: &Message, standing: &Standing) -> Value {
    let asked = message.asked_version();
    let version = WITH_SESSIONS.into_iter().find(|it| asked == Some(*it)).unwrap_or(WITH_SESSIONS[0]);
    json!({"protocolVersion": version, "capabilities": capabilities(), "serverInfo": info(),
        "instructions": explained(standing)})
}

fn discovered(standing: &Standing) -> Value {
    let mut versions = vec![STATELESS];
    versions.extend(WITH_SESSIONS);
    json!({"supportedVersions": versions, "capabilities": capabilities(), "instructions": explained(standing),
        "ttlMs": 0, "cacheScope": "private", "_meta": {"io.modelcontextprotocol/serverInfo": info()}})
}

fn capabilities() -> Value {
    json!({"tools": {"listChanged": true}})
}

fn info() -> Value {
    json!({"name": "countersign", "title": "Countersign", "version": env!("CARGO_PKG_VERSION")})
}

/// For whoever reads the client's screen, and for the model.
pub fn explained(standing: &Standing) -> String {
    match standing {
        Standing::Asking => "Access is being asked for. Nothing was done; try again in a moment.".to_owned(),
        Standing::Waiting { url, code } => format!(
            "A person must approve this session first, at {url} (code {code}). Nothing was done. Tell your user, and \
             try again once it is approved: the tools appear then."
        ),
        Standing::Live(_) => "The session is there. Read the list of tools again.".to_owned(),
        Standing::Over(why) => why.clone(),
    }
}
