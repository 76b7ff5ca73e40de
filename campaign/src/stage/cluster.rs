//! A PostgreSQL of the campaign's own, durable as a real one, to be stopped, frozen and killed.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use nix::unistd::{User, geteuid};
use rand::Rng as _;
use rand::rngs::StdRng;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

use super::broker::free_address;
use crate::program::{self, output};

/// A running server. Dropping it stops the server and removes its folder.
pub struct Cluster {
    programs: PathBuf,
    user: Option<User>,
    folder: TempDir,
    address: SocketAddr,
    password: String,
    databases: usize,
}

impl Cluster {
    /// Makes one and starts it. `listen` are addresses beside that of this machine alone.
    pub async fn start(random: &mut StdRng, listen: &[&str]) -> Result<Self> {
        let programs =
            programs().context("PostgreSQL's server programs are missing (apt-get install postgresql)")?;
        let folder = tempfile::Builder::new().prefix("countersign-campaign-postgres-").tempdir()?;
        let password = format!("{:032x}", random.random::<u128>());
        let mut it = Self {
            programs,
            user: unprivileged()?,
            folder,
            address: free_address()?,
            password,
            databases: 0,
        };
        it.initialise(listen).await?;
        it.go_on().await?;
        Ok(it)
    }

    async fn initialise(&mut self, listen: &[&str]) -> Result<()> {
        let password = self.folder.path().join("password");
        fs::write(&password, &self.password)?;
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600))?;
        if let Some(user) = &self.user {
            let (uid, gid) = (Some(user.uid.as_raw()), Some(user.gid.as_raw()));
            chown(&password, uid, gid)?;
            chown(self.folder.path(), uid, gid)?;
        }
        let mut initdb = self.command("initdb");
        initdb.arg("--pgdata").arg(self.data()).arg("--pwfile").arg(&password);
        initdb.args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        output(&mut initdb).await?;
        let addresses = ["127.0.0.1"].iter().chain(listen).copied().collect::<Vec<_>>().join(",");
        let settings = format!("listen_addresses = '{addresses}'\nunix_socket_directories = ''\n");
        self.append("postgresql.conf", &settings)?;
        self.append("pg_hba.conf", "host all all samenet scram-sha-256\n")
    }

    fn append(&self, file: &str, text: &str) -> Result<()> {
        Ok(File::options().append(true).open(self.data().join(file))?.write_all(text.as_bytes())?)
    }

    /// Starts it, again.
    pub async fn go_on(&self) -> Result<()> {
        let mut start = self.pg_ctl("start");
        start.arg("--log").arg(self.folder.path().join("log"));
        start.arg("--options").arg(format!("-p {}", self.address.port()));
        let started = output(&mut start).await.map(drop);
        started.with_context(|| fs::read_to_string(self.folder.path().join("log")).unwrap_or_default())
    }

    /// Stops it: `fast` or `immediate`.
    pub async fn stop(&self, mode: &str) -> Result<()> {
        output(self.pg_ctl("stop").arg(format!("--mode={mode}"))).await.map(drop)
    }

    /// To the server and to every process of it.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let file = fs::read_to_string(self.data().join("postmaster.pid"))?;
        let server: u32 = file.lines().next().context("postmaster.pid is empty")?.trim().parse()?;
        // Its children first: it would start others in place of those that die.
        if signal != Signal::SIGCONT {
            program::signal(server, Signal::SIGSTOP)?;
        }
        for child in children(server) {
            let _ = program::signal(child, signal);
        }
        program::signal(server, signal)
    }

    /// Ends every connection to a database.
    pub async fn terminate(&self, database: &str) -> Result<()> {
        let mut conn = PgConnection::connect(&self.url("postgres")).await?;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        sqlx::query(sql).bind(name(database)).execute(&mut conn).await?;
        Ok(conn.close().await?)
    }

    /// The address of a fresh database.
    pub async fn database(&mut self) -> Result<String> {
        self.databases += 1;
        let name = format!("campaign_{}", self.databases);
        let mut conn = PgConnection::connect(&self.url("postgres")).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut conn).await?;
        conn.close().await?;
        Ok(self.url(&name))
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@{}/{database}", self.password, self.address)
    }

    fn pg_ctl(&self, act: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command.args([act, "--silent", "--wait", "--pgdata"]).arg(self.data());
        command
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path()).env_remove("PGDATA").env_remove("PGPORT").env("LC_ALL", "C");
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.signal(Signal::SIGCONT);
        let _ = self.pg_ctl("stop").arg("--mode=immediate").output();
    }
}

/// The name of a database in its address.
fn name(url: &str) -> &str {
    url.rsplit_once('/').map_or(url, |(_, name)| name)
}

/// The folder of the newest installed server's programs.
fn programs() -> Option<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().ok();
    let mut found: Vec<PathBuf> =
        versions.into_iter().flatten().flatten().map(|it| it.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop().or_else(|| Some(program::find("initdb")?.parent()?.to_owned()))
}

/// PostgreSQL does not run as root.
fn unprivileged() -> Result<Option<User>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as")
}

fn children(of: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(|process| parent(*process) == Some(of)).collect()
}

fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
