//! A WebSocket with as little as it takes to wait for a message: thousands of them cost nothing here.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// The opcode of a text frame (RFC 6455 section 5.2).
const TEXT: u8 = 1;
/// Events are short: their length fits the first length byte (below 126) or the two after it.
const LONG: u8 = 126;

/// What is read at once; an event is shorter.
const BUFFER: usize = 512;

/// An agent's open WebSocket.
pub struct Socket(BufReader<TcpStream>);

impl Socket {
    /// Connects as this agent, and reads the greeting.
    pub async fn connect(to: SocketAddr, secret: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let ask = format!(
            "GET /v1/events HTTP/1.1\r\nHost: {to}\r\nAuthorization: Bearer {secret}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(ask.as_bytes()).await?;
        let mut stream = BufReader::with_capacity(BUFFER, stream);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.context("the broker closed a WebSocket that was being opened")?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        ensure!(head.starts_with("HTTP/1.1 101"), "{}", head.lines().next().unwrap_or_default());
        let mut socket = Self(stream);
        socket.next().await?;
        Ok(socket)
    }

    /// The next text.
    pub async fn next(&mut self) -> Result<String> {
        loop {
            let (kind, length) = (self.0.read_u8().await? & 0x0f, self.0.read_u8().await?);
            let length = if length == LONG { self.0.read_u16().await?.into() } else { usize::from(length) };
            let mut text = vec![0; length];
            self.0.read_exact(&mut text).await?;
            if kind == TEXT {
                return Ok(String::from_utf8_lossy(&text).into_owned());
            }
        }
    }
}
