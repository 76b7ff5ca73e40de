//! How things stand with the session: asked for, decided, there, over.

use crate::{
    cli::{McpArgs, RequestArgs},
    exit::Failure,
    out::Out,
    request, sessions,
    store::Store,
};
use agent_client::{
    Client, Session,
    protocol::{AccessRequest, RequestId, Slug},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// The longest that a request can stay open.
const LONGEST_WAIT: Duration = Duration::from_hours(12);

/// How things stand.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Nobody has been asked yet.
    Asking,
    /// A person has to approve.
    Waiting { url: String, code: String },
    /// The session is there.
    Live(Arc<Session>),
    /// There is none, or none any more; in words for whoever reads the client's screen.
    Over(String),
}

/// What to work with.
#[derive(Debug)]
pub enum Asked {
    /// A session that was named.
    Session(RequestId),
    /// This, asked anew if no live session came of it.
    For(AccessRequest),
    /// Whatever live session there is.
    Kept,
}

/// Reads it from the command line.
pub fn asked(args: McpArgs) -> Result<Asked, Failure> {
    if let Some(id) = args.session {
        return Ok(Asked::Session(id));
    }
    if args.actions.is_empty() && args.file.is_none() {
        return Ok(Asked::Kept);
    }
    let service = args.service.filter(|_| args.file.is_none());
    let request = request::asked(RequestArgs {
        service,
        actions: args.actions,
        resources: args.resources,
        max_calls: args.max_calls,
        connection: args.connection,
        file: args.file,
        purpose: args.purpose,
        duration: args.duration,
        asynchronous: args.asynchronous,
        idempotency_key: None,
        wait: false,
        timeout: 0,
    })?;
    Ok(Asked::For(request))
}

/// Gets the session and says how that stands, until it is decided.
pub async fn get(
    client: &Client,
    store: &Store,
    service: Option<&Slug>,
    asked: Asked,
    tell: &watch::Sender<Standing>,
    out: &Out,
) {
    let standing = match session(client, store, service, asked, tell, out).await {
        Ok(session) => {
            out.note(&format!("Session {} until {}", session.grant(), session.ends_at()));
            Standing::Live(Arc::new(session))
        }
        Err(failure) => {
            out.failure(&failure);
            let advice = failure.advice().map(|it| format!(" {it}")).unwrap_or_default();
            Standing::Over(format!("No session: {failure}.{advice} Start this server again to ask anew."))
        }
    };
    tell.send_replace(standing);
}

async fn session(
    client: &Client,
    store: &Store,
    service: Option<&Slug>,
    asked: Asked,
    tell: &watch::Sender<Standing>,
    out: &Out,
) -> Result<Session, Failure> {
    let asked = match asked {
        Asked::Session(id) => return sessions::take_up(client, store, &id).await,
        Asked::For(asked) => Some(asked),
        Asked::Kept => None,
    };
    if let Some(session) = kept(client, store, service, asked.as_ref()).await? {
        return Ok(session);
    }
    let asked = asked.ok_or_else(|| {
        let message = "no live session is kept here: name what to ask for (--action and --purpose, or --file), \
                       or a session (--session)";
        Failure::Usage(message.to_owned())
    })?;
    let mut pending = client.request(&asked).await?;
    let (url, code) = (pending.view().approve_url.clone(), pending.view().matching_code.clone());
    out.note(&format!("A person must approve: {url} (code {code})"));
    tell.send_replace(Standing::Waiting { url, code });
    pending.wait(LONGEST_WAIT).await?;
    sessions::redeem(client, store, &pending).await
}

/// A live session whose token is kept here: of the same request if one is given, else of the service.
async fn kept(
    client: &Client,
    store: &Store,
    service: Option<&Slug>,
    asked: Option<&AccessRequest>,
) -> Result<Option<Session>, Failure> {
    let mut live = client.me().await?.grants;
    live.sort_by_key(|it| std::cmp::Reverse(it.ends_at));
    for grant in live {
        let id = grant.grant.request();
        let Some(redeemed) = store.load(&id, client)? else { continue };
        let holds = |service: &Slug| grant.authorization_details.iter().any(|it| it.service == *service);
        let fits = match asked {
            Some(asked) => client.pending(&id).await?.view().asked == asked.authorization_details,
            None => service.is_none_or(holds),
        };
        if fits {
            return Ok(Some(client.session(redeemed)));
        }
    }
    Ok(None)
}
