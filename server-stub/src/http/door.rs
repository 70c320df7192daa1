//! The way in: takes connections, bounds how many there are and how long they may dawdle, and hands them to the
//! routes. A connection that became a socket is bounded by the socket's own rules from then on.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::Shared;
use super::places::Place;

/// How long the head of a request may take, and how long a connection may ask for nothing.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a request may take, with what is posted and what it waits for.
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// How long a connection takes requests. The answer to the last may still be on its way then.
const ASKING_TIME: Duration = Duration::from_secs(60);

/// How long that last answer may take.
const LEAVING_TIME: Duration = Duration::from_secs(240);

/// Longest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;

/// What the system keeps of what a peer does not read, in bytes. Left to itself it keeps megabytes.
const SEND_BUFFER_BYTES: u32 = 128 * 1024;

/// Connections beyond the sockets: files, documents, log-ins.
const SPARE: usize = 512;

/// Connections that wait to be taken.
const BACKLOG: u32 = 1_024;

/// How long to wait when the system has no more to give.
const BREATH: Duration = Duration::from_millis(200);

/// What guards one listener.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    connections: Arc<Semaphore>,
    /// Absent behind a proxy: there, all connections come from one address.
    networks: Option<Shared>,
}

impl Door {
    /// For whom anybody can reach.
    pub(super) fn public(sockets: usize, networks: Option<Shared>) -> Self {
        let most = sockets.saturating_add(SPARE).min(Semaphore::MAX_PERMITS);
        Self { connections: Arc::new(Semaphore::new(most)), networks }
    }

    /// For the listeners that only this machine reaches.
    pub(crate) fn private() -> Self {
        Self { connections: Arc::new(Semaphore::new(SPARE)), networks: None }
    }

    /// What a connection holds while it is there; nothing, when there is no room for it.
    fn admit(&self, peer: SocketAddr) -> Option<Admission> {
        let connection = self.connections.clone().try_acquire_owned().ok()?;
        let network = match &self.networks {
            Some(shared) => Some(shared.gate.admit_connection(shared.desk.now(), peer.ip())?),
            None => None,
        };
        Some(Admission { _connection: connection, _network: network })
    }

    /// Serves until told to stop, and then until the last request has its answer.
    pub(crate) async fn serve(self, listener: TcpListener, app: Router, mut stopped: watch::Receiver<bool>) {
        let (under_way, mut last) = mpsc::channel::<()>(1);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stopped.wait_for(|stopped| *stopped) => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) if is_of_the_peer(&error) => continue,
                Err(error) => {
                    tracing::error!(%error, "no more connections just now");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            // Whoever is one too many is not answered: an answer is what they would use up next.
            let Some(admission) = self.admit(peer) else { continue };
            // Without this, the second of two small frames waits for the peer to confirm the first: 40 ms and more.
            let _ = stream.set_nodelay(true);
            let connection = Connection { stream, _admission: admission };
            let (app, stopped, under_way) = (app.clone(), stopped.clone(), under_way.clone());
            tokio::spawn(async move {
                converse(connection, peer, app, stopped).await;
                drop(under_way);
            });
        }
        drop((listener, under_way));
        while last.recv().await.is_some() {}
    }
}

/// Held by an answer that goes on for long, and ends by itself: the connection stays for it.
#[derive(Clone, Debug)]
pub(super) struct Staying(#[allow(dead_code, reason = "what is held says nothing")] Arc<()>);

#[derive(Debug)]
struct Admission {
    _connection: OwnedSemaphorePermit,
    _network: Option<Place>,
}

/// A listener whose connections keep little for those who do not read.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // As the standard library does: a restart need not wait for what is left of old connections.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// One connection, until it closes, becomes a socket, or has been there for too long.
async fn converse(connection: Connection, peer: SocketAddr, app: Router, mut stopped: watch::Receiver<bool>) {
    let app = TowerToHyperService::new(app);
    let staying = Staying(Arc::new(()));
    let stays = Arc::downgrade(&staying.0);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(staying.clone());
        app.call(request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(connection), service)
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    // Whatever goes wrong on a connection is over with it, and says nothing about us.
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = tokio::time::sleep(ASKING_TIME) => {}
    }
    serving.as_mut().graceful_shutdown();
    loop {
        let is_done = tokio::time::timeout(LEAVING_TIME, serving.as_mut()).await.is_ok();
        // One is held by the connection itself.
        if is_done || stays.strong_count() <= 1 {
            return;
        }
    }
}

/// Ends requests that take too long, however slowly their bodies come.
pub(super) async fn timely(request: Request, next: Next) -> Result<Response, Infallible> {
    Ok(match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    })
}

/// Errors of `accept` that are about one connection that is gone already.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// A connection that gives its place back when it is gone, be it a request's or a socket's.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    _admission: Admission,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::middleware;
    use axum::routing::post;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_body_never_comes_is_ended() {
        let app = Router::new()
            .route("/", post(|_: axum::body::Bytes| async {}))
            .layer(middleware::from_fn(timely));
        let never = Body::from_stream(futures_util::stream::pending::<Result<&str, io::Error>>());
        let began = Instant::now();
        let request = Request::post("/").body(never).unwrap();
        let response = TowerToHyperService::new(app).call(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(began.elapsed(), REQUEST_TIME);
    }
}
