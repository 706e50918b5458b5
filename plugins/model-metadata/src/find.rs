//! The one value that a field has, under any of its names.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::{Given, Reading, unreadable};
use gate_evidence::newest::keep_newest;
use gate_evidence::unit::{Quantity, comparable};
use tollgate_sdk::gate::{Fact, Label};

use crate::facts::{Facts, Indexed};
use crate::name::{Name, Title};
use crate::value::{Value, shown};

/// A value that was found.
#[derive(Debug)]
pub(crate) struct Field<'a> {
    /// The value.
    pub value: Value<'a>,
    /// What its fact calls itself, and whose it is: `` `owner` of `candidate` ``.
    pub title: String,
    /// That there were older ones.
    pub note: String,
}

/// Looks for a field. Its names mean the same: what they say must agree, unless
/// one says nothing; of several observations the newest counts. A text that
/// says nothing is kept where the rule asks for it by `keeps`.
pub(crate) fn find<'a>(
    facts: &Facts<'a>,
    subject: &str,
    name: &Name,
    keeps: impl Fn(&Value<'_>) -> bool,
) -> Given<Field<'a>> {
    let names = facts.vocabulary.names(name);
    let mut copies: Vec<Indexed<'a>> =
        names.iter().flat_map(|name| facts.of(subject, name)).collect();
    if copies.is_empty() {
        let reason = format!("`{name}` of `{subject}` is missing{}", facts.hint(subject, name));
        return Given { facts: Vec::new(), reading: Reading::Missing(reason) };
    }
    copies.sort_by_key(|(index, _)| *index);
    read(facts, subject, name, copies, keeps)
}

/// What copies of a field come to.
pub(crate) fn read<'a>(
    facts: &Facts<'a>,
    subject: &str,
    name: &Name,
    mut copies: Vec<Indexed<'a>>,
    keeps: impl Fn(&Value<'_>) -> bool,
) -> Given<Field<'a>> {
    let note = match newest(facts, subject, name, &mut copies) {
        Ok(note) => note,
        Err(doubt) => return given(&copies, Reading::Doubtful(doubt)),
    };
    let reading =
        agreed(facts, &copies, keeps).map_or_else(Reading::Doubtful, |agreed| match agreed {
            Agreed::Silent(said) => {
                Reading::Missing(format!("`{name}` of `{subject}` is missing: it is {said}"))
            }
            Agreed::Says(value, title) => Reading::Sound(Field { value, title, note }),
        });
    given(&copies, reading)
}

fn given<'a>(copies: &[Indexed<'_>], reading: Reading<Field<'a>>) -> Given<Field<'a>> {
    Given { facts: copies.iter().map(|(index, _)| *index).collect(), reading }
}

/// Leaves the newest observation; says so.
fn newest(
    facts: &Facts<'_>,
    subject: &str,
    name: &Name,
    copies: &mut Vec<Indexed<'_>>,
) -> Result<String, String> {
    let Some(newest) = keep_newest(copies).map_err(unreadable)?.filter(|newest| newest.older > 0)
    else {
        return Ok(String::new());
    };
    if facts.as_of.value().is_some_and(|as_of| newest.at > *as_of) {
        return Err(format!(
            "the newest observation of `{name}` of `{subject}` is of {}, which is after the time \
             that this run judges as of",
            newest.text
        ));
    }
    Ok(format!(" (the newest of {} observations, of {})", copies.len() + newest.older, newest.text))
}

/// What copies come to.
enum Agreed<'a> {
    /// All say nothing, the first this.
    Silent(String),
    /// They say this, under this name.
    Says(Value<'a>, String),
}

/// The one thing that all copies say. Copies of one name of which one says
/// nothing do not agree; of two names one may.
fn agreed<'a>(
    facts: &Facts<'_>,
    copies: &[Indexed<'a>],
    keeps: impl Fn(&Value<'_>) -> bool,
) -> Result<Agreed<'a>, String> {
    let mut value: Option<(Value<'a>, Indexed<'a>)> = None;
    // One copy of each name: there may be many of each.
    let (mut saying, mut silent): (Vec<Indexed<'a>>, Vec<Indexed<'a>>) = (Vec::new(), Vec::new());
    for copy in copies {
        let this = Value::of(copy.1)?;
        if let Value::Text(text) = this
            && facts.vocabulary.is_silent(text)
            && !keeps(&this)
        {
            keep_one(&mut silent, *copy);
            continue;
        }
        keep_one(&mut saying, *copy);
        match &value {
            None => value = Some((this, *copy)),
            Some((first, _)) if agree(first, &this) => {}
            Some((_, one)) => return Err(contradiction(*one, *copy)),
        }
    }
    let Some((value, one)) = value else {
        let said = silent.first().map_or_else(String::new, |(_, fact)| shown(fact));
        return Ok(Agreed::Silent(if said == "``" { "blank".into() } else { said }));
    };
    for blank in &silent {
        if let Some(one) = saying.iter().find(|one| is_same(one.1, blank.1)) {
            return Err(contradiction(*one, *blank));
        }
    }
    Ok(Agreed::Says(value, format!("`{}` of `{}`", Title(one.1), one.1.subject)))
}

fn keep_one<'a>(copies: &mut Vec<Indexed<'a>>, copy: Indexed<'a>) {
    if !copies.iter().any(|other| is_same(other.1, copy.1)) {
        copies.push(copy);
    }
}

/// Whether two facts have one name and the same labels.
fn is_same(one: &Fact, other: &Fact) -> bool {
    let has = |label: &Label| {
        other.labels.iter().any(|it| it.key == label.key && it.value == label.value)
    };
    one.name == other.name && one.labels.len() == other.labels.len() && one.labels.iter().all(has)
}

fn agree(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Number(one, unit), Value::Number(other, another)) => {
            let (unit, another) = (unit.as_ref(), another.as_ref());
            let base = Quantity::new(*one, unit).base();
            comparable(unit, another)
                && base.is_some()
                && base == Quantity::new(*other, another).base()
        }
        _ => one == other,
    }
}

/// Two copies that say different things.
fn contradiction((_, one): Indexed<'_>, (_, other): Indexed<'_>) -> String {
    let (value, another) = (shown(one), shown(other));
    if is_same(one, other) {
        return format!(
            "`{}` of `{}` is given twice, as {value} and as {another}",
            Title(one),
            one.subject
        );
    }
    format!(
        "`{}` and `{}` of `{}` mean the same, but one is {value} and the other {another}",
        Title(one),
        Title(other),
        one.subject
    )
}
