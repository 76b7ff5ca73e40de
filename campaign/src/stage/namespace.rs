//! A network namespace with one way out, which can be cut; and the gate through which agents and the service are
//! reached whether it is cut or not.

use std::fs::File;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context as _, Result};
use nix::sched::{CloneFlags, setns};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::program::output;

/// The addresses of the two ends of the way out: a network of its own that nobody routes.
pub const OUTSIDE: &str = "10.231.77.1";
pub const INSIDE: &str = "10.231.77.2";

/// A namespace. Dropping it removes it, and with it the way.
pub struct Namespace(String);

impl Namespace {
    pub async fn create() -> Result<Self> {
        let it = Self(format!("csn{}", std::process::id() % 1_000_000));
        let (name, outer, inner) = (it.name(), it.outer(), format!("{}i", it.name()));
        ip(&["netns", "add", name]).await?;
        ip(&["link", "add", &outer, "type", "veth", "peer", "name", &inner, "netns", name]).await?;
        ip(&["address", "add", &format!("{OUTSIDE}/30"), "dev", &outer]).await?;
        ip(&["link", "set", &outer, "up"]).await?;
        ip(&["-n", name, "address", "add", &format!("{INSIDE}/30"), "dev", &inner]).await?;
        ip(&["-n", name, "link", "set", &inner, "up"]).await?;
        ip(&["-n", name, "link", "set", "lo", "up"]).await?;
        Ok(it)
    }

    pub fn name(&self) -> &str {
        &self.0
    }

    fn outer(&self) -> String {
        format!("{}o", self.0)
    }

    pub async fn cut(&self) -> Result<()> {
        ip(&["link", "set", &self.outer(), "down"]).await
    }

    pub async fn mend(&self) -> Result<()> {
        ip(&["link", "set", &self.outer(), "up"]).await
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["link", "delete", &self.outer()]).output();
        let _ = Command::new("ip").args(["netns", "delete", self.name()]).output();
    }
}

async fn ip(arguments: &[&str]) -> Result<()> {
    output(Command::new("ip").args(arguments)).await.map(drop)
}

/// Passes connections in to a broker, and out to the service: each has one address, inside and outside.
pub struct Gate(JoinHandle<()>);

impl Gate {
    pub fn open(of: &Namespace, broker: SocketAddr, service: SocketAddr) -> Result<Self> {
        let entrance = StdListener::bind(broker)?;
        entrance.set_nonblocking(true)?;
        let namespace = File::open(format!("/var/run/netns/{}", of.name()))?;
        let (tell, told) = mpsc::channel();
        // A socket belongs to the namespace of the thread that made it.
        thread::spawn(move || {
            let made = setns(namespace, CloneFlags::CLONE_NEWNET).map_err(anyhow::Error::from);
            let made = made.and_then(|()| Ok(StdListener::bind(service)?));
            let is_inside = made.is_ok();
            if tell.send(made).is_ok() && is_inside {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let _ = runtime.map(|runtime| runtime.block_on(pass(entrance, broker)));
            }
        });
        let exit = told.recv().context("the thread in the namespace ended")??;
        exit.set_nonblocking(true)?;
        Ok(Self(tokio::spawn(pass(exit, service))))
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Connects whoever comes with the address, until the program ends.
async fn pass(from: StdListener, to: SocketAddr) {
    let Ok(from) = TcpListener::from_std(from) else { return };
    while let Ok((mut outer, _)) = from.accept().await {
        tokio::spawn(async move {
            if let Ok(mut inner) = TcpStream::connect(to).await {
                let _ = copy_bidirectional(&mut outer, &mut inner).await;
            }
        });
    }
}
