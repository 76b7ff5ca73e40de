//! `countersign end`.

use crate::{
    cli::EndArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
    show,
    store::Store,
};
use agent_client::protocol::RequestStatus;

pub async fn run(config: &Config, out: &Out, args: &EndArgs) -> Result<Exit, Failure> {
    let client = config.agent()?;
    let pending = client.pending(&args.id).await?;
    let view = match pending.view().status {
        RequestStatus::Pending => pending.withdraw().await?,
        RequestStatus::Approved | RequestStatus::Active => client.end(&args.id).await?,
        // Over already: there is nothing left to end.
        _ => pending.view().clone(),
    };
    Store::open()?.forget(&args.id)?;
    out.show(&view, show::view)?;
    Ok(Exit::Done)
}
