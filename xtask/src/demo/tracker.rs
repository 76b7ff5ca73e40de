//! A small issue tracker that demands its API key: what the demo's agent works on, through the broker.
//!
//! It lives in a thread of the demo, keeps its issues in memory, and is gone with the demo.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

/// The header that must hold the key.
const HEADER: &str = "x-api-key";

type Projects = BTreeMap<&'static str, BTreeMap<u32, Issue>>;
type Shared = State<Arc<Desk>>;
type Answer = Result<(StatusCode, Json<Issue>), StatusCode>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    pub number: u32,
    pub title: &'static str,
    pub state: &'static str,
    pub comments: Vec<String>,
}

struct Desk {
    key: String,
    projects: Mutex<Projects>,
    served: AtomicUsize,
}

/// A tracker that runs.
pub struct Tracker {
    pub address: SocketAddr,
    desk: Arc<Desk>,
}

impl Tracker {
    /// Starts it on a free port of this machine.
    pub fn start(key: String) -> Result<Self> {
        let desk = Arc::new(Desk { key, projects: Mutex::new(projects()), served: AtomicUsize::new(0) });
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let routes = routes(&desk);
        thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, routes).await
            })
        });
        Ok(Self { address, desk })
    }

    /// What it answers to somebody without the key.
    pub fn status_without_key(&self) -> Result<u16> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(
            b"GET /projects/acme/site/issues HTTP/1.1\r\nHost: tracker\r\nConnection: close\r\n\r\n",
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.context("the demo's tracker answers no HTTP")
    }

    /// How many requests had the key.
    pub fn served(&self) -> usize {
        self.desk.served.load(Ordering::Relaxed)
    }

    /// An issue as it stands, if it is there.
    pub fn issue(&self, project: &str, number: u32) -> Option<Issue> {
        self.desk.lock().get(project)?.get(&number).cloned()
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Projects> {
        self.projects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with an issue and shows it, or says 404.
    fn with(&self, (owner, project, number): At, status: StatusCode, act: impl FnOnce(&mut Issue)) -> Answer {
        let mut projects = self.lock();
        let project = projects.get_mut(format!("{owner}/{project}").as_str());
        let issue = project.and_then(|issues| issues.get_mut(&number)).ok_or(StatusCode::NOT_FOUND)?;
        act(issue);
        Ok((status, Json(issue.clone())))
    }
}

/// Owner, project, number.
type At = (String, String, u32);

#[expect(clippy::disallowed_methods, reason = "the one table is the broker's; this is not the broker")]
fn routes(desk: &Arc<Desk>) -> Router {
    let issue = "/projects/{owner}/{project}/issues/{issue}";
    Router::new()
        .route("/projects/{owner}/{project}/issues", get(list))
        .route(issue, get(read).delete(remove))
        .route(&format!("{issue}/comments"), post(comment))
        .route(&format!("{issue}/close"), post(close))
        .layer(middleware::from_fn_with_state(desk.clone(), demand_key))
        .with_state(desk.clone())
}

async fn demand_key(State(desk): Shared, request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER);
    if given.is_none_or(|given| given.as_bytes() != desk.key.as_bytes()) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "X-Api-Key is missing or wrong"})))
            .into_response();
    }
    desk.served.fetch_add(1, Ordering::Relaxed);
    next.run(request).await
}

async fn list(
    State(desk): Shared,
    Path((owner, project)): Path<(String, String)>,
) -> Result<Json<Vec<Issue>>, StatusCode> {
    let projects = desk.lock();
    let issues = projects.get(format!("{owner}/{project}").as_str()).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(issues.values().cloned().collect()))
}

async fn read(State(desk): Shared, Path(at): Path<At>) -> Answer {
    desk.with(at, StatusCode::OK, |_| ())
}

async fn comment(State(desk): Shared, Path(at): Path<At>, Json(comment): Json<Value>) -> Answer {
    let text = comment["text"].as_str().ok_or(StatusCode::UNPROCESSABLE_ENTITY)?;
    desk.with(at, StatusCode::CREATED, |issue| issue.comments.push(text.to_owned()))
}

async fn close(State(desk): Shared, Path(at): Path<At>) -> Answer {
    desk.with(at, StatusCode::OK, |issue| issue.state = "closed")
}

async fn remove(State(desk): Shared, Path((owner, project, number)): Path<At>) -> Answer {
    let mut projects = desk.lock();
    let issues = projects.get_mut(format!("{owner}/{project}").as_str()).ok_or(StatusCode::NOT_FOUND)?;
    let removed = issues.remove(&number).ok_or(StatusCode::NOT_FOUND)?;
    Ok((StatusCode::OK, Json(removed)))
}

fn projects() -> Projects {
    let issues = |titles: &[&'static str]| {
        let issue = |(number, title)| (number, Issue { number, title, state: "open", comments: Vec::new() });
        (1..).zip(titles.iter().copied()).map(issue).collect()
    };
    BTreeMap::from([
        ("acme/site", issues(&["The search page is slow", "Typo on the start page", "Dark mode"])),
        ("acme/billing", issues(&["Invoices round to whole euros"])),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(tracker: &Tracker, key: &str, line: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(tracker.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: tracker\r\nX-Api-Key: {key}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn nothing_is_served_without_the_key() {
        let tracker = Tracker::start("key".to_owned()).unwrap();
        assert_eq!(tracker.status_without_key().unwrap(), 401);
        let removed = ask(&tracker, "yek", "DELETE /projects/acme/site/issues/2", "");
        assert!(removed.starts_with("HTTP/1.1 401"), "{removed}");
        assert_eq!(tracker.served(), 0);
        assert!(tracker.issue("acme/site", 2).is_some());
    }

    #[test]
    fn with_the_key_everything_works() {
        let tracker = Tracker::start("key".to_owned()).unwrap();
        let ask = |line: &str, body: &str| ask(&tracker, "key", line, body);
        assert!(ask("GET /projects/acme/site/issues", "").contains("Dark mode"));
        assert!(ask("GET /projects/acme/site/issues/9", "").starts_with("HTTP/1.1 404"));
        assert!(ask("GET /projects/acme/shop/issues", "").starts_with("HTTP/1.1 404"));
        let comment = ask("POST /projects/acme/site/issues/2/comments", r#"{"text":"Fixed"}"#);
        assert!(comment.starts_with("HTTP/1.1 201"), "{comment}");
        ask("POST /projects/acme/site/issues/2/close", "");
        let issue = tracker.issue("acme/site", 2).unwrap();
        assert_eq!((issue.state, issue.comments), ("closed", vec!["Fixed".to_owned()]));
        assert!(ask("DELETE /projects/acme/site/issues/2", "").contains("Typo"));
        assert_eq!(tracker.issue("acme/site", 2), None);
        assert_eq!(tracker.served(), 6);
    }
}
