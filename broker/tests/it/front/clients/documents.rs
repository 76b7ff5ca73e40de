//! Clients that are known by a document: what is fetched, from where, how often, and what is believed of it.

use super::brought;
use crate::front::{
    support::{Front, on_each_front, run_with},
    wire::{Wire, read_tls_request},
};
use crate::support::installation::slug;
use async_trait::async_trait;
use broker::{
    app::Parts,
    clients::{self, AuthMethod, ClientSettings, OAuthClient},
    egress::Resolve,
    fault::Fault,
    store::Engine,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;

on_each_front!(alone:
    as4_a_document_is_taken_remembered_and_fetched_again,
    as4_what_is_no_document_is_refused,
    as4_nobody_waits_for_what_others_have_fetched,
    as4_no_document_comes_from_inside,
    as4_only_hosts_that_the_operator_names,
    as4_documents_can_be_switched_off,
);

/// Where names lead, as a test says; else to this machine.
struct Names(HashMap<&'static str, IpAddr>);

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let address = self.0.get(host).copied().unwrap_or(IpAddr::from([127, 0, 0, 1]));
        Ok(vec![SocketAddr::new(address, port)])
    }
}

type Answers = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// A host of documents behind TLS.
struct Host {
    wire: Wire,
    answers: Answers,
    seen: Arc<Mutex<Vec<String>>>,
    authority: rustls::pki_types::CertificateDer<'static>,
}

const NAME: &str = "client.example.com";

impl Host {
    async fn start() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec![NAME.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config =
            builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (answers, seen): (Answers, Arc<Mutex<Vec<String>>>) = Default::default();
        let (served, kept) = (answers.clone(), seen.clone());
        let wire = Wire::serving(move |stream| {
            let (acceptor, served, kept) = (acceptor.clone(), served.clone(), kept.clone());
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let request = read_tls_request(&mut stream).await;
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                kept.lock().unwrap().push(request);
                match path.as_str() {
                    "/slow" => std::future::pending().await,
                    "/endless" => {
                        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n\"";
                        let _ = stream.write_all(head).await;
                        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
                    }
                    path => {
                        let answer = served.lock().unwrap().get(path).cloned().unwrap_or_else(not_found);
                        let _ = stream.write_all(&answer).await;
                        let _ = stream.shutdown().await;
                    }
                }
            }
        })
        .await;
        Self { wire, answers, seen, authority: authority.der().clone() }
    }

    fn name(&self) -> String {
        format!("{NAME}:{}", self.wire.origin().rsplit(':').next().unwrap())
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.name())
    }

    /// Puts an answer in the place of a path.
    fn put(&self, path: &str, head: &str, body: &str) {
        let answer =
            format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.answers.lock().unwrap().insert(path.to_owned(), answer.into_bytes());
    }

    /// Puts a document there that is good but for a change.
    fn document(&self, path: &str, cache: &str, change: impl FnOnce(&mut Value)) {
        let mut said = json!({
            "client_id": self.url(path),
            "client_name": "Known client",
            "redirect_uris": ["http://localhost/cb", "https://app.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"],
            "logo_uri": "http://169.254.169.254/logo",
        });
        change(&mut said);
        let head = format!("200 OK\r\ncontent-type: application/json\r\ncache-control: {cache}");
        self.put(path, &head, &said.to_string());
    }

    fn fetches(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// A broker that takes documents from here.
    fn change(&self, parts: &mut Parts) {
        parts.resolver = Arc::new(Names(HashMap::new()));
        parts.authorities = vec![self.authority.clone()];
        parts.clients = ClientSettings { hosts: vec![self.name()], ..ClientSettings::default() };
    }
}

fn not_found() -> Vec<u8> {
    b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec()
}

async fn find(front: &Front, url: &str) -> Result<Option<OAuthClient>, String> {
    clients::find(&front.app, url, &slug("otto")).await.map_err(|fault| match fault {
        Fault::Invalid { field, detail } => {
            assert_eq!(field, "client_id");
            detail
        }
        other => panic!("{other}"),
    })
}

async fn as4_a_document_is_taken_remembered_and_fetched_again(engine: Engine) {
    let host = Host::start().await;
    run_with(engine, &|parts| host.change(parts), async |front: &Front| {
        host.document("/c.json", "max-age=300", |_| {});
        let url = host.url("/c.json");
        assert!(clients::find_known(&front.app, &url).await.unwrap().is_none(), "strangers fetch nothing");
        let before = host.fetches();
        let client = find(front, &url).await.unwrap().unwrap();
        assert_eq!((client.name.as_str(), client.auth), ("Known client", AuthMethod::None));
        assert_eq!(client.host().as_deref(), Some(NAME));
        assert!(
            client.may_be_sent_to("http://localhost:5000/cb")
                && !client.may_be_sent_to("https://app.example/")
        );
        find(front, &url).await.unwrap().unwrap();
        assert_eq!(host.fetches(), before + 1, "it is remembered");
        let request = host.seen.lock().unwrap().last().unwrap().to_lowercase();
        assert!(request.starts_with("get /c.json http/1.1") && request.contains("accept: application/json"));
        assert!(!request.contains("authorization") && !request.contains("cookie"), "{request}");
        let rows = "SELECT COUNT(*) FROM oauth_clients";
        assert_eq!(
            crate::support::invariants::count(&front.app.store, rows).await,
            0,
            "nobody brought it along"
        );
        let agent = brought(front, &client, &front.owner).await;
        assert_eq!(agent.id.as_str(), "known-client-otto");
        assert_eq!(crate::support::invariants::count(&front.app.store, rows).await, 1);
        // A document that drops a redirect address is honoured at the next fetch.
        host.document("/c.json", "max-age=300", |it| it["redirect_uris"] = json!(["https://app.example/cb"]));
        assert!(find(front, &url).await.unwrap().unwrap().may_be_sent_to("http://localhost/cb"));
        front.wait(301_000);
        let client = clients::find_known(&front.app, &url).await.unwrap().unwrap();
        assert!(
            !client.may_be_sent_to("http://localhost/cb") && client.may_be_sent_to("https://app.example/cb")
        );
        let changed = "SELECT COUNT(*) FROM audit WHERE kind = 'client.document_changed'";
        assert_eq!(crate::support::invariants::count(&front.app.store, changed).await, 1);
        assert_eq!(brought(front, &client, &front.owner).await.id, agent.id);
        // What cannot be fetched again is not believed any longer; and it is not tried again and again.
        host.put("/c.json", "500 Oops", "");
        front.wait(301_000);
        let tries = host.fetches();
        for _ in 0..5 {
            assert!(find(front, &url).await.unwrap_err().contains("answers 500"));
        }
        assert_eq!(host.fetches(), tries + 1);
        host.document("/c.json", "no-store", |_| {});
        front.wait(61_000);
        find(front, &url).await.unwrap().unwrap();
        find(front, &url).await.unwrap().unwrap();
        assert_eq!(host.fetches(), tries + 2, "for a minute at least");
    })
    .await;
}

async fn as4_nobody_waits_for_what_others_have_fetched(engine: Engine) {
    let host = Host::start().await;
    run_with(engine, &|parts| host.change(parts), async |front: &Front| {
        let url = host.url("/c.json");
        for path in ["/c.json", "/new.json"] {
            host.document(path, "max-age=60", |_| {});
        }
        let client = find(front, &url).await.unwrap().unwrap();
        brought(front, &client, &front.owner).await;
        front.wait(61_000);
        let mallory = slug("mallory");
        let made_up =
            async |at: usize| clients::find(&front.app, &host.url(&format!("/made-up-{at}")), &mallory).await;
        for at in 0..12 {
            assert!(matches!(made_up(at).await, Err(Fault::Invalid { .. })));
        }
        assert!(matches!(made_up(12).await, Err(Fault::TooMany { .. })));
        let before = host.fetches();
        assert!(clients::find_known(&front.app, &url).await.unwrap().is_some(), "it was fetched again");
        assert!(find(front, &host.url("/new.json")).await.unwrap().is_some());
        assert_eq!(host.fetches(), before + 2);
    })
    .await;
}

async fn as4_what_is_no_document_is_refused(engine: Engine) {
    let host = Host::start().await;
    run_with(engine, &|parts| host.change(parts), async |front: &Front| {
        let other = host.url("/other.json");
        host.document("/other-id", "", |it| it["client_id"] = json!(other));
        host.document("/slash", "", |it| it["client_id"] = json!(host.url("/slash/")));
        host.document("/nameless", "", |it| it["client_name"] = json!(null));
        host.document("/homograph", "", |it| it["client_name"] = json!("Cl\u{430}ude"));
        host.document("/nowhere", "", |it| it["redirect_uris"] = json!([]));
        host.document("/script", "", |it| it["redirect_uris"] = json!(["javascript:alert(1)"]));
        host.document("/secret", "", |it| it["token_endpoint_auth_method"] = json!("client_secret_post"));
        host.document("/large", "", |it| it["scope"] = json!("x".repeat(9_000)));
        let json = "200 OK\r\ncontent-type: application/json";
        host.put("/html", "200 OK\r\ncontent-type: text/html", "<p>client</p>");
        host.put("/broken", json, "{");
        host.put("/list", json, "[]");
        host.put(
            "/twice",
            json,
            &format!(r#"{{"client_id":"{other}","client_id":"{}"}}"#, host.url("/twice")),
        );
        host.put("/redirect", &format!("302 Found\r\nlocation: {other}"), "");
        host.put("/moved", &format!("301 Moved\r\nlocation: {}", host.url("/good")), "");
        host.put("/gzip", "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip", "x");
        host.put("/created", "201 Created\r\ncontent-type: application/json", "{}");
        host.document("/good", "", |_| {});
        let cases = [
            ("/other-id", "very address"),
            ("/slash", "very address"),
            ("/nameless", "client_name is missing"),
            ("/homograph", "must not mix scripts"),
            ("/nowhere", "redirect_uris"),
            ("/script", "redirect_uris"),
            ("/secret", "token_endpoint_auth_method"),
            ("/large", "larger than 8192"),
            ("/html", "application/json"),
            ("/broken", "not as it must be"),
            ("/list", "not as it must be"),
            ("/twice", "duplicate field"),
            ("/redirect", "redirect, which is not followed"),
            ("/moved", "redirect, which is not followed"),
            ("/gzip", "not compressed"),
            ("/created", "answers 201"),
            ("/missing", "answers 404"),
            ("/endless", "larger than 8192"),
            ("/slow", "longer than 5 seconds"),
        ];
        for (path, why) in cases {
            front.wait(10_000);
            let told = find(front, &host.url(path)).await.unwrap_err();
            assert!(told.contains(why), "{path}: {told}");
        }
        assert!(
            !host.seen.lock().unwrap().iter().any(|it| it.contains("/other.json") || it.contains("/good "))
        );
        front.wait(10_000);
        assert!(find(front, &host.url("/good")).await.unwrap().is_some());
        // So many fetches from one host in a minute, and then it waits.
        let mut told = Ok(None);
        for number in 0..20 {
            told = clients::find(&front.app, &host.url(&format!("/n{number}")), &slug("otto")).await;
            if matches!(told, Err(Fault::TooMany { .. })) {
                break;
            }
        }
        assert!(matches!(told, Err(Fault::TooMany { .. })), "{told:?}");
    })
    .await;
}

async fn as4_no_document_comes_from_inside(engine: Engine) {
    let host = Host::start().await;
    let inside: HashMap<&str, IpAddr> = [
        ("loopback.example", "127.0.0.1"),
        ("loopback6.example", "::1"),
        ("private.example", "10.0.0.1"),
        ("home.example", "192.168.1.1"),
        ("unique.example", "fd00::1"),
        ("link.example", "169.254.1.1"),
        ("link6.example", "fe80::1"),
        ("metadata.example", "169.254.169.254"),
        ("metadata6.example", "fd00:ec2::254"),
        ("mapped.example", "::ffff:127.0.0.1"),
        ("mapped-metadata.example", "::ffff:169.254.169.254"),
        ("nat64.example", "64:ff9b::7f00:1"),
        ("nothing.example", "0.0.0.0"),
        ("multicast.example", "224.0.0.1"),
    ]
    .into_iter()
    .map(|(name, address)| (name, address.parse().unwrap()))
    .collect();
    let names = inside.clone();
    let change = |parts: &mut Parts| {
        host.change(parts);
        parts.resolver = Arc::new(Names(names.clone()));
        parts.clients = ClientSettings::default();
    };
    run_with(engine, &change, async |front: &Front| {
        let port = host.wire.origin().rsplit(':').next().unwrap().to_owned();
        for name in inside.keys() {
            front.wait(10_000);
            let told = find(front, &format!("https://{name}:{port}/c.json")).await.unwrap_err();
            assert!(told.ends_with("its host has no public address"), "{name}: {told}");
        }
        for literal in ["127.0.0.1", "[::1]", "[::ffff:7f00:1]", "169.254.169.254", "2130706433", "0x7f.1"] {
            let told = find(front, &format!("https://{literal}:{port}/c.json")).await.unwrap_err();
            assert!(told.contains("its address must"), "{literal}: {told}");
        }
        assert_eq!(host.wire.connections(), 0);
    })
    .await;
}

async fn as4_only_hosts_that_the_operator_names(engine: Engine) {
    let host = Host::start().await;
    // Also a host that is named does not lead to a metadata service.
    let change = |parts: &mut Parts| {
        host.change(parts);
        parts.resolver =
            Arc::new(Names(HashMap::from([("metadata.example", IpAddr::from([169, 254, 169, 254]))])));
        parts.clients.hosts.push("metadata.example".to_owned());
    };
    run_with(engine, &change, async |front: &Front| {
        host.document("/c.json", "", |_| {});
        assert!(find(front, &host.url("/c.json")).await.unwrap().is_some());
        let told = find(front, "https://other.example/c.json").await.unwrap_err();
        assert!(told.contains("from other hosts only"), "{told}");
        let told = find(front, &format!("https://{NAME}/c.json")).await.unwrap_err();
        assert!(told.contains("from other hosts only"), "another port is another host: {told}");
        let told = find(front, "https://metadata.example/c.json").await.unwrap_err();
        assert!(told.contains("no public address"), "{told}");
    })
    .await;
}

async fn as4_documents_can_be_switched_off(engine: Engine) {
    let host = Host::start().await;
    let change = |parts: &mut Parts| {
        host.change(parts);
        parts.clients.documents = false;
    };
    run_with(engine, &change, async |front: &Front| {
        host.document("/c.json", "", |_| {});
        assert!(find(front, &host.url("/c.json")).await.unwrap().is_none());
        assert_eq!(host.fetches(), 0);
    })
    .await;
}
