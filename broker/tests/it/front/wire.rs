//! Bytes on a wire: a broker that listens, a client that sends whatever it likes, and a service that answers whatever
//! it likes and keeps exactly what it received.

use super::support::{Front, eventually};
use serde_json::Value;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

/// Whoever waits longer waits for something that will not come.
const TOO_LONG: Duration = Duration::from_secs(20);

/// A listening broker, and a session whose token may be used at the proxy again and again.
pub struct Door {
    address: String,
    pub token: String,
    pub grant: String,
}

impl Door {
    pub async fn open(front: &Front, lines: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(broker::http::serve(front.app.clone(), listener));
        let session = front.session_of(&front.direct, lines, 3_600).await;
        Self { address, token: session.token, grant: session.grant }
    }

    /// Sends bytes and reads until the broker closes: they must ask for that.
    pub async fn send(&self, bytes: &[u8]) -> String {
        self.exchange(bytes, false).await
    }

    /// Sends bytes that are no whole request, and says that there will be no more.
    pub async fn send_part(&self, bytes: &[u8]) -> String {
        self.exchange(bytes, true).await
    }

    /// Reads something of a service, and its answer to wherever it ends.
    pub fn get(&self, path: &str) -> JoinHandle<String> {
        let (address, token) = (self.address.clone(), self.token.clone());
        let head = format!("GET /proxy/{path}/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        let request = format!("{head}Authorization: Bearer {token}\r\n\r\n");
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut beginning = vec![0; 64];
            let length = stream.read(&mut beginning).await.unwrap_or_default();
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            String::from_utf8_lossy(&beginning[..length]).into_owned()
        })
    }

    async fn exchange(&self, bytes: &[u8], ends: bool) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let mut answer = Vec::new();
        let talk = async {
            // The broker may have seen enough before it has seen everything.
            if stream.write_all(bytes).await.is_ok() && ends {
                let _ = stream.shutdown().await;
            }
            let _ = stream.read_to_end(&mut answer).await;
        };
        timeout(TOO_LONG, talk).await.expect("the broker kept the connection open");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The status of a raw answer; 0 for a connection that was closed without one.
pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// A good answer.
pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";

/// A service that speaks bytes.
pub struct Wire {
    port: u16,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    task: JoinHandle<()>,
}

impl Wire {
    /// Answers every request like this and keeps every byte that comes on the connection.
    pub async fn answering(answer: &'static [u8]) -> Self {
        let seen: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let kept = seen.clone();
        let serve = move |mut stream: TcpStream| {
            let kept = kept.clone();
            async move {
                let mut bytes = read_request(&mut stream).await;
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
                let _ = stream.read_to_end(&mut bytes).await;
                kept.lock().unwrap().push(bytes);
            }
        };
        let mut wire = Self::serving(serve).await;
        wire.seen = seen;
        wire
    }

    /// Does with every connection whatever it likes.
    pub async fn serving<F, T>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                stream.set_nodelay(true).unwrap();
                tokio::spawn(serve(stream));
            }
        });
        Self { port, connections, seen: Arc::default(), task }
    }

    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Every byte of every connection so far, once they are closed.
    pub async fn seen(&self) -> Vec<String> {
        eventually(|| async { self.seen.lock().unwrap().len() == self.connections() }).await;
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads the head of a request that came over TLS.
pub async fn read_tls_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return String::new() };
        bytes.push(byte);
    }
    String::from_utf8(bytes).unwrap()
}

/// Reads one request: its head, and its body by length or to the last chunk.
pub async fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return bytes };
        bytes.push(byte);
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let length = head.lines().find_map(|it| it.strip_prefix("content-length: ")?.parse::<usize>().ok());
    if head.contains("\ntransfer-encoding: chunked\r") {
        while !bytes.ends_with(b"\r\n0\r\n\r\n") && !bytes.ends_with(b"\r\n\r\n0\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return bytes };
            bytes.push(byte);
        }
    } else if let Some(length) = length {
        let mut body = vec![0; length];
        let _ = stream.read_exact(&mut body).await;
        bytes.extend(body);
    }
    bytes
}
