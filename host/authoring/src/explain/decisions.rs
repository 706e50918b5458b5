//! What a policy decides, as a table that the policy itself filled in.
//!
//! 1. Each input is divided into parts by the numbers and texts of the settings.
//! 2. Parts on which there is never a decision are told apart.
//! 3. A part whose middle and ends differ in a drawn case is divided where they
//!    do.
//! 4. Parts beside each other that make no difference in drawn cases are one.
//! 5. Every combination of what is left is decided by the plugin.
//! 6. Drawn cases are decided and held against that; where one differs, it
//!    takes part in step 4 of another round.
//! 7. Where conditions compute or compare inputs, more cases of each combination
//!    are decided, and what else comes out is told with it.
//! 8. Combinations with one action become rows, as few as are found.

mod ask;
mod classes;
mod cover;
mod held;
mod hidden;
mod shown;
mod texts;
mod words;

use serde::Serialize;
use tollgate::judge::{Decider, JudgeError};
use tollgate_engine::types::{Kind, Value};

use self::ask::{Asker, Draw};
use self::classes::{bounded, classes, size};
use self::cover::{Cover, Grid};
use self::held::{HELD, doubt, filled, refuting};
use self::words::condition;
use super::conditions::Conditions;
use super::part::Part;
use super::points::Mentioned;

/// So many cases are drawn to tell parts apart, and to hold the table against.
const DRAWN: usize = 256;
/// So many combinations are decided at most.
const CELLS: usize = 4096;
/// So many parts of an input are told apart at most.
const CLASSES: usize = 64;
/// How often a table that drawn cases refute is made anew.
const ROUNDS: usize = 6;
/// So many rows are told.
const ROWS: usize = 60;

/// What a policy decides.
#[derive(Debug, Clone, Serialize)]
pub struct Decisions {
    /// What each input is, as far as there is a decision.
    pub inputs: Vec<Considered>,
    /// Each case fits one row or several, all with the same action.
    pub rows: Vec<Row>,
    /// Values on which there is never a decision.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Without>,
    /// How many cases the plugin decided for this.
    pub asked: u64,
    /// What the table does not say; nothing where it says all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// An input of a policy.
#[derive(Debug, Clone, Serialize)]
pub struct Considered {
    /// Its name.
    pub input: String,
    /// Whether it makes a difference to the action or its reasons.
    pub matters: bool,
    /// Whether a text stands for all that differ from it in the case of letters
    /// and the white space around it alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_any_letters: bool,
}

/// Cases with one action.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The action; none where there is no decision.
    pub action: Option<String>,
    /// What else it is in some of these cases, by a condition that a table cannot
    /// draw.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub or: Vec<Option<String>>,
    /// What is so in all of them; nothing is asked of other inputs.
    pub when: Vec<Condition>,
    /// The reasons that are given in all of them.
    pub reasons: Vec<String>,
}

/// What an input is.
#[derive(Debug, Clone, Serialize)]
pub struct Condition {
    /// The input.
    pub input: String,
    /// What it is: `>= 0.7`, `NG, PK`.
    pub is: String,
}

/// Values on which there is never a decision.
#[derive(Debug, Clone, Serialize)]
pub struct Without {
    /// The input.
    pub input: String,
    /// The values.
    pub is: String,
    /// Why, in the plugin's words.
    pub why: String,
}

/// An input and what of it was told apart.
struct Axis {
    name: String,
    kind: Kind,
    parts: Vec<Part>,
    /// The parts on which there can be a decision.
    valid: Vec<usize>,
    /// Parts that make the same difference.
    classes: Vec<Vec<usize>>,
}

impl Axis {
    /// Whether parts have an order, so that only those beside each other are
    /// one.
    fn is_ordered(&self) -> bool {
        matches!(self.kind, Kind::Number | Kind::Integer)
    }

    fn class_of(&self, part: usize) -> usize {
        self.classes.iter().position(|class| class.contains(&part)).unwrap_or_default()
    }
}

impl Decisions {
    /// Asks a policy.
    ///
    /// # Errors
    /// When its plugin fails.
    pub fn of(decider: &Decider) -> Result<Self, JudgeError> {
        let surface = decider.policy().surface();
        let settings = serde_json::from_str(decider.document().settings()).unwrap_or_default();
        let conditions = Conditions::of(&settings, &surface.inputs);
        let mut mentioned = Mentioned::of(&settings);
        mentioned.found(conditions.numbers.clone());
        let mut axes = axes_of(surface, &mentioned, &conditions);
        let mut asker = Asker::new(decider.policy());
        let mut draw = Draw::default();
        let mut told = Self {
            inputs: Vec::new(),
            rows: Vec::new(),
            without: Vec::new(),
            asked: 0,
            notes: Vec::new(),
        };
        if mentioned.is_cut() {
            let cut = "the settings hold more numbers or texts than were tried: what stands here \
                       of the others may be wrong";
            told.notes.push(cut.to_owned());
        }
        let decided = decided(&mut asker, &axes, &mut draw)?;
        if decided.is_empty() {
            told.asked = asker.asked;
            told.notes.push("no case was found on which there is a decision".to_owned());
            return Ok(told);
        }
        told.without = without(&mut asker, &mut axes, &decided)?;
        let mut drawn: Vec<Vec<Value>> = (0..DRAWN).map(|_| draw.case(&axes)).collect();
        drawn.extend(decided.iter().cloned());
        for _ in 0..ROUNDS {
            let found = hidden::boundaries(&mut asker, &axes, &drawn, &conditions.compared)?;
            if found.is_empty() {
                break;
            }
            mentioned.found(found);
            axes = axes_of(surface, &mentioned, &conditions);
            told.without = without(&mut asker, &mut axes, &decided)?;
        }
        let mut rounds = 0;
        let mut by_reasons = true;
        let (mut grid, held, refuted) = loop {
            classes(&mut asker, &mut axes, &drawn, by_reasons, &conditions.compared)?;
            let is_large = size(&axes).is_none_or(|size| size > CELLS)
                || axes.iter().any(|axis| axis.classes.len() > CLASSES);
            if by_reasons && is_large {
                by_reasons = false;
                continue;
            }
            let held = bounded(&mut axes, &mut told.notes);
            let grid = filled(&mut asker, &axes)?;
            let refuting = refuting(&mut asker, &axes, &grid, &held, &mut draw)?;
            rounds += 1;
            // What hangs on several inputs no more cases tell apart.
            let is_last = rounds == ROUNDS || !conditions.computed.is_empty();
            if refuting.is_empty() || is_last || !held.is_empty() {
                break (grid, held, refuting.len());
            }
            drawn.extend(refuting);
        };
        let computes = conditions.derives || !conditions.computed.is_empty();
        let is_tried = computes || refuted > 0 || !by_reasons;
        if is_tried {
            doubt(&mut asker, &axes, &mut grid, &held, &conditions.compared, &mut draw)?;
        }
        told.notes.extend(conditions.computed.iter().map(|words| {
            format!(
                "`{words}` computes, or compares inputs with each other: when it holds no table \
                 can say, and for each row cases were tried"
            )
        }));
        let refuted = match is_tried {
            true => refuting(&mut asker, &axes, &grid, &held, &mut draw)?.len(),
            false => refuted,
        };
        if refuted > 0 {
            told.notes.push(format!(
                "of {HELD} drawn cases {refuted} came out otherwise than the table says: it \
                 changes its mind at values that the settings do not hold"
            ));
        }
        told.rows = rows(&axes, &grid, surface, &mut told.notes);
        if conditions.computed.is_empty() && told.rows.iter().any(|row| !row.or.is_empty()) {
            let several = "where a row has several actions, it hangs on more than is told there";
            told.notes.push(several.to_owned());
        }
        if !by_reasons {
            let tried = "there are too many combinations to tell them apart by their reasons, \
                         which were tried on drawn cases";
            told.notes.push(tried.to_owned());
        }
        told.inputs = axes
            .iter()
            .map(|axis| Considered {
                input: axis.name.clone(),
                matters: axis.classes.len() > 1,
                in_any_letters: axis.classes.len() > 1 && texts::minds_letters(axis) == Some(false),
            })
            .collect();
        told.asked = asker.asked;
        Ok(told)
    }
}

/// The inputs, of which nothing is told apart yet.
fn axes_of(
    surface: &tollgate_engine::types::Declaration,
    mentioned: &Mentioned,
    conditions: &Conditions,
) -> Vec<Axis> {
    let axes = surface.inputs.iter().map(|input| {
        let parts = mentioned.parts(input, conditions);
        let valid = (0..parts.len()).collect();
        Axis { name: input.name.clone(), kind: input.kind, parts, valid, classes: Vec::new() }
    });
    axes.collect()
}

/// Some cases on which there is a decision.
fn decided(
    asker: &mut Asker,
    axes: &[Axis],
    draw: &mut Draw,
) -> Result<Vec<Vec<Value>>, JudgeError> {
    const WANTED: usize = 16;
    const TRIED: usize = 20_000;
    let mut decided = Vec::new();
    for _ in 0..TRIED {
        let case = draw.case(axes);
        if asker.ask(&case)?.action.is_some() {
            decided.push(case);
        }
        if decided.len() == WANTED {
            break;
        }
    }
    Ok(decided)
}

/// Takes out the parts on which there is no decision, whatever else is so.
fn without(
    asker: &mut Asker,
    axes: &mut [Axis],
    decided: &[Vec<Value>],
) -> Result<Vec<Without>, JudgeError> {
    let mut without = Vec::new();
    for (at, axis) in axes.iter_mut().enumerate() {
        let mut refused: Vec<(usize, String)> = Vec::new();
        for (index, part) in axis.parts.iter().enumerate() {
            let mut why = None;
            for case in decided {
                let Some(value) = part.values.first() else { continue };
                let answer = asker.ask(&with(case, at, value))?;
                why = answer.refusal;
                if answer.action.is_some() {
                    why = None;
                    break;
                }
            }
            refused.extend(why.map(|why| (index, why)));
        }
        axis.valid.retain(|part| refused.iter().all(|(refused, _)| refused != part));
        without.extend(words::refused(&axis.name, &axis.parts, &refused));
    }
    Ok(without)
}

/// The case with another value for one input.
fn with(case: &[Value], at: usize, value: &Value) -> Vec<Value> {
    let mut case = case.to_vec();
    if let Some(place) = case.get_mut(at) {
        place.clone_from(value);
    }
    case
}

fn rows(
    axes: &[Axis],
    grid: &Grid,
    surface: &tollgate_engine::types::Declaration,
    notes: &mut Vec<String>,
) -> Vec<Row> {
    let ordered: Vec<bool> = axes.iter().map(Axis::is_ordered).collect();
    let Cover { boxes, is_whole } = Cover::of(grid, &ordered, ROWS);
    if !is_whole {
        notes.push(format!("the table is cut: only the first {ROWS} rows are told"));
    }
    let name = |names: &[String], index: u32| names.get(index as usize).cloned();
    let mut rows: Vec<(Option<u32>, Row)> = boxes
        .into_iter()
        .map(|found| {
            let when = axes.iter().zip(&found.masks).filter_map(|(axis, mask)| {
                let is = condition(axis, *mask)?;
                Some(Condition { input: axis.name.clone(), is })
            });
            let reasons = found.reasons.iter().filter_map(|it| name(&surface.reasons, *it));
            let action = found.action.and_then(|action| name(&surface.actions, action));
            let or = found.others.iter();
            let or = or.map(|it| it.and_then(|action| name(&surface.actions, action))).collect();
            (found.action, Row { action, or, when: when.collect(), reasons: reasons.collect() })
        })
        .collect();
    // Mildest first, as actions are declared; what has no decision last.
    rows.sort_by_key(|(action, _)| action.unwrap_or(u32::MAX));
    rows.into_iter().map(|(_, row)| row).collect()
}
