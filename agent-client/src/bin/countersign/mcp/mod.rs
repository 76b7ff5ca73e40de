//! `countersign mcp`: an MCP server on stdin and stdout, in front of the broker's gateway.
//!
//! It is for clients that speak neither HTTP nor OAuth. Standard output carries messages and nothing else; what a person
//! should read goes to standard error. Three parts: `standing.rs` gets the session, as long as that takes; `alone.rs`
//! answers the client until it is there; `gateway.rs` carries messages once it is. `bridge.rs` puts them together.

mod alone;
mod bridge;
mod events;
mod gateway;
mod message;
mod pipes;
mod standing;

use crate::{
    cli::McpArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
    store::Store,
};
use bridge::Bridge;
use std::{path::Path, sync::Arc};
use tokio::sync::watch;

/// The longest message, either way.
const LARGEST: usize = 4 << 20;

pub async fn run(config: &Config, out: &Out, args: McpArgs) -> Result<Exit, Failure> {
    if args.file.as_deref() == Some(Path::new("-")) {
        return Err(Failure::Usage("the client speaks on stdin: put the request into a file".to_owned()));
    }
    let client = config.agent()?;
    let store = Arc::new(Store::open()?);
    let service = args.service.clone();
    let asked = standing::asked(args)?;
    let (tell, standing) = watch::channel(standing::Standing::Asking);
    let (to_client, writer) = pipes::write_stdout();
    let getting = standing::get(&client, &store, service.as_ref(), asked, &tell, out);
    let bridge =
        Bridge::new(client.clone(), store.clone(), service.clone(), tell.clone(), standing, to_client);
    tokio::select! {
        () = bridge.run(pipes::read_stdin()) => {}
        // It never ends: the bridge decides when all is over.
        () = async { getting.await; std::future::pending().await } => {}
    }
    writer.finish().await;
    Ok(Exit::Done)
}
