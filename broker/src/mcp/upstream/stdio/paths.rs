//! Which files a program sees.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What programs need to run at all, to read and to execute. Of `/etc` only what is nobody's secret: the broker's own
/// configuration may lie there.
pub(super) const SYSTEM: [&str; 35] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/proc/self",
    "/proc/meminfo",
    "/proc/cpuinfo",
    "/proc/stat",
];

/// Devices that swallow what is written to them.
pub(super) const SINKS: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/full"];

/// The first of the broker's own files that one of these paths, or the system's, would open to a program, with that
/// path. A file that does not exist yet is compared by the folder that it will be in.
pub fn collision<'a>(
    given: impl IntoIterator<Item = &'a Path>,
    own: &[PathBuf],
) -> Option<(PathBuf, PathBuf)> {
    let own: Vec<(PathBuf, &PathBuf)> = own.iter().map(|it| (resolved(it), it)).collect();
    let system = SYSTEM.iter().map(Path::new).filter(|it| !it.starts_with("/proc"));
    for path in given.into_iter().chain(system) {
        let real = resolved(path);
        let opens = |mine: &Path| mine.starts_with(&real) || real.starts_with(mine);
        if let Some((_, found)) = own.iter().find(|(mine, _)| opens(mine)) {
            return Some((path.to_owned(), (*found).clone()));
        }
    }
    None
}

/// Without symbolic links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if parent != path => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            resolved(parent).join(name)
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    #[test]
    fn the_brokers_own_files_are_found_behind_links_and_before_they_exist() {
        let dir = TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["data", "work", "other"] {
            fs::create_dir(at(folder)).unwrap();
        }
        symlink(at("data"), at("work/link")).unwrap();
        let own = [at("data"), at("keys/root.key")];
        let hit = |path: &Path| collision([path], &own).is_some();
        for bad in ["", "data", "data/inside", "work/link", "work/link/x", "keys", "keys/root.key"] {
            assert!(hit(&at(bad)), "{bad}");
        }
        for good in ["other", "work", "data2", "keys/other"] {
            assert!(!hit(&at(good)), "{good}");
        }
        assert!(hit(Path::new("/")));
        assert!(collision([], &[PathBuf::from("/usr/share/countersign/data")]).is_some());
    }
}
