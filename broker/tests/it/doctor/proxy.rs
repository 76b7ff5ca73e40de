//! A proxy in front that speaks TLS, and gets one thing wrong at a time.

use crate::cli::{Operator, Serving};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// What the proxy makes of a head, on the way in and on the way out.
#[derive(Clone, Copy)]
struct Manners {
    inwards: fn(&str) -> String,
    outwards: fn(&str) -> String,
}

const GOOD: Manners = Manners { inwards: said, outwards: unchanged };

fn unchanged(head: &str) -> String {
    head.to_owned()
}

/// As nginx does with the lines of docs/network.md.
fn said(head: &str) -> String {
    let said = "\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n";
    head.replacen("\r\n\r\n", said, 1)
}

fn without(head: &str, name: &str) -> String {
    let name = format!("{name}:");
    head.split("\r\n").filter(|line| !line.to_lowercase().starts_with(&name)).collect::<Vec<_>>().join("\r\n")
}

/// A proxy with a certificate for localhost of an authority of its own.
struct Proxy {
    port: u16,
    authority: String,
    manners: Arc<Mutex<Manners>>,
    to: Arc<Mutex<Option<SocketAddr>>>,
}

impl Proxy {
    async fn start() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let cert = CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = builder.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let it = Self {
            port: listener.local_addr().unwrap().port(),
            authority: authority.pem(),
            manners: Arc::new(Mutex::new(GOOD)),
            to: Arc::default(),
        };
        let (manners, to, acceptor) =
            (it.manners.clone(), it.to.clone(), TlsAcceptor::from(Arc::new(config)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manners, to, acceptor) =
                    (*manners.lock().unwrap(), *to.lock().unwrap(), acceptor.clone());
                tokio::spawn(
                    async move { pass(acceptor.accept(stream).await.ok()?, to?, manners).await.ok() },
                );
            }
        });
        it
    }
}

async fn pass(
    mut from: tokio_rustls::server::TlsStream<TcpStream>,
    to: SocketAddr,
    manners: Manners,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await?);
    }
    let mut broker = TcpStream::connect(to).await?;
    broker.write_all((manners.inwards)(std::str::from_utf8(&head).unwrap()).as_bytes()).await?;
    let mut answer = Vec::new();
    broker.read_to_end(&mut answer).await?;
    from.write_all((manners.outwards)(std::str::from_utf8(&answer).unwrap()).as_bytes()).await?;
    from.shutdown().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_proxy_gets_wrong_is_named() {
    let proxy = Proxy::start().await;
    let operator = Operator::new();
    let (url, ca) = (format!("https://localhost:{}", proxy.port), operator.write("ca.pem", &proxy.authority));
    let trusting = ["--trusted-proxy", "127.0.0.1"];
    let seen = |trust: &[&str]| {
        let args = [&["serve", "--listen", "127.0.0.1:0", "--public-url", &url, "--upstream-ca", &ca], trust]
            .concat();
        let serving = Serving::start(operator.command(&args));
        *proxy.to.lock().unwrap() = serving.greeting.trim_end().rsplit('/').next().unwrap().parse().ok();
        let output = operator.command(&["doctor", "--json"]).output().unwrap();
        serving.stop();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap().clone();
        let about = ["public url", "proxy", "cookies", "proxy certificate"];
        checks.into_iter().filter(|it| about.contains(&it["name"].as_str().unwrap())).collect::<Vec<_>>()
    };
    let said = |checks: &[Value], name: &str, verdict: &str, part: &str| {
        let found = checks.iter().find(|it| it["name"] == name && it["verdict"] == verdict);
        assert!(found.is_some_and(|it| it["what"].as_str().unwrap().contains(part)), "{part}: {checks:#?}");
    };
    let checks = seen(&trusting);
    assert!(checks.iter().all(|it| it["verdict"] == "ok") && checks.len() == 5, "{checks:#?}");
    said(&checks, "proxy certificate", "ok", "is for localhost until ");
    said(&seen(&[]), "proxy", "warning", "is in front and is not trusted");

    let cases: [(Manners, &str, &str, &str); 5] = [
        (Manners { inwards: said_plain, ..GOOD }, "public url", "failure", "arrive as plain http"),
        (Manners { inwards: other_host, ..GOOD }, "public url", "failure", "arrive for the host inner"),
        (
            Manners { inwards: |it| without(&self::said(it), "cookie"), ..GOOD },
            "cookies",
            "failure",
            "does not come back",
        ),
        (
            Manners { outwards: |it| without(it, "set-cookie"), ..GOOD },
            "cookies",
            "failure",
            "is changed on the way",
        ),
        (
            Manners { inwards: |it| without(&self::said(it), "x-forwarded-for"), ..GOOD },
            "proxy",
            "warning",
            "does not say for whom",
        ),
    ];
    for (manners, name, verdict, part) in cases {
        *proxy.manners.lock().unwrap() = manners;
        said(&seen(&trusting), name, verdict, part);
    }
}

fn said_plain(head: &str) -> String {
    said(head).replace("Proto: https", "Proto: http")
}

fn other_host(head: &str) -> String {
    let inner = without(&said(head), "host");
    inner.replacen("\r\n", "\r\nHost: inner:8420\r\n", 1)
}
