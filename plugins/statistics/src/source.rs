//! The facts of one subject, as a rule reads them: of the right window, the
//! newest, agreed upon, young enough, and all of one observation.

mod values;

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use gate_evidence::given::{Reading, unreadable};
use gate_evidence::instant::{AS_OF, Instant, RUN};
use gate_evidence::newest::{Newest, keep_newest};
use gate_evidence::window::Window;
use tollgate_sdk::gate::{Fact, FactValue};

use crate::facts::{Facts, HORIZON_REACHED, Seen, label_of_part};
use crate::rule::{CANDIDATE, Rule};
use crate::slice::{self, Braces, Labels};
use crate::trouble::{Sound, Trouble, doubt};

pub(crate) use values::{Count, Counts, Rows};

/// The edges of bins.
pub(crate) const BIN_EDGES: &str = "bin_edges";

/// One subject's facts.
#[derive(Debug)]
pub(crate) struct Source<'a, 'r> {
    facts: &'r Facts<'a>,
    rule: &'r Rule,
    subject: &'r str,
    /// Whether facts of no window are taken first, of any age, whatever the rule
    /// asks for: a reference was frozen before anybody watched.
    is_frozen: bool,
    /// What facts were read, by their index.
    pub used: Vec<u32>,
    /// That there were other observations, and which one counts.
    pub note: Option<String>,
    /// The first window, time and unit that were read, and of which fact.
    window: Option<(Option<Window>, String)>,
    observed: Option<(Instant, String)>,
    unit: Option<(String, String)>,
}

/// A fact that can be read.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    /// What it is called in sentences: `` `values{feature=amount}` of `candidate` ``.
    pub title: String,
    /// Its value.
    pub value: &'a FactValue,
    /// On how many samples, as far as it says.
    pub samples: Option<u64>,
    /// Its unit, as far as it says.
    pub unit: Option<&'a str>,
}

impl<'a, 'r> Source<'a, 'r> {
    pub(crate) fn new(facts: &'r Facts<'a>, rule: &'r Rule, subject: &'r str) -> Self {
        Self {
            facts,
            rule,
            subject,
            is_frozen: false,
            used: Vec::new(),
            note: None,
            window: None,
            observed: None,
            unit: None,
        }
    }

    /// The facts of what a live version is compared with.
    pub(crate) fn of_reference(facts: &'r Facts<'a>, rule: &'r Rule) -> Self {
        let is_frozen = !rule.statistic.is_test();
        Self { is_frozen, ..Self::new(facts, rule, &rule.reference) }
    }

    /// Whose facts.
    pub(crate) fn subject(&self) -> &'r str {
        self.subject
    }

    /// Behind what is not the candidate's, whose it is.
    pub(crate) fn of_whom(&self) -> String {
        if self.subject == CANDIDATE { String::new() } else { format!(" of {}", self.subject) }
    }

    /// What a fact is called in sentences.
    pub(crate) fn title(&self, name: &str, labels: &Labels) -> String {
        format!("`{name}{}` of `{}`", Braces(labels), self.subject)
    }

    /// That a fact is not there, and under which labels it would be.
    pub(crate) fn missing<T>(&self, name: &str, others: &[&str], labels: &Labels) -> Sound<T> {
        let mut reason = format!("{} is missing", self.title(name, labels));
        for (index, other) in others.iter().enumerate() {
            let before = match (index, others.len()) {
                (0, 1) => ", and so is",
                (0, _) => ", and so are",
                _ => " and",
            };
            reason = format!("{reason}{before} `{other}`");
        }
        let near = self.facts.slices(name, self.subject).next();
        if let Some((labels, seen)) = near {
            let window = seen.first().and_then(|seen| seen.window);
            let window = window.map(|window| format!(" of the window {window}"));
            let title = self.title(name, labels);
            reason = format!("{reason}; there is {title}{}", window.unwrap_or_default());
        }
        Err(Trouble::Missing(reason))
    }

    /// Whether a fact is one that the rule reads, or that it has to say something
    /// about.
    pub(crate) fn may_read(&self, seen: &[Seen]) -> bool {
        !matches!(self.window(seen, "", &Labels::new(), self.is_frozen), Ok(None))
    }

    /// The parts of a slice that the rule may read: categories, variants.
    pub(crate) fn parts(&self, name: &'static str, labels: &Labels) -> Vec<&'a str> {
        let key = label_of_part(name).unwrap_or_default();
        let may_read = |part: &&str| {
            let labels = slice::with(labels, key, part);
            self.may_read(self.facts.copies(name, self.subject, &labels))
        };
        self.facts.parts(name, self.subject, labels).filter(may_read).collect()
    }

    /// A fact, where there is one that the rule may read.
    pub(crate) fn take(&mut self, name: &'static str, labels: &Labels) -> Sound<Option<Taken<'a>>> {
        let seen = self.facts.copies(name, self.subject, labels);
        if seen.is_empty() {
            return Ok(None);
        }
        // Edges are made once, and compared with the reference's whenever that was.
        let is_edges = name == BIN_EDGES;
        let is_frozen = self.is_frozen || is_edges;
        let Some(window) = self.window(seen, name, labels, is_frozen)? else { return Ok(None) };
        let mut copies: Vec<(u32, &'a Fact)> = seen
            .iter()
            .filter(|seen| seen.window == window)
            .filter_map(|seen| Some((seen.index, self.facts.get(seen.index)?)))
            .collect();
        let title = self.title(name, labels);
        let newest = match keep_newest(&mut copies) {
            Ok(newest) => newest,
            Err(fact) => return doubt(unreadable(fact)),
        };
        self.used.extend(copies.iter().map(|(index, _)| *index));
        self.refuse_future(newest, &title, copies.len())?;
        let fact = agreed(&copies, &title)?;
        if !is_frozen {
            self.refuse_age(newest, &title)?;
        }
        if !is_edges {
            self.one_window(window, &title)?;
            self.one_observation(newest, &title)?;
        }
        let samples = copies.iter().find_map(|(_, fact)| fact.samples);
        let unit = fact.unit.as_deref().filter(|unit| !unit.is_empty());
        Ok(Some(Taken { title, value: &fact.value, samples, unit }))
    }

    /// The window that is read: the shortest that will do. `None` where none
    /// will.
    fn window(
        &self,
        seen: &[Seen],
        name: &str,
        labels: &Labels,
        is_frozen: bool,
    ) -> Sound<Option<Option<Window>>> {
        let has_none = seen.iter().any(|seen| seen.window.is_none());
        let asked = self.rule.window;
        let long = |window: Window| asked.is_some_and(|asked| asked.accepts(window));
        let shortest = seen.iter().filter_map(|seen| seen.window).filter(|it| long(*it)).min();
        if !self.rule.statistic.is_test() {
            let none = has_none && (is_frozen || asked.is_none());
            return Ok(if none { Some(None) } else { shortest.map(Some) });
        }
        let title = || self.title(name, labels);
        if let Some(window) = shortest {
            // Nobody need say so, but who says otherwise is heard.
            if !self.facts.horizon(&self.rule.current).is_empty() {
                self.horizon_is_reached().map_err(|why| {
                    Trouble::Doubtful(format!("{} was observed for {window}, but {why}", title()))
                })?;
            }
            return Ok(Some(Some(window)));
        }
        if has_none {
            let told = self.horizon_is_reached().map_err(|why| {
                Trouble::Doubtful(format!(
                    "{} says no window, and {why}: a test proves nothing at another time than the \
                     one that was fixed for it",
                    title()
                ))
            });
            return told.map(|()| Some(None));
        }
        let shown = seen.iter().filter_map(|seen| seen.window).max();
        let shown = shown.map(|window| format!("{window}")).unwrap_or_default();
        match asked {
            Some(asked) => doubt(format!(
                "{} was observed for {shown}, and the horizon is {}{}: a test proves nothing at \
                 another time than the one that was fixed for it",
                title(),
                if asked.exactly { "exactly " } else { "" },
                asked.length
            )),
            None => doubt(format!(
                "{} was observed for {shown}, and nobody says for how long it was to be: give the \
                 rule a `horizon`",
                title()
            )),
        }
    }

    /// Whether the end of a test was reached, which was fixed before it began.
    fn horizon_is_reached(&self) -> Result<(), String> {
        let said = self.facts.horizon(&self.rule.current);
        if said.is_empty() {
            let whose = &self.rule.current;
            return Err(format!("`{HORIZON_REACHED}` of `{whose}` or of `{RUN}` is missing"));
        }
        for given in said {
            match &given.reading {
                Reading::Sound(true) => {}
                Reading::Sound(false) => {
                    return Err(format!("`{HORIZON_REACHED}` is false"));
                }
                Reading::Doubtful(why) | Reading::Missing(why) => return Err(why.clone()),
            }
        }
        Ok(())
    }

    /// Refuses the newest of several observations where it is yet to come.
    fn refuse_future(
        &mut self,
        newest: Option<Newest<'_>>,
        title: &str,
        copies: usize,
    ) -> Sound<()> {
        let Some(Newest { at, text, older: older @ 1.. }) = newest else { return Ok(()) };
        if self.facts.as_of().value().is_some_and(|as_of| at > *as_of) {
            return doubt(format!(
                "the newest observation of {title} is of {text}, which is after the time that this \
                 run judges as of"
            ));
        }
        if self.note.is_none() {
            let all = copies + older;
            self.note = Some(format!("{title} is the newest of {all} observations, of {text}"));
        }
        Ok(())
    }

    fn refuse_age(&mut self, newest: Option<Newest<'_>>, title: &str) -> Sound<()> {
        let Some(max_age) = self.rule.max_age else { return Ok(()) };
        let Some(Newest { at, text, .. }) = newest else {
            return doubt(format!(
                "{title} does not say when it was observed, and may be {max_age} old; give it an \
                 `observed_at`"
            ));
        };
        let as_of = self.facts.as_of();
        let now = match &as_of.reading {
            Reading::Sound(now) => *now,
            Reading::Doubtful(why) => return doubt(why.clone()),
            Reading::Missing(_) => {
                return doubt(format!(
                    "nobody says as of when this run judges, and {title} may be {max_age} old"
                ));
            }
        };
        self.used.extend(&as_of.facts);
        let age = now.since(at);
        let judges = format!("the `{AS_OF}` of this run");
        if age < 0 {
            return doubt(format!("{title} was observed at {text}, which is after {judges}"));
        }
        if age > max_age.nanoseconds() {
            return doubt(format!(
                "{title} was observed at {text}, more than {max_age} before {judges}"
            ));
        }
        Ok(())
    }

    /// Facts that are combined cover the same time.
    fn one_window(&mut self, window: Option<Window>, title: &str) -> Sound<()> {
        let (first, of) = self.window.get_or_insert_with(|| (window, title.to_string()));
        if *first == window {
            return Ok(());
        }
        doubt(format!("{of} and {title} are of different windows, and belong to one statistic"))
    }

    /// Facts that are combined are of one observation.
    fn one_observation(&mut self, newest: Option<Newest<'_>>, title: &str) -> Sound<()> {
        let Some(Newest { at, .. }) = newest else { return Ok(()) };
        let (first, of) = self.observed.get_or_insert_with(|| (at, title.to_string()));
        if *first == at {
            return Ok(());
        }
        doubt(format!(
            "{of} and {title} were observed at different times, and belong to one statistic"
        ))
    }

    /// Two sides of a test cover the same time.
    pub(crate) fn refuse_other_window(&self, other: &Self) -> Sound<()> {
        match (&self.window, &other.window) {
            (Some((one, of)), Some((another, and))) if one != another => {
                doubt(format!("{of} and {and} are of different windows, so they do not compare"))
            }
            _ => Ok(()),
        }
    }

    /// Two sides are in one unit.
    pub(crate) fn refuse_other_unit(&self, other: &Self) -> Sound<()> {
        match (&self.unit, &other.unit) {
            (Some((one, of)), Some((another, and))) if one != another => {
                doubt(different_units((one, of), (another, and)))
            }
            _ => Ok(()),
        }
    }

    /// Facts that are measured are in one unit.
    fn one_unit(&mut self, taken: &Taken<'_>) -> Sound<()> {
        let unit = taken.unit.unwrap_or_default();
        let (first, of) = self.unit.get_or_insert_with(|| (unit.to_string(), taken.title.clone()));
        if first == unit {
            return Ok(());
        }
        let reason = different_units((first, of), (unit, &taken.title));
        doubt(reason)
    }

    /// That a part rests on enough samples.
    pub(crate) fn enough(&self, samples: u64, what: impl FnOnce() -> String) -> Sound<()> {
        let least = self.rule.min_samples;
        if samples >= least {
            return Ok(());
        }
        let those = if samples == 1 { "sample" } else { "samples" };
        let reason = format!("{} rests on {samples} {those}, and {least} are needed", what());
        Err(Trouble::Thin(reason))
    }
}

fn different_units((one, of): (&str, &str), (another, and): (&str, &str)) -> String {
    let show = |unit: &str| if unit.is_empty() { "no unit".into() } else { format!("`{unit}`") };
    format!("{of} is in {} and {and} in {}, so they do not compare", show(one), show(another))
}

/// The one that stands for all copies.
fn agreed<'a>(copies: &[(u32, &'a Fact)], title: &str) -> Sound<&'a Fact> {
    let Some(((_, first), others)) = copies.split_first() else {
        return doubt(format!("{title} cannot be read"));
    };
    for (_, other) in others {
        if !same(&first.value, &other.value) || unit(first) != unit(other) {
            return doubt(format!("{title} is given twice, with different values"));
        }
    }
    let mut samples = copies.iter().filter_map(|(_, fact)| fact.samples);
    if let Some(one) = samples.next()
        && let Some(other) = samples.find(|other| *other != one)
    {
        return doubt(format!("{title} is given twice, on {one} samples and on {other}"));
    }
    Ok(first)
}

fn unit(fact: &Fact) -> &str {
    fact.unit.as_deref().unwrap_or_default()
}

#[allow(clippy::cast_precision_loss, reason = "counts that large are refused where they are read")]
fn same(one: &FactValue, other: &FactValue) -> bool {
    match (one, other) {
        (FactValue::Integer(one), FactValue::Integer(other)) => one == other,
        (FactValue::Number(one), FactValue::Number(other)) => one == other,
        (FactValue::Integer(whole), FactValue::Number(number))
        | (FactValue::Number(number), FactValue::Integer(whole)) => *whole as f64 == *number,
        (FactValue::Numbers(one), FactValue::Numbers(other)) => one == other,
        (FactValue::Boolean(one), FactValue::Boolean(other)) => one == other,
        (FactValue::Text(one), FactValue::Text(other)) => one == other,
        _ => false,
    }
}
