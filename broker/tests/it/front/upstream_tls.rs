//! Services behind TLS: a certificate that leads to a trusted authority and names the host, or nothing is sent.

use super::{
    support::{Front, line, on_each_front, run_with},
    wire::{OK, Wire, read_tls_request},
};
use crate::support::installation::CANARY;
use async_trait::async_trait;
use broker::{egress::Resolve, store::Engine};
use protocol::problem::Code;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;

on_each_front!(alone: only_a_good_certificate_gets_the_credential);

const HOST: &str = "tls.example.com";

/// Every name is this machine.
struct Here;

#[async_trait]
impl Resolve for Here {
    async fn resolve(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server's certificate for a name, valid from one year to another.
fn server(by: Option<&Authority>, name: &str, years: (i32, i32)) -> ServerConfig {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    let key = KeyPair::generate().unwrap();
    let certificate = match by {
        Some(by) => params.signed_by(&key, by).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap()
}

/// A service that shakes hands with this, and keeps the requests it can read.
async fn service(config: ServerConfig) -> (Wire, Arc<Mutex<Vec<String>>>) {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = seen.clone();
    let wire = Wire::serving(move |stream| {
        let (acceptor, kept) = (acceptor.clone(), kept.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let name = stream.get_ref().1.server_name().unwrap_or_default().to_owned();
            let request = read_tls_request(&mut stream).await;
            if !request.is_empty() {
                kept.lock().unwrap().push(format!("{name} {request}"));
                let _ = stream.write_all(OK).await;
                let _ = stream.shutdown().await;
            }
        }
    })
    .await;
    (wire, seen)
}

async fn only_a_good_certificate_gets_the_credential(engine: Engine) {
    let (trusted, other) = (authority(), authority());
    let root: CertificateDer<'static> = trusted.der().clone();
    let change = |parts: &mut broker::app::Parts| {
        parts.resolver = Arc::new(Here);
        parts.authorities = vec![root.clone()];
    };
    run_with(engine, &change, async |front: &Front| {
        let now = (2020, 2120);
        let cases = [
            ("good", server(Some(&trusted), HOST, now), true),
            ("wildcard", server(Some(&trusted), "*.example.com", now), true),
            ("self-signed", server(None, HOST, now), false),
            ("stranger", server(Some(&other), HOST, now), false),
            ("other-host", server(Some(&trusted), "other.example.com", now), false),
            ("too-wild", server(Some(&trusted), "*.com", now), false),
            ("address", server(Some(&trusted), "127.0.0.1", now), false),
            ("expired", server(Some(&trusted), HOST, (2020, 2021)), false),
            ("not-yet", server(Some(&trusted), HOST, (2110, 2120)), false),
        ];
        for (name, config, good) in cases {
            let (wire, seen) = service(config).await;
            let port = wire.origin().rsplit(':').next().unwrap().to_owned();
            let origin = format!("https://{HOST}:{port}");
            front.service(name, &origin, true, &[(name, None)]).await;
            let session = front.session_of(&front.direct, &[line(name, &["items.read"], None)], 3_600).await;
            let heard = front.with(&session.token).get(&format!("/proxy/{name}/projects/acme/items")).await;
            let seen = || seen.lock().unwrap().clone();
            if good {
                assert_eq!((heard.status.as_u16(), heard.text().as_str()), (200, "ok"), "{name}");
                let [request] = &seen()[..] else { panic!("{name}: {:?}", seen()) };
                assert!(
                    request.starts_with(&format!("{HOST} GET /projects/acme/items HTTP/1.1")),
                    "{request}"
                );
                assert!(
                    request.contains(CANARY) && request.contains(&format!("host: {HOST}:{port}")),
                    "{request}"
                );
            } else {
                let problem = heard.refused(502, Code::UpstreamFailed);
                assert!(
                    problem.detail.contains("(upstream_tls_failed). Nothing was sent"),
                    "{name} {problem:?}"
                );
                assert_eq!(front.last_call(&session.grant).await.kind, "call.not_sent");
                assert_eq!(seen(), Vec::<String>::new(), "{name}");
            }
        }
    })
    .await;
}
