//! Where a name leads: a service that may not reach private networks reaches none by any spelling, and a name server that
//! changes its mind gains nothing.

use super::{
    support::{Front, line, on_each_front, run_with},
    wire::{OK, Wire},
};
use async_trait::async_trait;
use broker::{
    egress::{ConnectError, Destination, EgressError, Origin, Outgoing, Resolve, Silence, SystemResolver},
    services::{Wanted, apply::changes},
    store::Engine,
};
use http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use protocol::problem::Code;
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

on_each_front!(no_spelling_leads_inside);
mod alone {
    super::on_each_front!(alone: a_name_that_changes_its_mind_gains_nothing);
    use super::a_name_that_changes_its_mind_gains_nothing;
}

/// Hosts that lead to this machine, this network, a metadata service, or nowhere good.
const INSIDE: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0",
    "0.0.0.0",
    "0x7f000001",
    "0x7f.1",
    "0X7F.0.0.1",
    "017700000001",
    "0177.0.0.1",
    "2130706433",
    "127.0.0.1.",
    "127.0.0.01",
    "127.0x0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[2001::80ff:fffe]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fe80::1%lo]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[100::1]",
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1",
    "169.254.169.254",
    "169.254.1.1",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.254.170.2",
    "168.63.129.16",
    "100.64.0.1",
    "100.127.255.255",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "\u{2460}\u{2461}\u{2466}.\u{24ea}.\u{24ea}.\u{2460}",
    "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
    "127\u{3002}0\u{3002}0\u{3002}1",
    "127.0.0.1%00.example.com",
    "127.0.0.1#.example.com",
    "example.com@127.0.0.1",
    "127.0.0.1\\.example.com",
    "[::1",
    "::1",
    "[::1]x",
    "[127.0.0.1]",
    "",
    ".",
    "..",
    "127.0.0.1:99999",
    "127.0.0.1:",
];

async fn no_spelling_leads_inside(front: &Front) {
    let mut declared = 0;
    for (host, scheme) in INSIDE.iter().flat_map(|host| [(host, "http"), (host, "https")]) {
        let origin = format!("{scheme}://{host}");
        let base = crate::support::installation::definition("inner");
        let services = vec![protocol::services::ServiceDefinition { origin: origin.clone(), ..base }];
        let wanted = Wanted { services, ..Wanted::default() };
        let may_be_declared = changes(&front.app, &wanted).await.is_ok();
        declared += usize::from(may_be_declared);
        // Whether or not it may be declared: the client refuses it by itself.
        let Ok(parsed) = Origin::parse(&origin) else {
            assert!(!may_be_declared, "{origin} may be declared and never be called");
            continue;
        };
        assert!(!may_be_declared || parsed.to_string() == origin, "{origin} is called as {parsed}");
        let to = Destination { origin: parsed, allow_private: false, connection: "c".to_owned() };
        let error = front.app.egress.send(&to, get()).await.unwrap_err();
        let refused = matches!(error, EgressError::Connect(ConnectError::Refused(_)));
        // A name that does not exist leads nowhere, either.
        let unknown =
            matches!(error, EgressError::Connect(ConnectError::Resolve(_) | ConnectError::NoAddress));
        assert!(refused || (unknown && host.contains("localhost")), "{origin}: {error}");
        assert!(error.is_not_sent());
    }
    assert!(declared > 20, "only {declared} of them were plain enough to be declared");
}

fn get() -> Outgoing {
    let body = http_body_util::Empty::new().map_err(|never| match never {}).boxed_unsync();
    Outgoing {
        method: Method::GET,
        path_and_query: "/".to_owned(),
        headers: HeaderMap::new(),
        body,
        silence: Silence::Usual,
    }
}

/// Answers with what a test put there; asks the system for everybody else.
#[derive(Clone, Default)]
struct Moody(Arc<Mutex<Vec<SocketAddr>>>);

#[async_trait]
impl Resolve for Moody {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if !host.ends_with(".moody.example") {
            return SystemResolver.resolve(host, port).await;
        }
        let answers = self.0.lock().unwrap().clone();
        if answers.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(answers) }
    }
}

async fn a_name_that_changes_its_mind_gains_nothing(engine: Engine) {
    let moody = Moody::default();
    let put = |parts: &mut broker::app::Parts| parts.resolver = Arc::new(moody.clone());
    run_with(engine, &put, async |front: &Front| {
        let wire = Wire::answering(OK).await;
        let here: SocketAddr = wire.origin().strip_prefix("http://").unwrap().parse().unwrap();
        let port = here.port();
        front.service("inner", &format!("http://in.moody.example:{port}"), true, &[("inner", None)]).await;
        front.service("outer", &format!("http://out.moody.example:{port}"), false, &[("outer", None)]).await;
        let lines = [line("inner", &["items.read"], None), line("outer", &["items.read"], None)];
        let session = front.session_of(&front.direct, &lines, 3_600).await;
        let call = async |service: &str, answers: &[&str]| {
            let port_of = |ip: &&str| SocketAddr::new(ip.parse().unwrap(), port);
            *moody.0.lock().unwrap() = answers.iter().map(port_of).collect();
            front.with(&session.token).get(&format!("/proxy/{service}/projects/acme/items")).await
        };
        // The opt-in opens what was opted in, call by call.
        for _ in 0..2 {
            assert_eq!(call("inner", &["127.0.0.1"]).await.status, 200);
        }
        let reached = wire.connections();
        assert_eq!(reached, 2);
        let bad: &[(&str, &[&str], &str)] = &[
            ("inner", &["169.254.169.254"], "upstream_address_refused"),
            ("inner", &["127.0.0.1", "169.254.169.254"], "upstream_address_refused"),
            ("inner", &["169.254.169.254", "127.0.0.1"], "upstream_address_refused"),
            ("inner", &["127.0.0.1", "100.100.100.200"], "upstream_address_refused"),
            ("inner", &["0.0.0.0"], "upstream_address_refused"),
            ("inner", &["::"], "upstream_address_refused"),
            ("inner", &["::ffff:127.0.0.1"], "upstream_address_refused"),
            ("inner", &["64:ff9b::7f00:1"], "upstream_address_refused"),
            ("inner", &["fd00:ec2::254"], "upstream_address_refused"),
            ("inner", &["1.1.1.1"], "upstream_plain_http"),
            ("inner", &["127.0.0.1", "1.1.1.1"], "upstream_plain_http"),
            ("inner", &[], "upstream_unreachable"),
            ("outer", &["127.0.0.1"], "upstream_address_refused"),
            ("outer", &["1.1.1.1", "127.0.0.1"], "upstream_address_refused"),
            ("outer", &["10.0.0.1"], "upstream_address_refused"),
            ("outer", &["::1"], "upstream_address_refused"),
            ("outer", &["1.1.1.1"], "upstream_plain_http"),
        ];
        for (service, answers, code) in bad {
            let heard = call(service, answers).await;
            let problem = heard.refused(502, Code::UpstreamFailed);
            assert!(
                problem.detail.contains(&format!("({code}). Nothing was sent")),
                "{answers:?} {problem:?}"
            );
            let end = front.last_call(&session.grant).await;
            assert_eq!((end.kind.as_str(), &end.facts["why"]), ("call.not_sent", &serde_json::json!(code)));
        }
        assert_eq!(wire.connections(), reached, "a refused address was connected to");
        assert_eq!(call("inner", &["127.0.0.1"]).await.status, 200);
    })
    .await;
}
