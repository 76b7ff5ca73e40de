//! `countersign request`.

use crate::{cli::RequestArgs, config::Config, exit::Exit, exit::Failure, out::Out, show, wait};
use agent_client::protocol::{AccessRequest, AskedLine, Limits, lines::LineType};
use std::{
    fs,
    io::{self, Read},
    path::Path,
};

pub async fn run(config: &Config, out: &Out, args: RequestArgs) -> Result<Exit, Failure> {
    let client = config.agent()?;
    let (then_wait, timeout) = (args.wait, args.timeout);
    let pending = client.request(&asked(args)?).await?;
    out.show(pending.view(), show::asked)?;
    if then_wait { wait::wait_and_redeem(&client, out, pending, timeout, true).await } else { Ok(Exit::Done) }
}

pub fn asked(args: RequestArgs) -> Result<AccessRequest, Failure> {
    let mut request = match &args.file {
        Some(file) => read(file)?,
        None => AccessRequest {
            authorization_details: vec![line(&args)?],
            purpose: String::new(),
            duration: None,
            asynchronous: false,
            idempotency_key: None,
        },
    };
    if let Some(purpose) = args.purpose {
        request.purpose = purpose;
    }
    request.duration = args.duration.or(request.duration);
    request.asynchronous |= args.asynchronous;
    request.idempotency_key = args.idempotency_key.or(request.idempotency_key);
    Ok(request)
}

fn line(args: &RequestArgs) -> Result<AskedLine, Failure> {
    let service = args.service.clone().ok_or_else(|| Failure::Usage("name a --service".to_owned()))?;
    Ok(AskedLine {
        kind: LineType::ServiceAccess,
        service,
        actions: args.actions.clone(),
        resources: args.resources.clone(),
        conditions: Vec::new(),
        limits: Limits { max_calls: args.max_calls },
        connection: args.connection.clone(),
    })
}

fn read(file: &Path) -> Result<AccessRequest, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        io::stdin().lock().read_to_string(&mut text).map(|_| ())
    } else {
        fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|why| Failure::Usage(format!("{}: {why}", file.display())))?;
    serde_json::from_str(&text).map_err(|why| Failure::Usage(format!("{}: {why}", file.display())))
}
