//! Connections on which nothing is asked.
//!
//! In HTTP/1 a head that does not come is hyper's to time. In HTTP/2 it is
//! nobody's, and neither is a connection that says nothing from the beginning
//! on: of those all that is known is that no request is under way.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::sleep;

/// What is asked on one connection.
#[derive(Default)]
pub(super) struct Idle {
    /// Requests so far.
    begun: AtomicUsize,
    /// Those under way.
    open: AtomicUsize,
}

impl Idle {
    /// Until nothing was asked for this long, which is noticed before twice as
    /// long; with none it never is.
    pub(super) async fn longer_than(&self, rest: Option<Duration>) {
        let Some(rest) = rest else { return std::future::pending().await };
        let mut before = 0;
        loop {
            sleep(rest).await;
            let begun = self.begun.load(Ordering::Relaxed);
            if self.open.load(Ordering::Relaxed) == 0 && begun == before {
                return;
            }
            before = begun;
        }
    }
}

/// A request that is under way.
pub(super) struct Open(Arc<Idle>);

impl Open {
    pub(super) fn new(idle: &Arc<Idle>) -> Self {
        idle.begun.fetch_add(1, Ordering::Relaxed);
        idle.open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(idle))
    }

    /// Until the response is ready. Of one whose length is known all is there,
    /// and who does not take it rests; of another the next part may be long in
    /// coming.
    pub(super) fn with(self, response: Response) -> Response {
        if response.body().size_hint().exact().is_some() {
            return response;
        }
        response.map(|body| Body::new(Streamed { body, _open: self }))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that comes while its request is under way.
struct Streamed {
    body: Body,
    _open: Open,
}

impl hyper::body::Body for Streamed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
