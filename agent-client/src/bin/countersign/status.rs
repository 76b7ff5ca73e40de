//! `countersign status`.

use crate::{
    cli::StatusArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
    show,
};

pub async fn run(config: &Config, out: &Out, args: &StatusArgs) -> Result<Exit, Failure> {
    let client = config.agent()?;
    let Some(id) = &args.id else {
        let me = client.me().await?;
        out.show(&me, show::me)?;
        return Ok(Exit::Done);
    };
    let pending = client.pending(id).await?;
    out.show(pending.view(), show::view)?;
    Ok(pending.view().status.into())
}
