//! What people are told of a round.

use crate::notice::Notice;
use crate::place::To;
use crate::reaction::When;
use crate::seen::Seen;
use crate::state::{ROUND, State, Streak};

/// What was raised in a round, by id, with a line of what it is about.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) broken: Vec<Told>,
    pub(crate) over: Vec<Told>,
    pub(crate) left: Vec<(String, String)>,
    pub(crate) withheld: Vec<(String, String)>,
}

/// What people are told of a streak.
#[derive(Debug)]
pub(crate) struct Told {
    id: String,
    when: When,
    /// Whether it is no rule, but that nothing could be judged.
    is_round: bool,
    line: String,
}

impl Told {
    pub(crate) fn new(streak: &Streak, id: &str, line: String) -> Self {
        let is_round = streak.rule == ROUND;
        Self { id: id.to_owned(), when: streak.when, is_round, line }
    }
}

impl News {
    /// Puts down whom to tell what: one notice a kind, however many rules.
    pub(crate) fn tell(self, state: &mut State, seen: &Seen, places: &[To]) {
        let Seen { at, title, .. } = seen;
        let mut tell = |kind: &str, all: Vec<(String, String)>, headline: String| {
            if !all.is_empty() {
                let (ids, lines): (Vec<String>, Vec<String>) = all.into_iter().unzip();
                state.tell(places, &Notice::new(kind, &ids, at, &headline, &lines));
            }
        };
        let judged_anew = format!("{title}: what was wrong before is judged anew");
        tell("left", self.left, judged_anew);
        tell("broken", pairs(&self.broken), format!("{title}: {}", broken(&self.broken)));
        tell("over", pairs(&self.over), format!("{title}: {}", over(&self.over)));
        let withheld = format!(
            "{title} is not rolled back: it took the place of one that was, and was not seen good \
             since; a person must look"
        );
        tell("withheld", self.withheld, withheld);
    }
}

fn pairs(all: &[Told]) -> Vec<(String, String)> {
    all.iter().map(|told| (told.id.clone(), told.line.clone())).collect()
}

/// How many rules are how.
fn broken(all: &[Told]) -> String {
    let count = |when: When, one: &str, many: &str| {
        let own = all.iter().filter(|told| told.when == when && !told.is_round);
        match own.count() {
            0 => None,
            1 => Some(format!("1 rule {one}")),
            count => Some(format!("{count} rules {many}")),
        }
    };
    let round = all.iter().any(|told| told.is_round);
    let parts = [
        count(When::Fail, "is broken", "are broken"),
        count(When::Warn, "is worth a look", "are worth a look"),
        count(When::Inconclusive, "cannot be judged", "cannot be judged"),
        round.then(|| "nothing can be judged".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// How many rules are how again. What can be judged again may be broken.
fn over(all: &[Told]) -> String {
    let count = |is_judged: bool, one: &str, many: &str| {
        let own =
            all.iter().filter(|it| !it.is_round && (it.when == When::Inconclusive) == is_judged);
        match own.count() {
            0 => None,
            1 => Some(format!("1 rule {one}")),
            count => Some(format!("{count} rules {many}")),
        }
    };
    let round = all.iter().any(|told| told.is_round);
    let parts = [
        count(false, "is as it should be again", "are as they should be again"),
        count(true, "can be judged again", "can be judged again"),
        round.then(|| "it can be judged again".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
