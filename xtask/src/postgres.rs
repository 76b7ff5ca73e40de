//! A temporary PostgreSQL cluster: made, lent, and gone with the value that stands for it.
//!
//! It runs as an unprivileged user (PostgreSQL refuses root), listens on one free port of 127.0.0.1, and asks for a
//! random password: its superuser can run programs, and other people may share this machine. That of tests does not
//! survive a power cut (`fsync=off`); that of measurements flushes as a real one does.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User, geteuid};
use tempfile::TempDir;

use crate::sh;

const PREFIX: &str = "countersign-postgres-";
/// Another program may take the free port before the server does.
const ATTEMPTS: usize = 3;

/// The folder of the newest installed server's programs, if there is one.
pub fn programs() -> Option<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().ok();
    let debian = versions.into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let newest = debian.filter(|bin| bin.join("initdb").exists()).max_by_key(|bin| major(bin));
    newest.or_else(|| Some(crate::tools::on_path("initdb")?.parent()?.to_owned()))
}

fn major(bin: &Path) -> Option<u32> {
    bin.parent()?.file_name()?.to_str()?.parse().ok()
}

/// What the server is told besides where to listen: tests do not wait for the disk.
const FORGETFUL: &str = "fsync = off\nfull_page_writes = off\n";

/// A running server. Dropping it stops the server and removes its folder.
pub struct Cluster {
    programs: PathBuf,
    user: Option<User>,
    folder: TempDir,
    url: String,
}

impl Cluster {
    /// Makes a cluster for tests and starts it.
    pub fn start() -> Result<Self> {
        Self::make(FORGETFUL)
    }

    /// Makes a cluster that flushes every commit to the disk, and starts it.
    pub fn start_durable() -> Result<Self> {
        Self::make("")
    }

    fn make(settings: &str) -> Result<Self> {
        let programs = programs().context("PostgreSQL's server programs are missing")?;
        let user = unprivileged()?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let password = password()?;
        fs::write(folder.path().join("owner"), std::process::id().to_string())?;
        fs::write(folder.path().join("password"), &password)?;
        if let Some(user) = &user {
            give(folder.path(), user)?;
        }
        let mut cluster = Self { programs, user, folder, url: String::new() };
        cluster.remove_leftovers();
        cluster.initialise(settings)?;
        let port = cluster.launch()?;
        cluster.url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        Ok(cluster)
    }

    /// The superuser's address. Each test makes a database of its own there.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn initialise(&self, settings: &str) -> Result<()> {
        let mut initdb = self.command("initdb");
        initdb.arg("--pgdata").arg(self.data());
        initdb.arg("--pwfile").arg(self.folder.path().join("password"));
        initdb.args(["--username=postgres", "--auth-local=password", "--auth-host=password"]);
        initdb.args(["--encoding=UTF8", "--locale=C", "--no-sync"]);
        sh::quiet(&mut initdb)?;
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\n{settings}"
        );
        let file = File::options().append(true).open(self.data().join("postgresql.conf"));
        Ok(file?.write_all(settings.as_bytes())?)
    }

    fn launch(&self) -> Result<u16> {
        for _ in 0..ATTEMPTS {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let mut start = self.pg_ctl("start");
            start.arg("--log").arg(self.log()).arg("--options").arg(format!("-p {port}"));
            if sh::quiet(&mut start).is_ok() {
                return Ok(port);
            }
            if sh::interrupted() {
                bail!("interrupted");
            }
        }
        bail!("PostgreSQL did not start:\n{}", fs::read_to_string(self.log()).unwrap_or_default())
    }

    fn stop(&self, data: &Path) {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--silent", "--wait", "--mode=immediate", "--pgdata"]).arg(data);
        // It fails if the server is not running, and then there is nothing to stop.
        let _ = sh::ask(&mut stop);
    }

    /// A run that was killed outright could not stop its server: do it now.
    fn remove_leftovers(&self) {
        let Some(Ok(siblings)) = self.folder.path().parent().map(Path::read_dir) else { return };
        for folder in siblings.flatten().map(|entry| entry.path()) {
            if is_leftover(&folder, self.uid()) {
                self.stop(&folder.join("data"));
                let _ = fs::remove_dir_all(&folder);
            }
        }
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

    fn uid(&self) -> Uid {
        self.user.as_ref().map_or_else(geteuid, |user| user.uid)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop(&self.data());
    }
}

/// The user to run the server as, where it may not be the one who asks.
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

/// The folder and what is in it.
fn give(folder: &Path, user: &User) -> Result<()> {
    let (uid, gid) = (Some(user.uid.as_raw()), Some(user.gid.as_raw()));
    for entry in folder.read_dir()? {
        let file = entry?.path();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        chown(file, uid, gid)?;
    }
    Ok(chown(folder, uid, gid)?)
}

/// Whether a folder is of a run that has ended. The folder must be the server's own user's: in a folder for all,
/// anybody can use the name.
fn is_leftover(folder: &Path, user: Uid) -> bool {
    let named = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    let ours = fs::symlink_metadata(folder).is_ok_and(|data| data.is_dir() && data.uid() == user.as_raw());
    let owner = fs::read_to_string(folder.join("owner"));
    named && ours && owner.is_ok_and(|owner| !Path::new("/proc").join(owner.trim()).exists())
}

fn password() -> Result<String> {
    use std::fmt::Write as _;
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_serves_and_then_is_gone() {
        if programs().is_none() {
            assert!(!crate::workspace::ci(), "PostgreSQL is missing");
            return;
        }
        let cluster = Cluster::start().unwrap();
        let (folder, url) = (cluster.folder.path().to_owned(), cluster.url().to_owned());
        let psql = |url: &str| {
            let mut psql = Command::new(programs().unwrap().join("psql"));
            sh::ask(psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "-c", "SELECT 6 * 7", url]))
        };
        assert_eq!(psql(&url).unwrap(), "42");
        let (before, after) = url.split_at(url.find('@').unwrap());
        assert!(psql(&format!("{before}x{after}")).unwrap_err().to_string().contains("password"));
        drop(cluster);
        assert!(psql(&url).is_err());
        assert!(!folder.exists());
    }

    #[test]
    fn a_folder_is_left_over_when_its_owner_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join(format!("{PREFIX}x"));
        fs::create_dir(&folder).unwrap();
        assert!(!is_leftover(&folder, geteuid()), "being made just now");
        fs::write(folder.join("owner"), std::process::id().to_string()).unwrap();
        assert!(!is_leftover(&folder, geteuid()), "its owner lives");
        // Above the largest process id that Linux gives.
        fs::write(folder.join("owner"), "99999999").unwrap();
        assert!(is_leftover(&folder, geteuid()));
        assert!(!is_leftover(&folder, Uid::from_raw(4_000_000)), "another user's");
        let other = dir.path().join("other");
        fs::rename(&folder, &other).unwrap();
        assert!(!is_leftover(&other, geteuid()), "another name");
    }
}
