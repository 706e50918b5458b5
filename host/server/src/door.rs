//! Connections: who comes in, how long they may stay, and how they are shown
//! out. HTTP and Envoy's gRPC come in by the same door.

mod idle;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use futures_util::future::BoxFuture;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use self::idle::{Idle, Open};
use crate::metrics::Metrics;
use crate::tls::Tls;

/// What a connection beyond the limit is told, its request unread.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 0\r\n\r\n";

/// The system has no more files or memory: it may have some in a moment.
const PAUSE: Duration = Duration::from_millis(50);

/// What is behind a door: what answers, and the protocol that it is asked in.
#[derive(Clone)]
pub(crate) struct Behind {
    pub(crate) answer: Arc<dyn Fn(Request<Incoming>) -> BoxFuture<'static, Response> + Send + Sync>,
    pub(crate) http: Builder<TokioExecutor>,
    /// How long a connection may rest without a request; none for as long as
    /// the other side lives.
    pub(crate) rest: Option<Duration>,
}

/// How many may be in, and how long they may take to come in.
#[derive(Clone)]
pub(crate) struct Room {
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) handshake: Duration,
    pub(crate) metrics: Arc<Metrics>,
}

/// One way in.
pub(crate) struct Door {
    behind: Behind,
    tls: Option<Arc<Tls>>,
    room: Room,
}

impl Door {
    pub(crate) fn new(behind: Behind, tls: Option<Arc<Tls>>, room: Room) -> Arc<Self> {
        Arc::new(Self { behind, tls, room })
    }

    /// Lets in who comes over TCP, until `stop` is told.
    pub(crate) async fn tcp(
        self: Arc<Self>,
        listener: TcpListener,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            let accepted = tokio::select! {
                _ = stop.changed() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => self.clone().enter_tcp(stream, &stop),
                Err(error) => self.refused(&error).await,
            }
        }
    }

    /// Lets in who comes over a Unix socket, until `stop` is told.
    #[cfg(unix)]
    pub(crate) async fn unix(
        self: Arc<Self>,
        listener: tokio::net::UnixListener,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            let accepted = tokio::select! {
                _ = stop.changed() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => self.clone().enter(stream, &stop),
                Err(error) => self.refused(&error).await,
            }
        }
    }

    fn enter_tcp(self: Arc<Self>, stream: TcpStream, stop: &watch::Receiver<bool>) {
        // Answers are short, and wait for nothing.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.enter(stream, stop) };
        let acceptor = tls.acceptor();
        let Ok(place) = Arc::clone(&self.room.connections).try_acquire_owned() else {
            // There is no way to say so before the handshake.
            return self.count("full");
        };
        let stop = stop.clone();
        tokio::spawn(async move {
            let mut stopping = stop.clone();
            let accepted = tokio::select! {
                accepted = timeout(self.room.handshake, acceptor.accept(stream)) => accepted,
                // Nothing was asked yet.
                () = told(&mut stopping) => return,
            };
            match accepted {
                Ok(Ok(stream)) => self.serve(stream, stop).await,
                Ok(Err(error)) => {
                    tracing::debug!(%error, "no TLS connection");
                    self.count("tls");
                }
                Err(_) => self.count("slow-handshake"),
            }
            drop(place);
        });
    }

    fn enter<I>(self: Arc<Self>, mut stream: I, stop: &watch::Receiver<bool>)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.room.connections).try_acquire_owned() else {
            self.count("full");
            // An Envoy is told nothing in its protocol, and denies.
            if self.behind.http.is_http1_available() {
                tokio::spawn(async move {
                    let _ = timeout(PAUSE, stream.write_all(FULL)).await;
                });
            }
            return;
        };
        let stop = stop.clone();
        tokio::spawn(async move {
            self.serve(stream, stop).await;
            drop(place);
        });
    }

    /// Answers the requests of one connection.
    async fn serve<I>(&self, stream: I, mut stop: watch::Receiver<bool>)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Behind { answer, http, rest } = &self.behind;
        let metrics = &self.room.metrics;
        metrics.connections.inc();
        let idle = Arc::new(Idle::default());
        let service = service_fn(|request| {
            let (open, answered) = (Open::new(&idle), answer(request));
            async move { Ok::<_, Infallible>(open.with(answered.await)) }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            ended = connection.as_mut() => if let Err(error) = ended {
                tracing::debug!(%error, "a connection was cut off");
                let error = error.downcast_ref::<hyper::Error>();
                let is_slow = error.is_some_and(hyper::Error::is_timeout);
                self.count(if is_slow { "slow-head" } else { "broken" });
            },
            () = idle.longer_than(*rest) => {
                tracing::debug!("a connection rested for too long");
                self.count("slow-head");
                connection.as_mut().graceful_shutdown();
                // Who asks nothing may not be there to hear it.
                let _ = timeout(PAUSE, connection).await;
            }
            () = told(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection was cut off at the end");
                }
            }
        }
        metrics.connections.dec();
    }

    async fn refused(&self, error: &io::Error) {
        tracing::warn!(%error, "a connection could not be taken");
        self.count("system");
        sleep(PAUSE).await;
    }

    fn count(&self, why: &str) {
        self.room.metrics.refused.get_or_create_owned(&vec![("why", why.to_owned())]).inc();
    }
}

/// Until the server is told to end.
async fn told(stop: &mut watch::Receiver<bool>) {
    // Who can no longer be told has been told.
    let _ = stop.wait_for(|stop| *stop).await;
}
