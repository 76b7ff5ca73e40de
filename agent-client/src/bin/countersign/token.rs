//! `countersign token`.

use crate::{
    cli::TokenArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
    sessions,
    store::Store,
};
use serde_json::json;

pub async fn run(config: &Config, out: &Out, args: &TokenArgs) -> Result<Exit, Failure> {
    let client = config.agent()?;
    let store = Store::open()?;
    let session = sessions::take_up(&client, &store, &args.id).await?;
    let token = match session.token(&args.service, &args.action).await {
        Ok(token) => token,
        Err(error) => return Err(sessions::explain(&client, &store, &args.id, error).await),
    };
    if out.json {
        out.object(&json!({
            "access_token": token.token.expose(),
            "expires_in": token.expires_in.as_secs(),
            "scope": token.scope,
        }))?;
    } else {
        out.line(token.token.expose())?;
    }
    Ok(Exit::Done)
}
