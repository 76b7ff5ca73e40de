//! What the card says of tools: whose word their effects are, what their servers say of them, and what changed since the
//! agent was last granted them.

use crate::{
    app::App,
    fault::Fault,
    services::tools::{differing, looks, read},
    store::{grants::Stored, history, services, tools, tools::Tool},
};
use chrono::DateTime;
use domain::look_alikes::LookAlikes;
use protocol::{
    Digest, Line,
    card::CardLine,
    mcp::ToolWord,
    services::Recogniser,
    tools::{CardTool, ToolChange},
};

/// How many earlier requests are looked through.
const REQUESTS: i64 = 200;

/// Adds to each action that is a tool what is known of it; what changed is only looked for while it can be decided.
pub(super) async fn tools(
    app: &App,
    stored: &Stored,
    pending: bool,
    lines: &mut [CardLine],
) -> Result<(), Fault> {
    let asked = &stored.grant.asked.lines;
    if asked.iter().all(|line| line.actions.iter().all(|it| digest(&it.recogniser).is_none())) {
        return Ok(());
    }
    let mut conn = app.store.read().await?;
    let before = if pending {
        history::earlier(&mut conn, stored, DateTime::UNIX_EPOCH, REQUESTS).await?
    } else {
        Vec::new()
    };
    for (line, shown) in asked.iter().zip(lines) {
        let service = services::find(&mut conn, &line.service.id).await?;
        let words = service.and_then(|it| it.definition.mcp).map(|it| it.words).unwrap_or_default();
        let seen = tools::of_service(&mut conn, &line.service.id).await?;
        let looks = looks(&seen);
        for (action, shown) in line.actions.iter().zip(&mut shown.actions) {
            let Some(digest) = digest(&action.recogniser) else { continue };
            let changed = changed(&before, line, (&action.name, digest), &seen);
            shown.tool = Some(Box::new(tool((&action.name, digest), &words, (&seen, &looks), changed)));
        }
    }
    Ok(())
}

fn digest(recogniser: &Recogniser) -> Option<&Digest> {
    match recogniser {
        Recogniser::Tool { digest, .. } => Some(digest),
        _ => None,
    }
}

fn tool(
    (name, digest): (&str, &Digest),
    words: &[ToolWord],
    (seen, looks): (&[Tool], &LookAlikes<'_>),
    changed: Option<ToolChange>,
) -> CardTool {
    let tool = kept(seen, name, digest).and_then(read);
    let word = words.iter().find(|it| it.tool == name);
    CardTool {
        digest: digest.clone(),
        description: tool.as_ref().map(domain::mcp::tool::Tool::description).unwrap_or_default(),
        said_by: tool.map_or(protocol::tools::WhoSaid::Nobody, |it| it.said_by(word)),
        like: looks.of(name).into_iter().map(str::to_owned).collect(),
        changed,
    }
}

fn kept<'a>(seen: &'a [Tool], name: &str, digest: &Digest) -> Option<&'a Tool> {
    seen.iter().find(|it| it.name == name && it.digest == *digest)
}

/// How a tool differs from the one of its name in the newest session that the agent was granted it in.
fn changed(
    before: &[Stored],
    line: &Line,
    (name, digest): (&str, &Digest),
    seen: &[Tool],
) -> Option<ToolChange> {
    let approvals = before.iter().filter_map(|it| it.grant.approval());
    let granted = approvals.filter_map(|approval| {
        let lines = approval.terms.lines.iter().filter(|it| it.service.id == line.service.id);
        let action = lines.flat_map(|it| &it.actions).find(|it| it.name == name)?;
        Some((approval.verdict.at, self::digest(&action.recogniser)?))
    });
    let (granted_at, from) = granted.max_by_key(|(at, _)| *at).filter(|(_, from)| *from != digest)?;
    let parts = kept(seen, name, from).zip(kept(seen, name, digest)).map(|(from, to)| differing(from, to));
    Some(ToolChange { from: from.clone(), granted_at, parts })
}
