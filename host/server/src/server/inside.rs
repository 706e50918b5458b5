//! The judges inside of another program: a proxy that has the requests
//! already, so that nothing is listened on.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::AbortHandle;
use tollgate_telemetry::Spans;

use super::{Engines, MOST_FROZEN, WATCH, freeze, names, service, tend};
use crate::config::Config;
use crate::envoy::{Exchange, Judge};
use crate::error::ServerError;
use crate::service::Service;

/// The judges of a proxy's requests, inside of the proxy.
pub struct Inside {
    judge: Arc<Judge>,
    service: Arc<Service>,
    /// For what takes long: the proxy's own threads do the rest.
    runtime: Option<Runtime>,
}

impl Inside {
    /// Loads all that is configured, and what changes from here on. What is
    /// dear to configure is frozen meanwhile.
    ///
    /// # Errors
    /// What of it cannot be served: a proxy starts with all of it, or not.
    pub fn open(config: Config, engines: Engines) -> Result<Self, ServerError> {
        let Engines { quick, frozen } = engines;
        let limits = config.limits;
        let rules = config.envoy.clone().unwrap_or_default();
        let watch = config.watch.unwrap_or(WATCH);
        let service = Arc::new(service(config, &quick, &Spans::default()));
        service.judges.open_counters()?;
        service.judges.open_log()?;
        service.judges.open(&quick, Some(watch))?;
        let unloaded = service.judges.unloaded();
        if !unloaded.is_empty() {
            return Err(ServerError::Some(unloaded));
        }
        names(&service)?;
        let runtime = Builder::new_multi_thread()
            .enable_all()
            .worker_threads(1)
            .thread_name("tollgate-inside")
            .max_blocking_threads(limits.concurrency + 1)
            .build()?;
        runtime.spawn(tend(Arc::clone(&service)));
        if service.judges.state().unwrap_or_default().len() <= MOST_FROZEN {
            freeze(Arc::clone(&service), frozen, watch)?;
        }
        let judge = Arc::new(Judge::new(Arc::clone(&service), &rules));
        Ok(Self { judge, service, runtime: Some(runtime) })
    }

    /// One request and its answer.
    #[must_use]
    pub fn exchange(&self) -> Exchange {
        Exchange::new(Arc::clone(&self.judge))
    }

    /// Does what can be done at once on this thread, which nearly all is. What
    /// waits is to be finished elsewhere.
    pub fn judge<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Judging<T> {
        let Some(runtime) = &self.runtime else { return Judging::Broken };
        let _entered = runtime.enter();
        let mut work: Work<T> = Box::pin(work);
        // Whoever goes on with it asks again, and is told then.
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Judging::Done(done),
            Poll::Pending => Judging::Later(Rest { work, runtime: runtime.handle().clone() }),
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // A plugin that hangs ends by its deadline, and nobody waits for it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        if let Err(problem) = self.service.judges.close_log() {
            tracing::error!(problem, "the decision log is not whole");
        }
    }
}

/// What became of a judgement.
pub enum Judging<T> {
    /// It is there.
    Done(T),
    /// It waits.
    Later(Rest<T>),
    /// It never comes.
    Broken,
}

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What is left of a judgement.
pub struct Rest<T> {
    work: Work<T>,
    runtime: Handle,
}

impl<T: Send + 'static> Rest<T> {
    /// Finishes it in threads of its own, and calls `then` there with what it
    /// came to: nothing, where it broke. Once what is given is dropped nobody is
    /// called any more.
    #[must_use]
    pub fn finish(self, then: impl FnOnce(Option<T>) + Send + 'static) -> Abort {
        let task = self.runtime.spawn(self.work);
        let abort = Abort(task.abort_handle());
        self.runtime.spawn(async move {
            match task.await {
                Ok(done) => then(Some(done)),
                Err(broken) if broken.is_panic() => then(None),
                Err(_) => {}
            }
        });
        abort
    }
}

/// Ends what goes on elsewhere when it is dropped.
pub struct Abort(AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}
