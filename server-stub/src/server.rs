//! A whole server: started on its listeners, told to stop, waited for.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::desk::{Counts, Desk, Settings};
use crate::http::{self, Assets, AssetsError, Door, Shared};
use crate::runner::{self, DeskHandle};
use crate::store::{KeyError, SqliteStore, Store, StoreError};
use crate::{Clock, SystemClock};

/// How long a stopping server waits for the last sockets and requests.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The database.
    #[error(
        "the database {path} cannot be opened: {source}\n  fix: check that the folder exists and may be written to, or name another file with `database` in [server]"
    )]
    Store {
        /// The file.
        path: String,
        /// Why.
        source: StoreError,
    },
    /// The keys to the database.
    #[error("{0}")]
    Keys(KeyError),
    /// The built files.
    #[error(transparent)]
    Assets(#[from] AssetsError),
    /// An address.
    #[error(
        "cannot listen on {address}: {source}\n  fix: stop the other program that listens there, or change the address in the configuration"
    )]
    Listen {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The operating system.
    #[error("the server's thread cannot be started: {0}")]
    Thread(std::io::Error),
}

impl ServerError {
    fn of_store(path: &Path, source: StoreError) -> Self {
        match source {
            StoreError::Key(error) => Self::Keys(error),
            StoreError::Unavailable(_) | StoreError::Corrupt(_) => {
                Self::Store { path: path.display().to_string(), source }
            }
        }
    }
}

/// What a server takes from outside, so that a test can bring its own.
#[derive(Debug)]
pub struct Dependencies<S> {
    /// Where everything is kept.
    pub store: S,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where identifiers and tokens come from. Draw it from the system, but for tests.
    pub seed: [u8; 32],
    /// The built files.
    pub assets: Assets,
}

impl Dependencies<SqliteStore> {
    /// The real ones: the database and the files that the configuration names, this machine's clock and chance.
    pub fn real(config: &Config) -> Result<Self, ServerError> {
        let path = &config.server.database;
        let store = config.open_store().map_err(|source| ServerError::of_store(path, source))?;
        let assets = Assets::load(&config.server.assets_dir)?;
        Ok(Self { store, clock: Arc::new(SystemClock), seed: rand::random(), assets })
    }
}

/// Starts servers.
#[derive(Clone, Copy, Debug)]
pub struct Server;

impl Server {
    /// Binds every address of the configuration and serves until [`Running::stop`]. Port 0 takes any free one.
    pub async fn start<S: Store>(
        config: Config,
        dependencies: Dependencies<S>,
    ) -> Result<Running, ServerError> {
        let config = Arc::new(config);
        let Dependencies { store, clock, seed, assets } = dependencies;
        let mut rng = ChaCha20Rng::from_seed(seed);
        let mut desk_seed = [0; 32];
        rng.fill_bytes(&mut desk_seed);
        let desk = Desk::open(Settings::from(&*config), store, desk_seed, clock.now())
            .map_err(|source| ServerError::of_store(&config.server.database, source))?;

        let mut main = Vec::new();
        for address in config.server.listen.iter() {
            main.push(bind(address).await?);
        }
        let metrics = match &config.server.metrics_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let demo = match &config.demo_site {
            Some(site) => Some((bind(&site.listen).await?, site.dir.clone())),
            None => None,
        };
        let addresses: Vec<_> = main.iter().map(|(_, address)| *address).collect();
        let url = config.server.public_url.clone().unwrap_or_else(|| {
            addresses.first().map_or_else(String::new, |address| format!("http://{address}"))
        });

        let (desk, thread) = runner::start(desk, clock).map_err(ServerError::Thread)?;
        let (open_sockets, last_socket) = mpsc::channel(1);
        let shared = Shared::new(desk.clone(), &config, assets, url.clone(), rng, open_sockets);
        let (stopping, stopped) = watch::channel(false);
        let mut listeners = JoinSet::new();
        let metrics_addr = metrics.as_ref().map(|(_, address)| *address);
        let demo_addr = demo.as_ref().map(|((_, address), _)| *address);
        let door = shared.door();
        for (listener, _) in main {
            listeners.spawn(door.clone().serve(listener, http::app(shared.clone()), stopped.clone()));
        }
        if let Some((listener, _)) = metrics {
            let app = http::metrics_app(shared.clone());
            listeners.spawn(Door::private().serve(listener, app, stopped.clone()));
        }
        if let Some(((listener, _), dir)) = demo {
            let app = http::demo_site(dir, shared.clone());
            listeners.spawn(Door::private().serve(listener, app, stopped));
        }
        drop((shared, door));
        Ok(Running {
            addr: addresses.first().copied().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))),
            addresses,
            metrics_addr,
            demo_addr,
            url,
            desk,
            thread,
            stopping,
            last_socket,
            listeners,
        })
    }
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// The first address it listens on.
    pub addr: SocketAddr,
    /// All of them.
    pub addresses: Vec<SocketAddr>,
    /// Where `/metrics` is, if anywhere.
    pub metrics_addr: Option<SocketAddr>,
    /// Where the demonstration's pages are, if anywhere.
    pub demo_addr: Option<SocketAddr>,
    /// The address browsers know it by.
    pub url: String,
    desk: DeskHandle,
    thread: JoinHandle<()>,
    stopping: watch::Sender<bool>,
    last_socket: mpsc::Receiver<()>,
    listeners: JoinSet<()>,
}

impl Running {
    /// Has the desk look at its clock and do whatever is due; returns what it counts after that, or nothing when it
    /// has stopped. It looks by itself when something happens, and waits by the time of this machine for what is
    /// due: whoever brought a clock of their own and moved its hands says so here.
    pub async fn look_at_clock(&self) -> Option<Counts> {
        self.desk.look_at_clock().await.ok()
    }

    /// Says goodbye on every socket, waits for what is under way, and returns when the database is closed.
    pub async fn stop(mut self) {
        let _ = self.stopping.send(true);
        self.desk.stop().await;
        let finish = async {
            while self.listeners.join_next().await.is_some() {}
            while self.last_socket.recv().await.is_some() {}
        };
        if tokio::time::timeout(PATIENCE, finish).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        self.listeners.shutdown().await;
        drop(self.desk);
        let thread = self.thread;
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
}

async fn bind(address: &str) -> Result<(TcpListener, SocketAddr), ServerError> {
    let failed = |source| ServerError::Listen { address: address.to_owned(), source };
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for resolved in tokio::net::lookup_host(address).await.map_err(failed)? {
        match http::listen(resolved) {
            Ok(listener) => {
                let bound = listener.local_addr().map_err(failed)?;
                return Ok((listener, bound));
            }
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}
