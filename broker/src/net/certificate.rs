//! The broker's certificate: read at the start, and again whenever its files change. Connections that are open keep
//! theirs; a broken new file changes nothing but the log.

use crate::config::TlsFiles;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: io::Error,
    },
    /// Nothing in it that is looked for.
    #[error("{}: there is no {what} in it; it must be PEM (-----BEGIN …)", path.display())]
    Nothing {
        /// In which file.
        path: PathBuf,
        /// What is looked for.
        what: &'static str,
    },
    /// Certificate and key are of two pairs.
    #[error("the key in {} does not belong to the first certificate in {}", key.display(), cert.display())]
    Mismatch {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The certificate or the key is of a kind that cannot be used.
    #[error("{}: {why}", path.display())]
    Unusable {
        /// In which file.
        path: PathBuf,
        /// What the library says.
        why: rustls::Error,
    },
}

/// Whether a file is the one that was read: time, size and inode.
type Stamp = [Option<(i64, i64, u64, u64)>; 2];

/// The certificate in use.
#[derive(Debug)]
pub struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads certificate and key; warns of a key that others can read.
    pub fn open(files: &TlsFiles) -> Result<Arc<Self>, CertificateError> {
        let (cert, key) = (files.cert.value.clone(), files.key.value.clone());
        let current = RwLock::new(Arc::new(read(&cert, &key)?));
        let it = Self { cert, key, current };
        if others_can_read(&it.key) {
            tracing::warn!(
                "{} can be read by every user of this machine: chmod 600 it, or 640 for a group of its own",
                it.key.display()
            );
        }
        Ok(Arc::new(it))
    }

    /// Reads the files again. Whatever is wrong with them, the certificate in use stays.
    pub fn reload(&self) -> Result<(), CertificateError> {
        let fresh = Arc::new(read(&self.cert, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// What accepts connections with it: TLS 1.2 and 1.3, HTTP/1.1.
    pub fn acceptor(self: &Arc<Self>) -> anyhow::Result<TlsAcceptor> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn stamp(&self) -> Stamp {
        [&self.cert, &self.key].map(|path| {
            let found = fs::metadata(path).ok()?;
            Some((found.mtime(), found.mtime_nsec(), found.size(), found.ino()))
        })
    }

    fn replace(&self) {
        match self.reload() {
            Ok(()) => tracing::info!(file = %self.cert.display(), "the certificate was read again"),
            Err(error) => {
                tracing::warn!(%error, "the new certificate cannot be used; the old one stays in use");
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Reads the certificate again when its files change and on SIGHUP, until the broker stops.
pub async fn watch(certificate: Arc<Certificate>, stopping: CancellationToken) {
    let mut hangup = signal(SignalKind::hangup()).inspect_err(|error| {
        tracing::warn!(%error, "SIGHUP cannot be heard; the certificate is read again when its files change");
    });
    let mut stamp = certificate.stamp();
    loop {
        let asked = tokio::select! {
            () = heard(hangup.as_mut().ok()) => true,
            () = sleep(LOOK) => false,
            () = stopping.cancelled() => return,
        };
        // Before reading: what changes meanwhile is seen the next time.
        let found = certificate.stamp();
        if asked || found != stamp {
            stamp = found;
            certificate.replace();
        }
    }
}

async fn heard(hangup: Option<&mut Signal>) {
    match hangup {
        Some(hangup) => drop(hangup.recv().await),
        None => std::future::pending().await,
    }
}

fn read(cert: &Path, key: &Path) -> Result<CertifiedKey, CertificateError> {
    let bytes =
        |path: &Path| fs::read(path).map_err(|why| CertificateError::File { path: path.to_owned(), why });
    let nothing = |path: &Path, what| CertificateError::Nothing { path: path.to_owned(), what };
    let chain = CertificateDer::pem_slice_iter(&bytes(cert)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|it| !it.is_empty()).ok_or_else(|| nothing(cert, "certificate"))?;
    let secret = PrivateKeyDer::from_pem_slice(&zeroize::Zeroizing::new(bytes(key)?));
    let secret = secret.map_err(|_| nothing(key, "private key"))?;
    let signing = aws_lc_rs::default_provider().key_provider.load_private_key(secret);
    let signing = signing.map_err(|why| CertificateError::Unusable { path: key.to_owned(), why })?;
    let pair = CertifiedKey::new(chain, signing);
    match pair.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(pair),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(CertificateError::Mismatch { cert: cert.to_owned(), key: key.to_owned() })
        }
        Err(why) => Err(CertificateError::Unusable { path: cert.to_owned(), why }),
    }
}

/// Whether every user of the machine can read a file.
pub fn others_can_read(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|it| it.mode() & 0o007 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;
    use std::os::unix::fs::PermissionsExt as _;
    use tempfile::TempDir;

    struct Pair(TlsFiles, #[expect(dead_code, reason = "it keeps the folder")] TempDir);

    fn pair() -> Pair {
        let dir = TempDir::new().unwrap();
        let file = |name: &str| Setting::by_default(dir.path().join(name));
        let files = TlsFiles { cert: file("cert.pem"), key: file("key.pem") };
        let it = Pair(files, dir);
        it.write();
        it
    }

    impl Pair {
        fn write(&self) {
            let made = rcgen::generate_simple_self_signed(["sign.example".to_owned()]).unwrap();
            fs::write(&self.0.cert.value, made.cert.pem()).unwrap();
            fs::write(&self.0.key.value, made.signing_key.serialize_pem()).unwrap();
        }

        fn refused(&self) -> String {
            Certificate::open(&self.0).unwrap_err().to_string()
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let it = pair();
        let key = fs::read_to_string(&it.0.key.value).unwrap();
        let cert = fs::read_to_string(&it.0.cert.value).unwrap();
        assert!(Certificate::open(&it.0).is_ok());
        // The chain and the key may stand in one file.
        fs::write(&it.0.cert.value, format!("{key}{cert}")).unwrap();
        assert!(Certificate::open(&it.0).is_ok());
        for wrong in ["", "no PEM", &key, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
            fs::write(&it.0.cert.value, wrong).unwrap();
            let told = it.refused();
            assert!(told.contains("cert.pem: there is no certificate in it"), "{told}");
        }
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        fs::write(&it.0.cert.value, garbage).unwrap();
        assert!(it.refused().contains("cert.pem: "), "{}", it.refused());
        fs::write(&it.0.cert.value, &cert).unwrap();
        fs::write(&it.0.key.value, &cert).unwrap();
        assert!(it.refused().contains("key.pem: there is no private key in it"), "{}", it.refused());
        fs::write(&it.0.key.value, key.replace("MIG", "MIA")).unwrap();
        assert!(it.refused().contains("key.pem: "), "{}", it.refused());
        let other = pair();
        fs::copy(&other.0.key.value, &it.0.key.value).unwrap();
        assert!(it.refused().contains("does not belong to the first certificate"), "{}", it.refused());
        fs::remove_file(&it.0.key.value).unwrap();
        let told = it.refused();
        assert!(told.contains("key.pem: No such file"), "{told}");
        assert!(!told.contains("BEGIN"));
    }

    #[test]
    fn a_broken_new_file_keeps_the_old_certificate() {
        let it = pair();
        let certificate = Certificate::open(&it.0).unwrap();
        let used = || certificate.current.read().unwrap().cert[0].to_vec();
        let (first, before) = (used(), certificate.stamp());
        fs::write(&it.0.cert.value, "half a fi").unwrap();
        assert!(certificate.reload().is_err());
        assert_eq!(used(), first);
        assert_ne!(certificate.stamp(), before);
        it.write();
        certificate.reload().unwrap();
        assert_ne!(used(), first);
    }

    #[test]
    fn a_key_for_everybody_is_noticed() {
        let it = pair();
        for (mode, open) in [(0o600, false), (0o640, false), (0o644, true), (0o604, true)] {
            fs::set_permissions(&it.0.key.value, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(others_can_read(&it.0.key.value), open, "{mode:o}");
        }
    }
}
