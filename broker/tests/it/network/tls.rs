//! The broker's own TLS.

use super::{ask_on, get, listen, status};
use crate::front::support::{Front, on_each_front};
use broker::{
    config::{Setting, TlsFiles},
    net::{Certificate, Network},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use std::{fs, net::SocketAddr, path::Path, sync::Arc};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

on_each_front!(the_certificate_is_replaced_under_open_connections, what_is_no_tls_gets_no_answer);

/// Writes a new certificate for `localhost` and its key; gives the certificate.
pub fn write_pair(folder: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.pem()
}

/// Connects as somebody who trusts only this certificate.
pub async fn connect(address: SocketAddr, trusted: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

fn open(folder: &TempDir) -> (Arc<Certificate>, Network) {
    let file = |name: &str| Setting::by_default(folder.path().join(name));
    let certificate = Certificate::open(&TlsFiles { cert: file("cert.pem"), key: file("key.pem") }).unwrap();
    let network = Network { tls: Some(certificate.acceptor().unwrap()), ..Network::default() };
    (certificate, network)
}

async fn the_certificate_is_replaced_under_open_connections(front: &Front) {
    let folder = TempDir::new().unwrap();
    let first = write_pair(folder.path());
    let (certificate, network) = open(&folder);
    let address = listen(front, network).await;
    let me = get("/v1/me", &format!("Host: localhost\r\nAuthorization: Bearer {}\r\n", front.agent.token));
    let live = get("/livez", "Host: localhost\r\n");

    let mut old = connect(address, &first).await.unwrap();
    assert_eq!(old.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert_eq!(status(&ask_on(&mut old, &live).await.unwrap()), "200");
    let second = write_pair(folder.path());
    certificate.reload().unwrap();
    assert!(connect(address, &first).await.is_err(), "the new certificate is in use");
    let mut new = connect(address, &second).await.unwrap();
    assert_eq!(status(&ask_on(&mut new, &me).await.unwrap()), "200");
    let still = ask_on(&mut old, &me).await.unwrap();
    assert!(still.contains("HTTP/1.1 200"), "the rest of the first answer, and the second: {still}");

    fs::write(folder.path().join("cert.pem"), "broken").unwrap();
    assert!(certificate.reload().is_err());
    connect(address, &second).await.unwrap();
    front.app.stopping.cancel();
}

async fn what_is_no_tls_gets_no_answer(front: &Front) {
    let folder = TempDir::new().unwrap();
    let trusted = write_pair(folder.path());
    let (_certificate, network) = open(&folder);
    let connections = network.connections.clone();
    let address = listen(front, network).await;
    let mut plain = TcpStream::connect(address).await.unwrap();
    let answer = ask_on(&mut plain, &get("/livez", "Host: localhost\r\n")).await;
    assert!(answer.is_err(), "{answer:?}");
    // Who begins a handshake and never ends it stands in nobody's way.
    let _silent = TcpStream::connect(address).await.unwrap();
    let mut stream = connect(address, &trusted).await.unwrap();
    assert_eq!(status(&ask_on(&mut stream, &get("/livez", "Host: localhost\r\n")).await.unwrap()), "200");
    assert!(connections.counts().unproven >= 2);
    front.app.stopping.cancel();
}
