//! Our own load: closed where wrk is absent, and open at a fixed rate.
//!
//! In an open loop a request has a time at which it is due, whatever became of those before it; its latency counts from
//! then. A server that stalls is charged for all that had to wait (no coordinated omission).

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep_until};

use super::{Ask, Load};
use crate::number::{float_len, micros};

type Body = Full<bytes::Bytes>;

/// What all connections of a load counted together.
#[derive(Default)]
struct Count {
    times: Vec<f64>,
    refused: u64,
    broken: u64,
}

impl Count {
    fn add(&mut self, answer: &Result<bool>, since: Instant) {
        match answer {
            Ok(true) => self.times.push(micros(since.elapsed())),
            Ok(false) => self.refused += 1,
            Err(_) => self.broken += 1,
        }
    }
}

/// Keeps so many connections busy for so long.
pub fn closed(ask: &Ask, connections: usize, time: Duration) -> Result<Load> {
    let plan = move |_, start| Due { next: None, step: Duration::ZERO, end: start + time };
    alone(run(ask, connections, plan))
}

/// Sends so many requests a second for so long, over so many connections.
pub fn open(ask: &Ask, connections: usize, rate: f64, time: Duration) -> Result<Load> {
    alone(open_within(ask, connections, rate, time))
}

/// The same beside other tasks; inside a [`LocalSet`].
pub async fn open_within(ask: &Ask, connections: usize, rate: f64, time: Duration) -> Result<Load> {
    let step = Duration::from_secs_f64(float_len(connections) / rate);
    let plan = move |index, start| {
        let offset = Duration::from_secs_f64(float_len(index) / rate);
        Due { next: Some(start + offset), step, end: start + time }
    };
    run(ask, connections, plan).await
}

/// In a runtime of its own.
fn alone(load: impl Future<Output = Result<Load>>) -> Result<Load> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, load)
}

/// When the requests of one connection are due; without a plan as soon as the one before it is answered.
struct Due {
    next: Option<Instant>,
    step: Duration,
    end: Instant,
}

impl Due {
    /// Waits until a request is due, and says since when; none if the load is over.
    async fn wait(&mut self) -> Option<Instant> {
        let due = match self.next {
            None => Instant::now(),
            Some(due) => {
                self.next = Some(due + self.step);
                sleep_until(due.min(self.end)).await;
                due
            }
        };
        (due < self.end).then_some(due)
    }
}

async fn run(ask: &Ask, connections: usize, plan: impl Fn(usize, Instant) -> Due) -> Result<Load> {
    let count = Rc::new(RefCell::new(Count::default()));
    let mut senders = Vec::new();
    for _ in 0..connections {
        senders.push(connect(ask).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for (index, sender) in senders.into_iter().enumerate() {
        tasks.spawn_local(drive(sender, ask.clone(), plan(index, start), count.clone()));
    }
    tasks.join_all().await;
    let Count { times, refused, broken } = std::mem::take(&mut *count.borrow_mut());
    Ok(Load::of(times, refused, broken, start.elapsed().as_secs_f64()))
}

async fn drive(mut sender: SendRequest<Body>, ask: Ask, mut due: Due, count: Rc<RefCell<Count>>) {
    while let Some(since) = due.wait().await {
        let answer = send(&mut sender, &ask).await;
        count.borrow_mut().add(&answer, since);
        if sender.is_closed() {
            match connect(&ask).await {
                Ok(fresh) => sender = fresh,
                Err(_) => return,
            }
        }
    }
}

/// A connection to the server that is asked.
pub async fn connect(ask: &Ask) -> Result<SendRequest<Body>> {
    let stream = TcpStream::connect(ask.to).await.with_context(|| ask.to.to_string())?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// The request, ready to be sent.
pub fn request(ask: &Ask) -> Result<Request<Body>> {
    let host = ask.host.clone().unwrap_or_else(|| ask.to.to_string());
    let mut request = Request::builder().method(&ask.method).uri(&ask.path).header("host", host);
    for (name, value) in &ask.headers {
        request = request.header(*name, value);
    }
    Ok(request.body(Full::new(ask.body.clone()))?)
}

/// Sends one request and reads its answer to the end: whether it was a success.
pub async fn send(sender: &mut SendRequest<Body>, ask: &Ask) -> Result<bool> {
    sender.ready().await?;
    let answer = sender.send_request(request(ask)?).await?;
    let good = answer.status().is_success();
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(good)
}

/// Sends one request and reads its answer as JSON.
pub async fn read_json<T: DeserializeOwned>(sender: &mut SendRequest<Body>, ask: &Ask) -> Result<T> {
    Ok(serde_json::from_slice(&read(sender, ask).await?)?)
}

/// Sends one request and reads its answer, which must be a success.
pub async fn read(sender: &mut SendRequest<Body>, ask: &Ask) -> Result<bytes::Bytes> {
    let answer = sender.send_request(request(ask)?).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    ensure!(status.is_success(), "{} answered {status}: {}", ask.path, String::from_utf8_lossy(&body));
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every request, the first one late.
    fn server(stall: Duration) -> Ask {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let mut stall = Some(stall);
            while stream.read(&mut buffer).is_ok_and(|length| length > 0) {
                std::thread::sleep(stall.take().unwrap_or_default());
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            }
        });
        Ask::get(to, "/")
    }

    #[test]
    fn an_open_loop_charges_a_stall_to_all_that_waited() {
        let load = open(&server(Duration::from_millis(300)), 1, 100.0, Duration::from_millis(600)).unwrap();
        assert_eq!((load.answered, load.refused, load.broken), (60, 0, 0));
        // Half of the requests were due during the stall; a closed loop would have seen one late answer.
        assert!(load.p50 < 300_000.0 && load.p99 > 250_000.0, "{load:?}");
    }

    #[test]
    fn a_closed_loop_counts_answers() {
        let load = closed(&server(Duration::ZERO), 1, Duration::from_millis(100)).unwrap();
        assert!(load.answered > 10 && load.refused + load.broken == 0, "{load:?}");
    }
}
