//! From a request's id to a session that can call.

use crate::{
    exit::{Exit, Failure},
    store::Store,
};
use agent_client::{
    Client, Error, Pending, Session,
    protocol::{RequestId, RequestStatus, access::Redeemed},
};

/// The session of this request: kept from an earlier command, or redeemed now and kept.
pub async fn take_up(client: &Client, store: &Store, id: &RequestId) -> Result<Session, Failure> {
    if let Some(redeemed) = store.load(id, client)? {
        return Ok(client.session(redeemed));
    }
    let pending = client.pending(id).await?;
    if pending.outcome()?.status == RequestStatus::Active {
        let message =
            format!("{id} was redeemed elsewhere, and a grant token can be had only once; ask again");
        return Err(Failure::Other(message));
    }
    redeem(client, store, &pending).await
}

/// Redeems and keeps. The file is there before the token is asked for.
pub async fn redeem(client: &Client, store: &Store, pending: &Pending) -> Result<Session, Failure> {
    let reserved = store.reserve(pending.id())?;
    let session = pending.redeem().await?;
    reserved.keep(client, kept(&session))?;
    Ok(session)
}

fn kept(session: &Session) -> Redeemed {
    Redeemed {
        grant: session.grant().clone(),
        grant_token: session.grant_token().expose().to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: 0,
        ends_at: session.ends_at(),
        authorization_details: session.lines().to_vec(),
    }
}

/// What a failed exchange or call really means: an OAuth door says only that it does not take the token, so ask
/// what became of the session; and forget its token once it is over.
pub async fn explain(client: &Client, store: &Store, id: &RequestId, error: Error) -> Failure {
    let error = match error {
        Error::OAuth { .. } => match client.pending(id).await.as_ref().map(Pending::outcome) {
            Ok(Err(over @ Error::Ended { .. })) => over,
            _ => error,
        },
        other => other,
    };
    let failure = Failure::from(error);
    if failure.exit() == Exit::Expired {
        // It is of no use any more; if it cannot be removed now, the next command sweeps it.
        let _ = store.forget(id);
    }
    failure
}
