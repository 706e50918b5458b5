//! Which of several observations of one fact counts.

use alloc::vec::Vec;

use tollgate_sdk::gate::Fact;

use crate::instant::Instant;

/// The newest observation.
#[derive(Clone, Copy, Debug)]
pub struct Newest<'a> {
    /// When it was made.
    pub at: Instant,
    /// The same, as the fact says it.
    pub text: &'a str,
    /// How many older ones there were.
    pub older: usize,
}

/// Leaves the newest observation, its copies, and those that say no time: nobody
/// knows that they are older. `None` where none says a time.
///
/// # Errors
/// A fact whose time cannot be read.
pub fn keep_newest<'a>(facts: &mut Vec<(u32, &'a Fact)>) -> Result<Option<Newest<'a>>, &'a Fact> {
    let mut newest: Option<(Instant, &'a str)> = None;
    for (_, fact) in facts.iter() {
        let Some(text) = fact.observed_at.as_deref() else { continue };
        let at = Instant::parse(text).ok_or(*fact)?;
        if newest.is_none_or(|(newest, _)| at > newest) {
            newest = Some((at, text));
        }
    }
    let Some((at, text)) = newest else { return Ok(None) };
    let before = facts.len();
    facts.retain(|(_, fact)| {
        fact.observed_at.as_deref().and_then(Instant::parse).is_none_or(|instant| instant == at)
    });
    Ok(Some(Newest { at, text, older: before - facts.len() }))
}
