//! Load: as fast as the server answers (closed loop, `wrk` or our own), or at a fixed rate (open loop, our own).

pub mod chromium;
pub mod download;
pub mod own;
pub mod socket;
mod wrk;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http::Method;

use crate::number::{float, quantile};

/// One request, which is sent again and again.
#[derive(Clone, Debug)]
pub struct Ask {
    pub to: SocketAddr,
    pub method: Method,
    pub path: String,
    /// The `Host`, if it is another than the address.
    pub host: Option<String>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Ask {
    pub fn get(to: SocketAddr, path: &str) -> Self {
        Self {
            to,
            method: Method::GET,
            path: path.to_owned(),
            host: None,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub fn post(to: SocketAddr, path: &str, media_type: &str, body: String) -> Self {
        let headers = vec![("content-type", media_type.to_owned())];
        Self { to, method: Method::POST, path: path.to_owned(), host: None, headers, body: body.into() }
    }

    /// As if it had been asked by this URL.
    pub fn host(mut self, url: &str) -> Self {
        self.host = Some(url.rsplit('/').next().unwrap_or(url).to_owned());
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What a stretch of load gave. Times in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    pub answered: u64,
    /// Answers that were no success.
    pub refused: u64,
    /// Requests without an answer.
    pub broken: u64,
    pub seconds: f64,
    pub p50: f64,
    pub p99: f64,
}

impl Load {
    /// Of single times, in microseconds.
    fn of(mut times: Vec<f64>, refused: u64, broken: u64, seconds: f64) -> Self {
        times.sort_by(f64::total_cmp);
        let answered = u64::try_from(times.len()).unwrap_or(u64::MAX);
        Self { answered, refused, broken, seconds, p50: quantile(&times, 0.5), p99: quantile(&times, 0.99) }
    }

    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { float(self.answered) / self.seconds } else { 0.0 }
    }
}

/// How load as fast as possible is made here.
pub struct Closed {
    wrk: Option<PathBuf>,
    folder: PathBuf,
}

impl Closed {
    /// `folder` is for wrk's scripts.
    pub fn find(folder: PathBuf) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let wrk = std::env::split_paths(&path).map(|folder| folder.join("wrk")).find(|file| file.is_file());
        Self { wrk, folder }
    }

    pub fn name(&self) -> &'static str {
        if self.wrk.is_some() { "wrk" } else { "the bench's own load" }
    }

    /// Keeps so many connections busy for so long.
    pub fn run(&self, ask: &Ask, connections: usize, time: Duration) -> Result<Load> {
        match &self.wrk {
            Some(wrk) => wrk::run(wrk, &self.folder, ask, connections, time),
            None => own::closed(ask, connections, time),
        }
    }
}
