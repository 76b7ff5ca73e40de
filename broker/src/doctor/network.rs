//! The broker's own TLS: the certificate that the files hold now.

use super::{Check, Patient, probe::Leaf};
use crate::net::{Certificate, others_can_read};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

const NAME: &str = "certificate";

pub(super) fn look(it: &Patient<'_>) -> Vec<Check> {
    let Some(tls) = &it.config.network.tls else { return Vec::new() };
    // That certificate and key belong together is among the settings; what is broken there has been said.
    if Certificate::open(tls).is_err() {
        return Vec::new();
    }
    let Some(Ok(first)) = CertificateDer::pem_file_iter(&tls.cert.value).ok().and_then(|mut it| it.next())
    else {
        return Vec::new();
    };
    let mut checks = vec![Leaf::of(&first).judge(NAME, &it.config.server.public_url.value, it.clock.now())];
    let key = &tls.key.value;
    if others_can_read(key) {
        let what = format!("every user of this machine can read {}", key.display());
        checks.push(Check::failure(
            "certificate key",
            what,
            format!("chmod 600 {}; then get a new key", key.display()),
        ));
    } else {
        checks.push(Check::ok("certificate key", "is for its owner or group alone"));
    }
    checks
}
