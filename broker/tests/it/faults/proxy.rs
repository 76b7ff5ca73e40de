//! A way to PostgreSQL that breaks at the worst moment: around a COMMIT.
//!
//! A statement is prepared once on a connection (the text travels), then executed by number. So the proxy ends every
//! connection when it is armed, looks for the text on the next, and cuts at the message behind it.

use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Where to cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The COMMIT does not arrive.
    Commit,
    /// The COMMIT arrives, its answer does not.
    Answer,
    /// As `Answer`, and nothing passes any more until it is mended.
    AnswerAndStay,
}

/// The proxy.
pub struct Proxy {
    pub url: String,
    state: Arc<State>,
}

struct State {
    armed: Mutex<Option<Cut>>,
    broken: Mutex<bool>,
    frozen: watch::Sender<bool>,
    generation: watch::Sender<u64>,
    server: String,
}

impl Proxy {
    /// A proxy in front of the server of this address.
    pub async fn start(url: &str) -> Self {
        let (credentials, place) = url.rsplit_once('@').unwrap();
        let (server, name) = place.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            armed: Mutex::new(None),
            broken: Mutex::new(false),
            frozen: watch::Sender::new(false),
            generation: watch::Sender::new(0),
            server: server.to_owned(),
        });
        let serving = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, serving.clone()));
            }
        });
        Self { url: format!("{credentials}@127.0.0.1:{port}/{name}?sslmode=disable"), state }
    }

    /// Ends every connection, and cuts at the next COMMIT.
    pub fn arm(&self, cut: Cut) {
        *self.state.armed.lock().unwrap() = Some(cut);
        self.state.generation.send_modify(|number| *number += 1);
    }

    /// Whether what was armed has happened.
    pub fn has_cut(&self) -> bool {
        self.state.armed.lock().unwrap().is_none()
    }

    /// Keeps every connection, and lets nothing pass until it is thawed.
    pub fn freeze(&self, frozen: bool) {
        self.state.frozen.send_replace(frozen);
    }

    /// Lets everything pass again.
    pub fn mend(&self) {
        *self.state.broken.lock().unwrap() = false;
    }
}

async fn pass(mut client: TcpStream, state: Arc<State>) {
    if *state.broken.lock().unwrap() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(&state.server).await else { return };
    let (mut ended, mut frozen) = (state.generation.subscribe(), state.frozen.subscribe());
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    let mut commit_is_next = false;
    loop {
        tokio::select! {
            _ = ended.changed() => return,
            read = client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return };
                if commit_is_next {
                    return cut(&mut server, &up[..length], &state).await;
                }
                let armed = state.armed.lock().unwrap().is_some();
                commit_is_next = armed && up[..length].windows(6).any(|text| text == b"COMMIT");
                let _ = frozen.wait_for(|it| !it).await;
                if server.write_all(&up[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                let _ = frozen.wait_for(|it| !it).await;
                if client.write_all(&down[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn cut(server: &mut TcpStream, message: &[u8], state: &State) {
    let what = state.armed.lock().unwrap().take();
    if what == Some(Cut::AnswerAndStay) {
        *state.broken.lock().unwrap() = true;
    }
    if what != Some(Cut::Commit) {
        server.write_all(message).await.unwrap();
        // The answer has come: the commit is done.
        let mut answer = [0; 1024];
        assert!(server.read(&mut answer).await.unwrap() > 0);
    }
}
