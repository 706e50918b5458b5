//! The thread that makes instances ahead, one for an engine that is asked to.

use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

/// What keeps instances ready.
pub(crate) trait Prepare: Send + Sync {
    /// Makes those that are missing; says whether all are there.
    fn prepare(&self) -> bool;
}

/// Who is to be kept ready, and the thread that sees to it.
#[derive(Default)]
pub(crate) struct Preparer {
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    all: Vec<Weak<dyn Prepare>>,
    asked: bool,
    running: bool,
    ended: bool,
}

impl Preparer {
    /// Keeps `one` ready from now on, as long as it lives.
    pub(crate) fn add(&self, one: Weak<dyn Prepare>) -> std::io::Result<()> {
        let (state, _) = &*self.state;
        let mut held = state.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.running {
            let state = Arc::clone(&self.state);
            thread::Builder::new()
                .name("tollgate-prepare".to_owned())
                .spawn(move || work(&state))?;
            held.running = true;
        }
        held.all.push(one);
        drop(held);
        self.ask();
        Ok(())
    }

    /// Has what is missing made.
    pub(crate) fn ask(&self) {
        let (state, asked) = &*self.state;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.asked {
            state.asked = true;
            drop(state);
            asked.notify_one();
        }
    }
}

impl Drop for Preparer {
    fn drop(&mut self) {
        let (state, asked) = &*self.state;
        state.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        asked.notify_one();
    }
}

/// Where there was no room there may be some a little later, or some time.
const SOON: Duration = Duration::from_millis(5);
const LATER: Duration = Duration::from_millis(200);
const NEVER: Duration = Duration::from_secs(3600);

fn work((state, asked): &(Mutex<State>, Condvar)) {
    let mut pause = NEVER;
    loop {
        let held = state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = asked
            .wait_timeout_while(held, pause, |state| !state.asked && !state.ended)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        if held.ended {
            return;
        }
        held.asked = false;
        held.all.retain(|one| one.strong_count() > 0);
        let all = held.all.clone();
        drop(held);
        let mut all_there = true;
        for one in all.iter().filter_map(Weak::upgrade) {
            all_there &= one.prepare();
        }
        pause = match (all_there, pause) {
            (true, _) => NEVER,
            (false, NEVER) => SOON,
            (false, pause) => (pause * 2).min(LATER),
        };
    }
}
