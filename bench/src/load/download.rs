//! One large or endless answer, read to its end, or as long as it lasts.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use http_body_util::BodyExt;

use super::Ask;
use super::own::{connect, request};

/// What reading an answer took.
pub struct Download {
    pub bytes: usize,
    pub whole: Duration,
}

/// Reads a whole answer; `look` is called whenever so many more bytes have come.
pub async fn whole(ask: &Ask, every: usize, mut look: impl FnMut()) -> Result<Download> {
    let mut sender = connect(ask).await?;
    let start = Instant::now();
    let answer = sender.send_request(request(ask)?).await?;
    ensure!(answer.status().is_success(), "{} answered {}", ask.path, answer.status());
    let mut body = answer.into_body();
    let (mut bytes, mut next) = (0, every);
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, bytes::Bytes::len);
        if bytes >= next {
            look();
            next += every;
        }
    }
    Ok(Download { bytes, whole: start.elapsed() })
}

/// An endless answer of which the first piece has come.
pub struct Open {
    pub first: Duration,
    body: hyper::body::Incoming,
}

impl Open {
    pub async fn start(ask: &Ask) -> Result<Self> {
        let mut sender = connect(ask).await?;
        let start = Instant::now();
        let answer = sender.send_request(request(ask)?).await?;
        ensure!(answer.status().is_success(), "{} answered {}", ask.path, answer.status());
        let mut body = answer.into_body();
        ensure!(body.frame().await.is_some_and(|frame| frame.is_ok()), "{} gave nothing", ask.path);
        Ok(Self { first: start.elapsed(), body })
    }

    /// The rest of the answer, which must end well.
    pub async fn rest(self) -> Result<bytes::Bytes> {
        Ok(self.body.collect().await?.to_bytes())
    }

    /// Comes back when the answer ends, however it does.
    pub async fn ended(mut self) {
        while let Some(Ok(_)) = self.body.frame().await {}
    }
}
