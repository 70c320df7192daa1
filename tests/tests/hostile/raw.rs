//! A WebSocket written by hand, so that it can be wrong in every way.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::Value;
use tealight_tests::client::{HOME, hello, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Opcodes of the transport.
pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const PING: u8 = 0x9;

const CLOSE: u8 = 0x8;

const PATIENCE: Duration = Duration::from_secs(20);

/// One connection on which anything can be said.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
}

impl Raw {
    /// A socket after its handshake.
    pub(crate) async fn open(server: SocketAddr, source: IpAddr, window: Option<u32>) -> Result<Self> {
        let mut raw = Self { stream: stream(server, source, window).await? };
        raw.send(handshake(server).as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(raw.stream.read_u8().await?);
        }
        ensure!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        Ok(raw)
    }

    /// A visitor's socket that has been greeted.
    pub(crate) async fn visitor(server: SocketAddr) -> Result<Self> {
        let mut raw = Self::open(server, HOME, None).await?;
        raw.say(&hello().to_string()).await?;
        raw.next("ready").await?;
        Ok(raw)
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(tokio::time::timeout(PATIENCE, self.stream.write_all(bytes)).await??)
    }

    /// One whole text frame.
    pub(crate) async fn say(&mut self, text: &str) -> Result<()> {
        self.send(&frame(true, TEXT, text.as_bytes())).await
    }

    /// The next frame of a type.
    pub(crate) async fn next(&mut self, t: &str) -> Result<Value> {
        loop {
            match self.receive().await? {
                (TEXT, payload) => {
                    let frame: Value = serde_json::from_slice(&payload)?;
                    if frame["t"] == t {
                        return Ok(frame);
                    }
                }
                (CLOSE, payload) => bail!("closed with {:?} while waiting for {t}", code(&payload)),
                _ => {}
            }
        }
    }

    /// The code the server closed with, whatever came before; 1006, when it just went.
    pub(crate) async fn close_code(&mut self) -> Result<u16> {
        loop {
            match self.receive().await {
                Ok((CLOSE, payload)) => return Ok(code(&payload)),
                Ok(_) => {}
                Err(error) if error.is::<std::io::Error>() => return Ok(1006),
                Err(error) => return Err(error),
            }
        }
    }

    async fn receive(&mut self) -> Result<(u8, Vec<u8>)> {
        let next = async {
            let opcode = self.stream.read_u8().await? & 0x0F;
            let length = match self.stream.read_u8().await? & 0x7F {
                126 => u64::from(self.stream.read_u16().await?),
                127 => self.stream.read_u64().await?,
                length => u64::from(length),
            };
            let mut payload = vec![0; usize::try_from(length).unwrap_or_default()];
            self.stream.read_exact(&mut payload).await?;
            Ok::<_, std::io::Error>((opcode, payload))
        };
        Ok(tokio::time::timeout(PATIENCE, next).await??)
    }
}

fn code(payload: &[u8]) -> u16 {
    payload.first_chunk().map_or(1005, |bytes| u16::from_be_bytes(*bytes))
}

/// A handshake that is in order.
pub(crate) fn handshake(server: SocketAddr) -> String {
    format!(
        "GET /v1/ws HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: tealight.v1\r\n\r\n"
    )
}

/// A frame as a client sends it, masked with zeros.
pub(crate) fn frame(last: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![if last { 0x80 } else { 0 } | opcode];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// A message in fragments of so many bytes.
pub(crate) fn fragments(payload: &[u8], size: usize) -> Vec<u8> {
    let count = payload.len().div_ceil(size);
    let pieces = payload.chunks(size).enumerate();
    let whole =
        pieces.flat_map(|(n, piece)| frame(n + 1 == count, if n == 0 { TEXT } else { CONTINUATION }, piece));
    whole.collect()
}
