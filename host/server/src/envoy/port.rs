//! What is behind the door of Envoys: gRPC, which is HTTP/2.

use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::service::auth::v3::authorization_server::AuthorizationServer;
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::ExternalProcessorServer;
use futures_util::FutureExt as _;
use hyper::service::Service as _;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tonic::service::Routes;

use super::authz::Authz;
use super::judge::Judge;
use super::process::Process;
use crate::config::Envoy;
use crate::door::Behind;
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

/// Both services of Envoy's.
pub(crate) fn behind(service: Arc<Service>, envoy: &Envoy) -> Behind {
    let judge = Arc::new(Judge::new(service, envoy));
    let most = judge.most().saturating_add(BESIDE);
    let authz = AuthorizationServer::new(Authz(Arc::clone(&judge)));
    let process = ExternalProcessorServer::new(Process(judge));
    let services = Routes::new(authz.max_decoding_message_size(most))
        .add_service(process.max_decoding_message_size(most).max_encoding_message_size(usize::MAX))
        .prepare()
        .into_axum_router();
    let services = TowerToHyperService::new(services);
    let mut http = Builder::new(TokioExecutor::new()).http2_only();
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOWS.0)
        .initial_connection_window_size(WINDOWS.1)
        .keep_alive_interval(ALIVE.0)
        .keep_alive_timeout(ALIVE.1)
        .max_local_error_reset_streams(None)
        .max_pending_accept_reset_streams(RESETS);
    let answer = move |request| {
        let answered = services.call(request);
        async move {
            let Ok(response) = answered.await;
            response
        }
        .boxed()
    };
    // An Envoy keeps its connections, and is asked whether it lives.
    Behind { answer: Arc::new(answer), http, rest: None }
}
