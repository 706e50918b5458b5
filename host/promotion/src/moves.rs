//! What a move writes, in which order, and how it is taken up again.
//!
//! The registry has no transactions, so the order carries them:
//!
//! 1. A *claim* on the model, under a key of this run's own; whoever sees
//!    another's claim withdraws. Of two at once at most one goes on.
//! 2. An *intent* on the version: what is about to be written, and from where.
//! 3. Audit tags on the version. Nothing serves anything else yet.
//! 4. The alias, in one write: this is the move.
//! 5. Stages, the history, tags of the version that it replaces.
//! 6. The claim is taken away, and the intent is marked as done.
//!
//! Every write sets and none adds, so the same list may be written again. A run
//! that finds an intent that is not done, and the alias on its version already,
//! finishes it; before that moment a new run judges anew.

mod claim;
mod deprecate;
mod intent;
mod list;
mod migrate;
mod run;
mod writes;

pub use self::claim::Claim;
pub use self::deprecate::{Deprecation, Replacement, Sunset, deprecate};
pub use self::intent::{History, Intent, Served};
pub use self::list::{Planned, Write};
pub use self::migrate::{Migration, Passage, Reached, Step, Whole, finish, migrate};
pub use self::run::{
    Audit, already, archive, history_of, promote, reject, resume, rollback, stage_of,
};
pub use self::writes::Move;
