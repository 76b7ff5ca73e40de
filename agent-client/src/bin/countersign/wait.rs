//! `countersign wait`.

use crate::{
    cli::WaitArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
    sessions, show,
    store::Store,
};
use agent_client::{Client, Pending, protocol::RequestStatus};
use std::time::Duration;

pub async fn run(config: &Config, out: &Out, args: &WaitArgs) -> Result<Exit, Failure> {
    let client = config.agent()?;
    let pending = client.pending(&args.id).await?;
    wait_and_redeem(&client, out, pending, args.timeout, !args.no_redeem).await
}

/// Waits for the decision and shows it; the grant token is redeemed and kept for `token` and `call`.
pub async fn wait_and_redeem(
    client: &Client,
    out: &Out,
    mut pending: Pending,
    timeout: u32,
    redeem: bool,
) -> Result<Exit, Failure> {
    // Opened first: a token that cannot be kept must not be redeemed.
    let store = if redeem { Some(Store::open()?) } else { None };
    pending.wait(Duration::from_secs(timeout.into())).await?;
    if let Some(store) = store
        && pending.view().status == RequestStatus::Approved
    {
        sessions::redeem(client, &store, &pending).await?;
    }
    out.show(pending.view(), show::view)?;
    Ok(Exit::Done)
}
