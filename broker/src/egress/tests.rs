//! The guard and the limits against real sockets on loopback.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST};
use http_body_util::{BodyExt as _, Empty, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::address::AddressKind;
use super::*;

/// Answers from a list, then repeats the last one, and counts how often it was asked.
struct Scripted {
    answers: Mutex<VecDeque<SocketAddr>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(answers: &[SocketAddr]) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.iter().copied().collect()), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Resolve for Scripted {
    async fn resolve(&self, _: &str, _: u16) -> std::io::Result<Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        Ok(answer.into_iter().collect())
    }
}

/// An upstream that answers every request with the same bytes, keeps the connection open, and reports what it read:
/// one message for each connection (empty) and one for each request.
struct Upstream {
    address: SocketAddr,
    seen: mpsc::UnboundedReceiver<String>,
}

impl Upstream {
    async fn answering(answer: impl Into<Bytes>) -> Self {
        let answer = answer.into();
        Self::with(move |mut stream, seen| {
            let answer = answer.clone();
            async move {
                while let Some(request) = read_request(&mut stream).await {
                    seen.send(request).unwrap();
                    stream.write_all(&answer).await.unwrap();
                    if answer.is_empty() {
                        return;
                    }
                }
            }
        })
        .await
    }

    async fn with<F, T>(serve: F) -> Self
    where
        F: Fn(TcpStream, mpsc::UnboundedSender<String>) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, seen) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                sender.send(String::new()).unwrap();
                tokio::spawn(serve(stream, sender.clone()));
            }
        });
        Self { address, seen }
    }

    fn seen(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }

    fn to(&self) -> Destination {
        let origin = Origin::parse(&format!("http://upstream.test:{}", self.address.port())).unwrap();
        Destination { origin, allow_private: true, connection: "c1".to_owned() }
    }

    fn egress(&self) -> Egress {
        egress(&Scripted::new(&[self.address]))
    }
}

/// Head and body (by `Content-Length`) of one request.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(request).unwrap();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}

fn egress(resolver: &Arc<Scripted>) -> Egress {
    let limits = EgressLimits {
        connect: Duration::from_millis(400),
        first_byte: Duration::from_millis(800),
        ..EgressLimits::default()
    };
    Egress::new(limits, Arc::clone(resolver) as Arc<dyn Resolve>, Vec::new()).unwrap()
}

fn get(path_and_query: &str) -> Outgoing {
    Outgoing {
        method: Method::GET,
        path_and_query: path_and_query.to_owned(),
        headers: HeaderMap::new(),
        body: Empty::new().map_err(|never| match never {}).boxed_unsync(),
        silence: Silence::Usual,
    }
}

async fn text(answer: Response<ResponseBody>) -> String {
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn socket(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn the_upstream_receives_our_framing_and_the_name() {
    let mut upstream = Upstream::answering(OK).await;
    let mut post = get("/a/b?c=d");
    post.method = Method::POST;
    post.body = Full::new(Bytes::from_static(b"body")).map_err(|never| match never {}).boxed_unsync();
    post.headers.insert(HOST, HeaderValue::from_static("evil.test"));
    post.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("1"));
    post.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    post.headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
    post.headers.insert("x-key", HeaderValue::from_static("k"));
    let answer = upstream.egress().send(&upstream.to(), post).await.unwrap();
    assert_eq!(text(answer).await, "ok");
    let host = upstream.to().origin.authority();
    let expected =
        format!("POST /a/b?c=d HTTP/1.1\r\nx-key: k\r\ncontent-length: 4\r\nhost: {host}\r\n\r\nbody");
    let seen = upstream.seen();
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines[1..].sort();
        lines
    };
    assert_eq!(sorted(&seen[1]), sorted(&expected));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let redirect = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
    let mut upstream = Upstream::answering(redirect).await;
    let answer = upstream.egress().send(&upstream.to(), get("/")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(upstream.seen().len(), 2);
}

#[tokio::test]
async fn connections_are_reused_for_the_same_destination_only() {
    let mut upstream = Upstream::answering(OK).await;
    let egress = upstream.egress();
    let to = upstream.to();
    for _ in 0..3 {
        assert_eq!(text(egress.send(&to, get("/")).await.unwrap()).await, "ok");
    }
    let connections = |seen: Vec<String>| seen.iter().filter(|message| message.is_empty()).count();
    assert_eq!(connections(upstream.seen()), 1);

    let other = Destination { connection: "c2".to_owned(), ..to.clone() };
    text(egress.send(&other, get("/")).await.unwrap()).await;
    assert_eq!(connections(upstream.seen()), 1, "another credential has its own connection");

    let closed = Destination { allow_private: false, ..to.clone() };
    let refused = egress.send(&closed, get("/")).await.unwrap_err();
    assert!(matches!(refused, EgressError::Connect(ConnectError::Refused(AddressKind::Loopback))));
    assert_eq!(upstream.seen(), [""; 0], "the pool of a service with the opt-in is no way around the guard");

    egress.forget("c1");
    text(egress.send(&to, get("/")).await.unwrap()).await;
    assert_eq!(connections(upstream.seen()), 1, "forgotten connections are not reused");
}

#[tokio::test]
async fn a_name_that_changes_its_answer_gains_nothing() {
    let closing = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
    let upstream = Upstream::answering(closing).await;
    let resolver = Scripted::new(&[upstream.address, socket("169.254.169.254:80")]);
    let egress = egress(&resolver);
    assert_eq!(text(egress.send(&upstream.to(), get("/")).await.unwrap()).await, "ok");
    assert_eq!(resolver.asked(), 1, "the name is resolved once for one connection");
    let refused = egress.send(&upstream.to(), get("/")).await.unwrap_err();
    assert!(
        matches!(refused, EgressError::Connect(ConnectError::Refused(AddressKind::Metadata))),
        "{refused}"
    );
    assert!(refused.is_not_sent());
    assert_eq!(refused.code(), "upstream_address_refused");
}

#[tokio::test]
async fn a_pooled_connection_stays_with_its_vetted_address() {
    let upstream = Upstream::answering(OK).await;
    let resolver = Scripted::new(&[upstream.address, socket("169.254.169.254:80")]);
    let egress = egress(&resolver);
    for _ in 0..3 {
        assert_eq!(text(egress.send(&upstream.to(), get("/")).await.unwrap()).await, "ok");
    }
    assert_eq!(resolver.asked(), 1);
}

#[tokio::test]
async fn a_credential_does_not_cross_the_internet_in_the_clear() {
    let egress = egress(&Scripted::new(&[socket("1.1.1.1:80")]));
    let origin = Origin::parse("http://upstream.test").unwrap();
    for allow_private in [false, true] {
        let to = Destination { origin: origin.clone(), allow_private, connection: String::new() };
        let refused = egress.send(&to, get("/")).await.unwrap_err();
        assert!(matches!(refused, EgressError::Connect(ConnectError::PlainHttp)), "{refused}");
    }
}

#[tokio::test]
async fn a_silent_upstream_times_out_with_an_unknown_outcome() {
    let upstream = Upstream::with(|stream, _| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let error = upstream.egress().send(&upstream.to(), get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::FirstByteTimeout), "{error}");
    assert!(!error.is_not_sent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_interim_answers_ends() {
    let upstream = Upstream::with(|mut stream, _| async move {
        read_request(&mut stream).await;
        let flood = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100);
        while stream.write_all(flood.as_bytes()).await.is_ok() {}
    })
    .await;
    let error = upstream.egress().send(&upstream.to(), get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::FirstByteTimeout), "{error}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(64 * 1024));
    let many = format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "x: y\r\n".repeat(100));
    for head in [long, many] {
        let upstream = Upstream::answering(head).await;
        let error = upstream.egress().send(&upstream.to(), get("/")).await.unwrap_err();
        assert!(matches!(error, EgressError::HeadTooLarge), "{error}");
        assert!(!error.is_not_sent());
    }
    let below = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 2\r\n\r\nok", "x".repeat(60 * 1024));
    let upstream = Upstream::answering(below).await;
    assert_eq!(text(upstream.egress().send(&upstream.to(), get("/")).await.unwrap()).await, "ok");
}

#[tokio::test]
async fn answers_that_are_not_what_they_say_are_errors() {
    for answer in ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\nbad header\r\n\r\n", "HTTP/1.1 2\r\n\r\n"] {
        let upstream = Upstream::answering(answer).await;
        let error = upstream.egress().send(&upstream.to(), get("/")).await.unwrap_err();
        assert!(matches!(error, EgressError::Broken(_)), "{answer:?}: {error}");
        assert!(!error.is_not_sent());
    }
    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
    let upstream = Upstream::answering(upgrade).await;
    let error = upstream.egress().send(&upstream.to(), get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::UnexpectedUpgrade), "{error}");
}

#[tokio::test]
async fn a_body_shorter_than_its_length_is_an_error() {
    let upstream = Upstream::with(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort").await.unwrap();
    })
    .await;
    let answer = upstream.egress().send(&upstream.to(), get("/")).await.unwrap();
    let error = answer.into_body().collect().await.unwrap_err();
    assert!(matches!(error, ResponseBodyError::Broken(_)), "{error}");
}

#[tokio::test]
async fn bytes_after_an_answer_do_not_answer_the_next_request() {
    let upstream = Upstream::with(|mut stream, _| async move {
        read_request(&mut stream).await;
        let forged = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged";
        stream.write_all(&[OK, forged.as_bytes()].concat()).await.unwrap();
        read_request(&mut stream).await;
    })
    .await;
    let egress = upstream.egress();
    assert_eq!(text(egress.send(&upstream.to(), get("/")).await.unwrap()).await, "ok");
    assert_eq!(text(egress.send(&upstream.to(), get("/")).await.unwrap()).await, "ok");
}

#[tokio::test]
async fn a_handshake_names_the_host_and_is_bounded() {
    let mut upstream = Upstream::with(|mut stream, seen| async move {
        let mut hello = vec![0; 2048];
        let length = stream.read(&mut hello).await.unwrap();
        seen.send(String::from_utf8_lossy(&hello[..length]).into_owned()).unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let origin = Origin::parse(&format!("https://upstream.test:{}", upstream.address.port())).unwrap();
    let to = Destination { origin, ..upstream.to() };
    let error = upstream.egress().send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::Connect(ConnectError::Timeout)), "{error}");
    assert!(error.is_not_sent());
    let hello = &upstream.seen()[1];
    assert!(hello.contains("upstream.test") && !hello.contains("GET /"), "{hello:?}");
}

#[tokio::test]
async fn what_fails_before_the_connection_was_not_sent() {
    let upstream = Upstream::answering("not TLS").await;
    let origin = Origin::parse(&format!("https://upstream.test:{}", upstream.address.port())).unwrap();
    // Speaks first, so that the handshake fails at once.
    let greeting =
        Upstream::with(|mut stream, _| async move { stream.write_all(b"220 hi\r\n").await.unwrap() }).await;
    let to = Destination { origin, ..upstream.to() };
    let error = greeting.egress().send(&to, get("/")).await.unwrap_err();
    assert_eq!((error.code(), error.is_not_sent()), ("upstream_tls_failed", true), "{error}");

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = egress(&Scripted::new(&[nobody])).send(&upstream.to(), get("/")).await.unwrap_err();
    assert_eq!((error.code(), error.is_not_sent()), ("upstream_unreachable", true), "{error}");

    let error = egress(&Scripted::new(&[])).send(&upstream.to(), get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::Connect(ConnectError::NoAddress)), "{error}");

    for bad in ["", "nope", "@evil.test/", "http://evil.test/", "/a b"] {
        let error = upstream.egress().send(&upstream.to(), get(bad)).await.unwrap_err();
        assert_eq!((error.code(), error.is_not_sent()), ("upstream_request_invalid", true), "{bad:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_upload_is_not_a_silent_upstream() {
    let limit = Duration::from_secs(30);
    let progress = Progress::start();
    let uploading = progress.clone();
    let answer = async {
        for _ in 0..10 {
            sleep(Duration::from_secs(20)).await;
            uploading.touch();
        }
        "answer"
    };
    assert_eq!(within(limit, &progress, answer).await.unwrap(), "answer");
    let begun = Instant::now();
    assert!(within(limit, &progress, std::future::pending::<()>()).await.is_err());
    assert_eq!(begun.elapsed().as_secs(), 30);
}
