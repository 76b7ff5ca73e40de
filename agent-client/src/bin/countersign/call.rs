//! `countersign call`, in the manner of curl.

use crate::{
    cli::CallArgs,
    config::Config,
    exit::{Exit, Failure},
    out::Out,
    sessions,
    store::Store,
    visible,
};
use agent_client::{Answer, Body, Call, Session};
use futures::StreamExt;
use serde::de::IgnoredAny;
use std::{
    fs,
    io::{self, IsTerminal, Read, Write},
    pin::pin,
};

pub async fn run(config: &Config, out: &Out, args: CallArgs) -> Result<Exit, Failure> {
    let client = config.agent()?;
    let store = Store::open()?;
    let session = sessions::take_up(&client, &store, &args.id).await?;
    let answer = match prepare(&session, &args).await?.send().await {
        Ok(answer) => answer,
        Err(error) => return Err(sessions::explain(&client, &store, &args.id, error).await),
    };
    let failed = args.fail && answer.status().as_u16() >= 400;
    if args.include {
        head(out, &answer)?;
    }
    let mut sink = Sink::new(&args)?;
    let mut chunks = pin!(answer.stream());
    while let Some(chunk) = chunks.next().await {
        if sink.write(&chunk?)? == Reader::Gone {
            break;
        }
    }
    sink.finish()?;
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

async fn prepare<'a>(session: &'a Session, args: &'a CallArgs) -> Result<Call<'a>, Failure> {
    let mut call = session.call(&args.target.service, args.method.clone(), &args.target.path);
    call = match (&args.action, args.direct) {
        (Some(action), _) => call.action(action),
        (None, true) => call.direct(),
        (None, false) => call,
    };
    let mut typed = false;
    for (name, value) in &args.headers {
        typed |= name.eq_ignore_ascii_case("content-type");
        call = call.header(name, value);
    }
    let Some(data) = &args.data else { return Ok(call) };
    if let Some(file) = data.strip_prefix('@') {
        return Ok(call.body(file_body(file).await?));
    }
    if !typed && serde_json::from_str::<IgnoredAny>(data).is_ok() {
        call = call.header("content-type", "application/json");
    }
    Ok(call.body(data.clone()))
}

/// A file streams; stdin is read to its end first.
async fn file_body(file: &str) -> Result<Body, Failure> {
    if file == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes.into());
    }
    let opened = tokio::fs::File::open(file).await;
    Ok(opened.map_err(|why| Failure::Usage(format!("{file}: {why}")))?.into())
}

fn head(out: &Out, answer: &Answer) -> Result<(), Failure> {
    out.line(&format!("HTTP/1.1 {}", answer.status()))?;
    for (name, value) in answer.headers() {
        out.line(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))?;
    }
    out.line("")
}

/// Whether there is still somebody who reads.
#[derive(PartialEq, Eq)]
enum Reader {
    There,
    Gone,
}

/// Where the body goes: as it is into files and pipes, made visible on a terminal.
enum Sink {
    File(fs::File),
    Pipe(io::Stdout),
    Terminal(io::Stdout, visible::Stream),
}

impl Sink {
    fn new(args: &CallArgs) -> Result<Self, Failure> {
        let stdout = io::stdout();
        Ok(match &args.output {
            Some(file) => Self::File(fs::File::create(file)?),
            None if stdout.is_terminal() => Self::Terminal(stdout, visible::Stream::default()),
            None => Self::Pipe(stdout),
        })
    }

    fn write(&mut self, chunk: &[u8]) -> Result<Reader, Failure> {
        let written = match self {
            Self::File(file) => file.write_all(chunk),
            // Flushed at once: events are worth nothing later.
            Self::Pipe(stdout) => stdout.write_all(chunk).and_then(|()| stdout.flush()),
            Self::Terminal(stdout, stream) => {
                stdout.write_all(stream.push(chunk).as_bytes()).and_then(|()| stdout.flush())
            }
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
            result => Ok(result.map(|()| Reader::There)?),
        }
    }

    fn finish(self) -> Result<(), Failure> {
        if let Self::Terminal(mut stdout, stream) = self {
            stdout.write_all(stream.finish().as_bytes())?;
        }
        Ok(())
    }
}
