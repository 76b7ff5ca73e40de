//! Whose page asks: what other pages may have, by what their browsers say of them.

use super::{
    cast::anonymous,
    forms::fields,
    support::{Front, on_each_front, wide},
    wire::status,
};
use axum::body::Body;
use broker::http::{Access, table};
use protocol::{RequestView, access::RequestStatus};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

on_each_front!(
    another_page_may_lead_here_and_load_nothing,
    a_forged_origin_decides_nothing,
    a_websocket_is_opened_by_no_page,
);

const OWN: &str = "http://localhost:8420";
/// None of them is our own, however much it looks like it.
const FORGED: [&str; 16] = [
    "null",
    "",
    "*",
    "http://localhost",
    "http://localhost:3000",
    "http://localhost:84200",
    "http://localhost:8420/",
    "http://localhost.:8420",
    "http://localhost:8420.evil.example",
    "http://evil.example#http://localhost:8420",
    "http://localhost:8420@evil.example",
    "HTTP://LOCALHOST:8420",
    "https://localhost:8420",
    "http://127.0.0.1:8420",
    "http://[::1]:8420",
    "http://localhost:8420, http://evil.example",
];

/// What a browser says of a request by site, mode and destination, and what comes of it: whether it is let in.
const SAID: [(&str, &str, &str, bool); 18] = [
    ("same-origin", "navigate", "document", true),
    ("same-origin", "cors", "empty", true),
    ("none", "navigate", "document", true),
    ("same-site", "navigate", "document", true),
    ("cross-site", "navigate", "document", true),
    ("same-site", "navigate", "iframe", false),
    ("cross-site", "navigate", "iframe", false),
    ("cross-site", "navigate", "frame", false),
    ("cross-site", "navigate", "object", false),
    ("same-site", "navigate", "embed", false),
    ("same-site", "cors", "empty", false),
    ("same-site", "no-cors", "empty", false),
    ("same-site", "no-cors", "image", false),
    ("cross-site", "no-cors", "script", false),
    ("cross-site", "no-cors", "document", false),
    ("cross-site", "websocket", "empty", false),
    ("Same-Origin", "cors", "empty", false),
    ("", "", "", false),
];

async fn another_page_may_lead_here_and_load_nothing(front: &Front) {
    let pages = table()
        .into_iter()
        .filter(|it| it.method == "GET" && matches!(it.access, Access::Browser | Access::Visitor));
    let pages: Vec<_> = pages.map(|it| it.path).collect();
    assert!(pages.len() > 30 && pages.contains(&"/events"), "{pages:?}");
    for path in pages {
        let path = path.replace("{id}", "issues").replace("{chain}", "none").replace("{seq}", "1");
        let asked = async |headers: &[(&str, &str)]| {
            let from = front.admin.with_cookie(front);
            let asking = headers.iter().fold(from, |asking, (name, value)| asking.header(name, value));
            // Some have no end.
            asking.open("GET", &path, Body::empty()).await
        };
        for (site, mode, dest, let_in) in SAID {
            let said = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
            let heard = asked(&said).await;
            assert_eq!(heard.status() != 403, let_in, "{path} for {site} {mode} {dest}: {}", heard.status());
        }
        let twice = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")];
        assert_eq!(asked(&twice).await.status(), 403, "{path}");
        // Browsers that say none of it: a link has no origin, what loads across origins may have one.
        assert_ne!(asked(&[]).await.status(), 403, "{path}");
        assert_ne!(asked(&[("origin", OWN)]).await.status(), 403, "{path}");
        for origin in FORGED {
            assert_eq!(asked(&[("origin", origin)]).await.status(), 403, "{path} for {origin}");
        }
    }
    // It says so, as a page.
    let framed = front.admin.with_cookie(front).header("sec-fetch-site", "cross-site").get("/stop-all").await;
    assert!(framed.text().contains("neither load nor frame it. Nothing was done."), "{}", framed.text());
    assert_eq!(
        (framed.header("x-frame-options"), framed.header("cross-origin-resource-policy")),
        ("DENY", "same-origin")
    );
}

async fn a_forged_origin_decides_nothing(front: &Front) {
    let asked = front.ask(&front.agent, &[wide("issues")]).await;
    let path = format!("/requests/{}/approve", asked.id);
    let page = front.approver.in_browser(front).get(&format!("/requests/{}?review=1", asked.id)).await;
    let approve = fields(&page.text(), &path);
    let approve: Vec<_> = approve.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    front.wait(800);
    let sees = async || {
        let view: RequestView = front.agent.at(front).get(&format!("/v1/requests/{}", asked.id)).await.good();
        view.status
    };
    for origin in FORGED {
        let heard = front.approver.with_cookie(front).header("origin", origin).form(&path, &approve).await;
        assert_eq!(heard.status, 403, "{origin}");
    }
    let twice = front.approver.with_cookie(front).header("origin", OWN).header("origin", OWN);
    assert_eq!(twice.form(&path, &approve).await.status, 403);
    // Without the cookie, before anything is said about who is missing.
    assert_eq!(anonymous(front).header("origin", FORGED[0]).form(&path, &approve).await.status, 403);
    assert_eq!(sees().await, RequestStatus::Pending);
    let own = front.approver.with_cookie(front).header("origin", OWN).form(&path, &approve).await;
    assert_eq!((own.status.as_u16(), sees().await), (303, RequestStatus::Approved));
}

async fn a_websocket_is_opened_by_no_page(front: &Front) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(broker::http::serve(front.app.clone(), listener));
    let open = async |headers: &str| {
        let head = format!(
            "GET /v1/events HTTP/1.1\r\nHost: localhost:8420\r\nAuthorization: Bearer {}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: BwcHBwcHBwcHBwcHBwcHBw==\r\n{headers}\r\n",
            front.agent.token
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        status(&String::from_utf8_lossy(&answer))
    };
    assert_eq!(open("").await, 101, "an agent is no page");
    assert_eq!(open(&format!("Origin: {OWN}\r\n")).await, 101);
    for origin in FORGED {
        assert_eq!(open(&format!("Origin: {origin}\r\n")).await, 403, "{origin}");
    }
    assert_eq!(open(&format!("Origin: {OWN}\r\nOrigin: {OWN}\r\n")).await, 403);
    front.app.stopping.cancel();
    server.await.unwrap().unwrap();
}
