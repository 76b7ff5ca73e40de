//! A root of its own for one process: read-only but for what is named, under another user, without any right.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        net::UnixDatagram,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const BROKER: &str = env!("CARGO_BIN_EXE_countersign-broker");
/// What is started says that it is ready within this time, and ends within it.
const PATIENCE: Duration = Duration::from_mins(1);
/// Where it says so.
const NOTIFY: &str = "/run/notify/socket";

/// A root that is being filled.
pub struct Sandbox {
    dir: TempDir,
    user: u32,
    writable: Vec<String>,
    pub environment: BTreeMap<String, String>,
}

/// A process in it.
pub struct Running {
    child: Child,
    socket: UnixDatagram,
    root: PathBuf,
    user: u32,
    environment: BTreeMap<String, String>,
    _sandbox: Sandbox,
}

impl Sandbox {
    /// With the program at its path and the libraries that it is linked to; none where this machine lets nobody make one.
    pub fn new(user: u32, program: &str) -> Option<Self> {
        let may = Command::new("unshare").args(["--mount", "true"]).output();
        if !nix::unistd::geteuid().is_root() || !may.is_ok_and(|it| it.status.success()) {
            eprintln!(
                "left out: only root can start a process in a root of its own, where the kernel allows it"
            );
            return None;
        }
        let dir = TempDir::new().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let it = Self { dir, user, writable: Vec::new(), environment: BTreeMap::new() };
        for library in libraries().into_values() {
            it.copy(&library, library.to_str().unwrap());
        }
        it.copy(Path::new(BROKER), program);
        for folder in ["/dev", "/proc"] {
            it.folder(folder);
        }
        let socket = it.folder("/run/notify");
        chown(&socket, Some(user), Some(user)).unwrap();
        Some(it)
    }

    /// A path inside, seen from outside.
    pub fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join("root").join(path.trim_start_matches('/'))
    }

    pub fn folder(&self, path: &str) -> PathBuf {
        let folder = self.at(path);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// A file inside; a link where it can be, since the program is large.
    pub fn copy(&self, from: &Path, to: &str) {
        self.folder(Path::new(to).parent().unwrap().to_str().unwrap());
        let from = from.canonicalize().unwrap();
        if fs::hard_link(&from, self.at(to)).is_err() {
            fs::copy(&from, self.at(to)).unwrap();
        }
    }

    /// A file that only the user can read.
    pub fn secret(&self, path: &str, text: &str) {
        self.folder(Path::new(path).parent().unwrap().to_str().unwrap());
        fs::write(self.at(path), text).unwrap();
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o400)).unwrap();
        chown(self.at(path), Some(self.user), Some(self.user)).unwrap();
    }

    /// A folder that the user may write.
    pub fn writable(&mut self, path: &str) {
        let folder = self.folder(path);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        chown(&folder, Some(self.user), Some(self.user)).unwrap();
        self.writable.push(path.to_owned());
    }

    /// Starts it and waits until it says that it is ready; gives what it said.
    pub fn start(mut self, command: &[String]) -> (Running, String) {
        let socket = UnixDatagram::bind(self.at(NOTIFY)).unwrap();
        fs::set_permissions(self.at(NOTIFY), fs::Permissions::from_mode(0o666)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        self.environment.insert("NOTIFY_SOCKET".to_owned(), NOTIFY.to_owned());
        let root = self.at("");
        let mut script = String::from("set -e; mount --make-rprivate /; mount --bind \"$0\" \"$0\"\n");
        let binds = self.writable.iter().map(|path| format!("mount --bind \"$0{path}\" \"$0{path}\"\n"));
        script.extend(binds);
        script +=
            "mount --bind /dev \"$0/dev\"; mount --bind /proc \"$0/proc\"; mount -o remount,bind,ro \"$0\"\n";
        script += "exec setpriv --no-new-privs chroot --userspec=\"$1:$1\" --groups= \"$0\" \"${@:2}\"\n";
        let root = PathBuf::from(root.to_str().unwrap().trim_end_matches('/'));
        let mut child = Command::new("unshare");
        child.args(["--mount", "bash", "-c", &script]).arg(&root).arg(self.user.to_string()).args(command);
        child.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").envs(&self.environment);
        let child = child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (user, environment) = (self.user, self.environment.clone());
        let mut running = Running { child, socket, root, user, environment, _sandbox: self };
        let said = running.hear("READY=1");
        (running, said)
    }
}

impl Running {
    /// Waits until it says this; gives everything that it said at once.
    pub fn hear(&mut self, word: &str) -> String {
        let mut heard = [0; 4096];
        loop {
            self.socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            if let Ok(length) = self.socket.recv(&mut heard) {
                let text = String::from_utf8_lossy(&heard[..length]).into_owned();
                if text.lines().any(|it| it == word) {
                    return text;
                }
            } else if let Ok(Some(status)) = self.child.try_wait() {
                let mut why = String::new();
                self.child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
                panic!("it ended with {status} before {word}: {why}");
            }
        }
    }

    /// Runs another command in the same root, as the same user.
    pub fn run(&self, command: &[&str]) -> Output {
        let mut enter = Command::new("nsenter");
        enter.arg(format!("--target={}", self.child.id())).args(["--mount", "chroot"]);
        enter.arg(format!("--userspec={0}:{0}", self.user)).arg("--groups=").arg(&self.root).args(command);
        enter
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(&self.environment)
            .output()
            .unwrap()
    }

    /// That it cannot write where it must not, has no rights, and is who it should be.
    pub fn is_confined(&self) {
        let file = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap();
        let status = file("status");
        let line =
            |name: &str| status.lines().find_map(|it| it.strip_prefix(name)).unwrap().trim().to_owned();
        assert_eq!(line("CapEff:"), "0000000000000000");
        assert_eq!(line("NoNewPrivs:"), "1");
        assert!(line("Uid:").split_whitespace().all(|it| it == self.user.to_string()), "{status}");
        let mounts = file("mountinfo");
        let root =
            mounts.lines().find(|it| it.split(' ').nth(4) == Some("/")).unwrap_or_else(|| panic!("{mounts}"));
        assert!(root.split(' ').nth(5).unwrap().split(',').any(|it| it == "ro"), "{mounts}");
    }

    /// Stops it as systemd and Docker do.
    pub fn stop(mut self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        self.hear("STOPPING=1");
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{log}");
        assert!(!log.contains("could not") && !log.contains("Permission denied"), "{log}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How the broker answers, at the address that it named.
pub fn get(said: &str, path: &str) -> String {
    let port = said.trim_end().rsplit(':').next().unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The libraries that the program is linked to, by name.
pub fn libraries() -> BTreeMap<String, PathBuf> {
    let output = Command::new("ldd").arg(BROKER).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let paths = text.lines().filter_map(|line| line.split_whitespace().find(|it| it.starts_with('/')));
    let named = |path: &str| Some((Path::new(path).file_name()?.to_str()?.to_owned(), PathBuf::from(path)));
    paths.filter_map(named).collect()
}
