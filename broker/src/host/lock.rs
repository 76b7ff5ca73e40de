//! One broker on one data directory: an exclusive lock on files that the kernel releases however a process ends.
//!
//! `serve` holds it; a host command holds it while it works without a running broker.

use crate::config::StorageConfig;
use nix::unistd::{Uid, User};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Why the lock is not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another Countersign broker{} is using {}; stop it first", pid(*.holder), path.display())]
    Held {
        /// What is in use.
        path: PathBuf,
        /// The process that uses it, if it said so.
        holder: Option<u32>,
    },
    /// The data belong to another user, who could not use them any more after this.
    #[error("{} belongs to {owner}; run this as that user", path.display())]
    Foreign {
        /// The data directory.
        path: PathBuf,
        /// Its owner.
        owner: String,
    },
    /// There is nothing there.
    #[error("there is no broker's data directory at {}; name it with --data", .0.display())]
    NoData(PathBuf),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn pid(holder: Option<u32>) -> String {
    holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

/// The lock, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    /// The data directory, without symbolic links.
    pub data: PathBuf,
    _files: Vec<File>,
}

impl Lock {
    /// Takes the lock on the data directory (made if it is missing and may be) and on the SQLite file, which another
    /// directory may use too.
    pub fn take(storage: &StorageConfig, may_create: bool) -> Result<Self, LockError> {
        let data = data_directory(&storage.data.value, may_create)?;
        let mut files = vec![lock(&data.join("lock"), &data)?];
        if let Some(file) = storage.sqlite_file().map(|file| without_links(&file)) {
            let mut beside = file.clone().into_os_string();
            beside.push(".lock");
            files.push(lock(Path::new(&beside), &file)?);
        }
        Ok(Self { data, _files: files })
    }
}

/// The data directory, open to its owner alone, who must be us.
fn data_directory(path: &Path, may_create: bool) -> Result<PathBuf, LockError> {
    let failed = |source| LockError::Io { path: path.to_owned(), source };
    if may_create {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    } else if !path.join("lock").exists() {
        return Err(LockError::NoData(path.to_owned()));
    }
    let data = path.canonicalize().map_err(failed)?;
    let found = fs::metadata(&data).map_err(failed)?;
    if found.uid() != Uid::effective().as_raw() {
        let name = User::from_uid(Uid::from_raw(found.uid())).ok().flatten().map(|user| user.name);
        let owner = name.unwrap_or_else(|| format!("user {}", found.uid()));
        return Err(LockError::Foreign { path: data, owner });
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(&data, Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(data)
}

fn lock(path: &Path, what: &Path) -> Result<File, LockError> {
    let failed = |source| LockError::Io { path: path.to_owned(), source };
    let options =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let mut file = options.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // The holder writes its number after it has the lock: for a moment there is none.
            let _ = file.take(32).read_to_string(&mut text);
            return Err(LockError::Held { path: what.to_owned(), holder: text.trim().parse().ok() });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0).map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(file)
}

/// The same file has the same name whichever way it was reached, also before it exists.
fn without_links(file: &Path) -> PathBuf {
    if let Ok(real) = file.canonicalize() {
        return real;
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), file.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, keys};
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    fn storage(data: &Path, database: Option<&Path>) -> StorageConfig {
        let mut flags = vec![(keys::DATA, data.into())];
        if let Some(file) = database {
            flags.push((keys::DATABASE, format!("sqlite://{}", file.display()).into()));
        }
        Config::load(flags, [], &|_| None).unwrap().storage
    }

    #[test]
    fn the_second_is_refused_and_told_who_is_first() {
        let dir = TempDir::new().unwrap();
        let data = dir.path().join("new/data");
        assert!(matches!(Lock::take(&storage(&data, None), false), Err(LockError::NoData(_))));
        let first = Lock::take(&storage(&data, None), true).unwrap();
        assert_eq!(fs::metadata(&first.data).unwrap().mode() & 0o777, 0o700);
        let told = Lock::take(&storage(&data, None), false).unwrap_err().to_string();
        assert!(told.contains(&format!("(process {})", std::process::id())), "{told}");
        drop(first);
        Lock::take(&storage(&data, None), false).unwrap();
    }

    #[test]
    fn one_database_is_not_shared_by_two_directories() {
        let dir = TempDir::new().unwrap();
        let database = dir.path().join("shared.db");
        fs::write(&database, "").unwrap();
        symlink(&database, dir.path().join("alias.db")).unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        let first = Lock::take(&storage(&one, Some(&database)), true).unwrap();
        let alias = dir.path().join("alias.db");
        assert!(matches!(Lock::take(&storage(&two, Some(&alias)), true), Err(LockError::Held { .. })));
        drop(first);
        Lock::take(&storage(&two, Some(&alias)), true).unwrap();
    }

    #[test]
    fn an_open_directory_is_closed_to_others() {
        let dir = TempDir::new().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        Lock::take(&storage(dir.path(), None), true).unwrap();
        assert_eq!(fs::metadata(dir.path()).unwrap().mode() & 0o777, 0o700);
    }
}
