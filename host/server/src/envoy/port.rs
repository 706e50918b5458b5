//! The connections of Envoys: gRPC, which is HTTP/2.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use envoy_types::pb::envoy::service::auth::v3::authorization_server::AuthorizationServer;
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::ExternalProcessorServer;
use hyper::server::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;
use tonic::service::Routes;

use super::authz::Authz;
use super::judge::Judge;
use super::process::Process;
use crate::config::Envoy;
use crate::service::Service;

/// What a message holds beside a body: headers, at most 60 KiB in Envoy, and
/// what Envoy says of the connection.
const BESIDE: usize = 1 << 20;

/// Requests of one Envoy's thread at a time. More wait in Envoy.
const STREAMS: u32 = 1024;

/// What may be on its way unread, of one request and of all of a connection.
const WINDOWS: (u32, u32) = (1 << 20, 16 << 20);

/// How often it is asked whether an Envoy that says nothing is there, and how
/// long it may take to say so.
const ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

/// Clients give up requests under way as they please, and Envoy passes that on:
/// that is no attack (hyper's own limits are 20 and 1,024 of them).
const RESETS: usize = 10_000;

/// The system has no more files or memory: it may have some in a moment.
const PAUSE: Duration = Duration::from_millis(50);

/// The way in of Envoys.
pub(crate) struct Port {
    services: TowerToHyperService<Router>,
    connections: Arc<Semaphore>,
    http: Builder<TokioExecutor>,
}

impl Port {
    pub(crate) fn new(
        service: Arc<Service>,
        envoy: &Envoy,
        connections: Arc<Semaphore>,
    ) -> Arc<Self> {
        let judge = Arc::new(Judge::new(service, envoy));
        let most = judge.most().saturating_add(BESIDE);
        let authz = AuthorizationServer::new(Authz(Arc::clone(&judge)));
        let process = ExternalProcessorServer::new(Process(judge));
        let services = Routes::new(authz.max_decoding_message_size(most))
            .add_service(
                process.max_decoding_message_size(most).max_encoding_message_size(usize::MAX),
            )
            .prepare()
            .into_axum_router();
        let mut http = Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .initial_stream_window_size(WINDOWS.0)
            .initial_connection_window_size(WINDOWS.1)
            .keep_alive_interval(ALIVE.0)
            .keep_alive_timeout(ALIVE.1)
            .max_local_error_reset_streams(None)
            .max_pending_accept_reset_streams(RESETS);
        Arc::new(Self { services: TowerToHyperService::new(services), connections, http })
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
                Ok((stream, _)) => {
                    // Verdicts are short, and wait for nothing.
                    let _ = stream.set_nodelay(true);
                    self.enter(stream, &stop);
                }
                Err(error) => refused(&error).await,
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
                Ok((stream, _)) => self.enter(stream, &stop),
                Err(error) => refused(&error).await,
            }
        }
    }

    fn enter<I>(&self, stream: I, stop: &watch::Receiver<bool>)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // An Envoy whose connection is closed denies.
        let Ok(place) = Arc::clone(&self.connections).try_acquire_owned() else {
            return tracing::warn!("an Envoy was sent away: there are too many connections");
        };
        let connection = self.http.serve_connection(TokioIo::new(stream), self.services.clone());
        let mut stop = stop.clone();
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            let stopped = async {
                // What can no longer be told to stop has stopped.
                let _ = stop.wait_for(|stop| *stop).await;
            };
            let ended = tokio::select! {
                ended = connection.as_mut() => Some(ended),
                () = stopped => None,
            };
            let ended = match ended {
                Some(ended) => ended,
                None => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection of an Envoy was cut off");
            }
            drop(place);
        });
    }
}

async fn refused(error: &std::io::Error) {
    tracing::warn!(%error, "a connection of an Envoy could not be taken");
    sleep(PAUSE).await;
}
