//! Connections: who comes in, how long they may stay, and how they are shown
//! out.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::answer::App;
use crate::config::Limits;
use crate::metrics::Metrics;
use crate::tls::Tls;

/// What a connection beyond the limit is told, its request unread.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 0\r\n\r\n";

/// The system has no more files or memory: it may have some in a moment.
const PAUSE: Duration = Duration::from_millis(50);

/// One way in.
pub(crate) struct Door {
    app: Arc<App>,
    tls: Option<Arc<Tls>>,
    connections: Arc<Semaphore>,
    head_timeout: Duration,
    metrics: Arc<Metrics>,
    http: Builder,
}

impl Door {
    pub(crate) fn new(
        app: App,
        tls: Option<Arc<Tls>>,
        connections: Arc<Semaphore>,
        limits: &Limits,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        let mut http = Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_headers(limits.headers)
            .max_buf_size(limits.header_bytes.max(8 << 10));
        let head_timeout = limits.head_timeout;
        Arc::new(Self { app: Arc::new(app), tls, connections, head_timeout, metrics, http })
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
        let Ok(place) = Arc::clone(&self.connections).try_acquire_owned() else {
            // There is no way to say so before the handshake.
            return self.count("full");
        };
        let stop = stop.clone();
        tokio::spawn(async move {
            let mut stopping = stop.clone();
            let accepted = tokio::select! {
                accepted = timeout(self.head_timeout, acceptor.accept(stream)) => accepted,
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
        let Ok(place) = Arc::clone(&self.connections).try_acquire_owned() else {
            self.count("full");
            tokio::spawn(async move {
                let _ = timeout(PAUSE, stream.write_all(FULL)).await;
            });
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
        self.metrics.connections.inc();
        let app = Arc::clone(&self.app);
        let service = service_fn(move |request| {
            let app = Arc::clone(&app);
            async move { Ok::<_, Infallible>(app.answer(request).await) }
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = told(&mut stop) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection was cut off");
            self.count(if error.is_timeout() { "slow-head" } else { "broken" });
        }
        self.metrics.connections.dec();
    }

    async fn refused(&self, error: &io::Error) {
        tracing::warn!(%error, "a connection could not be taken");
        self.count("system");
        sleep(PAUSE).await;
    }

    fn count(&self, why: &str) {
        self.metrics.refused.get_or_create_owned(&vec![("why", why.to_owned())]).inc();
    }
}

/// Until the server is told to end.
async fn told(stop: &mut watch::Receiver<bool>) {
    // Who can no longer be told has been told.
    let _ = stop.wait_for(|stop| *stop).await;
}
