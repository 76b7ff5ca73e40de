//! The programs that may run, and those that do: started when they are needed, used by everybody, ended when nobody
//! needs them.

use super::{
    program::Program,
    restart::Restart,
    server::{Host, Stdio, StdioError},
};
use protocol::Slug;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::Mutex,
    time::{Instant, interval},
};
use tokio_util::sync::CancellationToken;

/// A program is ended when for so long no line went either way.
const IDLE: Duration = Duration::from_mins(10);
/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(30);

/// The programs that the host declares.
#[derive(Debug)]
pub struct Programs {
    host: Host,
    declared: BTreeMap<Slug, Program>,
    running: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    by_name: HashMap<Slug, Slot>,
    stopped: bool,
}

#[derive(Debug, Default)]
struct Slot {
    restart: Restart,
    server: Option<Arc<Stdio>>,
}

impl Programs {
    /// None of them runs yet.
    pub fn new(host: Host, declared: BTreeMap<Slug, Program>) -> Self {
        Self { host, declared, running: Mutex::default() }
    }

    /// The names that definitions of services may use.
    pub fn names(&self) -> impl Iterator<Item = &Slug> {
        self.declared.keys()
    }

    /// How they are run.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The server of a program: the one that runs, or a new one, if that is not too soon after the last. Whoever finds
    /// lines to take ([`Stdio::take_lines`]) has a new one, and begins the conversation.
    pub async fn running(&self, name: &Slug) -> Result<Arc<Stdio>, StdioError> {
        let program = self.declared.get(name).ok_or_else(|| StdioError::NotDeclared(name.clone()))?;
        let mut slots = self.running.lock().await;
        if slots.stopped {
            return Err(StdioError::Stopping);
        }
        let slot = slots.by_name.entry(name.clone()).or_default();
        if let Some(server) = slot.server.as_ref().filter(|it| it.is_running()) {
            server.touch();
            return Ok(server.clone());
        }
        slot.server = None;
        slot.restart.take(Instant::now()).map_err(StdioError::TooSoon)?;
        let server = Arc::new(Stdio::start(name, program, &self.host).await?);
        slot.server = Some(server.clone());
        Ok(server)
    }

    /// Ends what is idle, until the broker stops; then ends everything, and waits for that.
    pub async fn keep(&self, stopping: CancellationToken) {
        let mut look = interval(LOOK);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return self.end().await,
                _ = look.tick() => self.sweep(Instant::now()).await,
            }
        }
    }

    /// Ends what is idle at this moment.
    pub async fn sweep(&self, now: Instant) {
        for slot in self.running.lock().await.by_name.values_mut() {
            if let Some(server) = slot.server.take_if(|it| !it.is_running() || it.idle(now) >= IDLE) {
                server.end();
            }
        }
    }

    /// Ends everything, for good.
    pub async fn end(&self) {
        let mut slots = self.running.lock().await;
        slots.stopped = true;
        let servers: Vec<_> = slots.by_name.values_mut().filter_map(|it| it.server.take()).collect();
        drop(slots);
        for server in &servers {
            server.end();
        }
        for server in servers {
            server.ended().await;
        }
    }
}
