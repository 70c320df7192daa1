//! Opening a socket: the connection, the handshake, and what a refusal says.

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::bench::address_of;
use super::case::{Stop, trouble};
use super::socket::{SOON, Socket};
use super::trial::Trial;

/// How a socket is opened.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// The address.
    pub(crate) url: String,
    /// The subprotocols that are offered.
    pub(crate) protocols: String,
    /// What `Origin` says, if anything.
    pub(crate) origin: Option<String>,
    /// Whether the peer's buffers are to stay small, for who means not to read.
    pub(crate) narrow: bool,
}

/// Why a socket did not open.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The HTTP status, where there was one.
    pub(crate) status: Option<u16>,
    /// In words.
    pub(crate) why: String,
    /// After how many seconds to come again, if the backend said so.
    pub(crate) retry_after: Option<u64>,
}

impl Trial {
    /// Opens a socket, once. The subprotocol that the backend chose comes with it.
    pub(crate) async fn try_open(
        &self,
        opening: &Opening,
        kind: char,
    ) -> Result<(Socket, Option<String>), Refused> {
        let refused = |why: String| Refused { status: None, why, retry_after: None };
        let mut request =
            opening.url.as_str().into_client_request().map_err(|error| refused(error.to_string()))?;
        let headers = request.headers_mut();
        let header = |text: &str| text.parse().map_err(|_| refused(format!("“{text}” is no header")));
        headers.insert("Sec-WebSocket-Protocol", header(&opening.protocols)?);
        if let Some(origin) = &opening.origin {
            headers.insert("Origin", header(origin)?);
        }
        let stream = connect(&opening.url, opening.narrow)
            .await
            .map_err(|error| refused(format!("{}: {error}", opening.url)))?;
        let name = self.name(kind);
        match timeout(SOON, client_async(request, stream)).await {
            Err(_) => Err(refused("the handshake was not answered within 10 s".to_owned())),
            Ok(Err(Error::Http(response))) => Err(Refused {
                status: Some(response.status().as_u16()),
                why: format!("HTTP status {}", response.status()),
                retry_after: response
                    .headers()
                    .get("retry-after")
                    .and_then(|value| value.to_str().ok())
                    .and_then(|value| value.parse().ok()),
            }),
            Ok(Err(error)) => Err(refused(error.to_string())),
            Ok(Ok((stream, response))) => {
                let chosen = response
                    .headers()
                    .get("sec-websocket-protocol")
                    .and_then(|value| value.to_str().ok())
                    .map(str::to_owned);
                self.record.note(&name, &format!("opened {}", chosen.as_deref().unwrap_or_default()));
                Ok((Socket::new(name, stream, self.record.clone(), self.shared.clone()), chosen))
            }
        }
    }
}

/// Opens the connection below a WebSocket.
async fn connect(url: &str, narrow: bool) -> Result<TcpStream, Stop> {
    let address = address_of(url).map_err(trouble)?;
    let found = tokio::net::lookup_host(&address).await.map_err(trouble)?;
    let mut last = trouble("the name leads nowhere");
    for address in found {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(trouble)?;
        if narrow {
            // Small segments and a small window keep what the network holds far below what a backend may queue.
            let _ = socket.set_recv_buffer_size(4 * 1024);
            let _ = socket2::SockRef::from(&socket).set_tcp_mss(536);
        }
        match timeout(SOON, socket.connect(address)).await {
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = trouble(error),
            Err(_) => last = trouble("no answer within 10 s"),
        }
    }
    Err(last)
}
