//! One tensor of a request or an answer.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::json::Text;
use mlflow_schema::oip::Datatype;
use mlflow_schema::py::Py;
use mlflow_schema::step::escaped;
use mlflow_schema::unjudged::no_elements;

use crate::element::check;

/// What a signature wants of a tensor.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// None where the signature has one tensor without a name.
    pub(crate) name: Option<String>,
    pub(crate) datatype: Datatype,
    /// The lengths that will do; -1 for any.
    pub(crate) shape: Vec<i64>,
    /// Whether the last dimension may be 1 or missing: a column.
    pub(crate) column: bool,
    pub(crate) required: bool,
}

/// A tensor as it is sent.
pub(crate) struct Sent<'a> {
    pub(crate) name: String,
    pub(crate) pointer: String,
    datatype: Datatype,
    shape: Vec<i64>,
    data: Py<'a>,
}

impl<'a> Sent<'a> {
    /// Takes a tensor apart.
    pub(crate) fn read(tensor: Py<'a>, pointer: &str) -> Result<Self, Fault> {
        let form = |message: &str, at: String| Fault::new(Kind::OipForm, message).at(at);
        let Py::Dict(members) = tensor else {
            let fault = form("a tensor must be an object", pointer.to_string());
            return Err(fault.wanted("an object", &tensor));
        };
        let (mut name, mut datatype, mut shape, mut data) = (None, None, None, None);
        for (key, value) in members {
            match key.bytes() {
                b"name" => name = Some(value),
                b"datatype" => datatype = Some(value),
                b"shape" => shape = Some(value),
                b"data" => data = Some(value),
                b"parameters" => parameters(&value, pointer)?,
                _ => {
                    let at = format!("{pointer}/{}", escaped(&key.lossy()));
                    let message = format!("a tensor has no member `{}`", key.lossy());
                    return Err(form(&message, at));
                }
            }
        }
        let missing =
            |member: &str| form(&format!("the tensor has no `{member}`"), pointer.to_string());
        let name = match name.ok_or_else(|| missing("name"))? {
            Py::Str(name) if name.as_str().is_some() => name.lossy().into_owned(),
            other => {
                let fault = form("the tensor's name must be text", format!("{pointer}/name"));
                return Err(fault.wanted("text", &other));
            }
        };
        let datatype = match datatype.ok_or_else(|| missing("datatype"))? {
            Py::Str(given) => given.as_str().and_then(Datatype::named).ok_or_else(|| {
                let message = "the protocol has no such datatype";
                Fault::new(Kind::OipDatatype, message)
                    .wanted(names(), &Py::Str(given.clone()))
                    .at(format!("{pointer}/datatype"))
            })?,
            other => {
                let fault = form("`datatype` must be text", format!("{pointer}/datatype"));
                return Err(fault.wanted(names(), &other));
            }
        };
        let shape = lengths(&shape.ok_or_else(|| missing("shape"))?, pointer)?;
        let data = data.ok_or_else(|| missing("data"))?;
        Ok(Self { name, pointer: pointer.to_string(), datatype, shape, data })
    }

    /// The number of rows: the first dimension.
    pub(crate) fn rows(&self) -> Option<i64> {
        self.shape.first().copied()
    }

    /// That it has no element.
    pub(crate) fn unjudged(&self) -> Option<Fault> {
        let at = format!("{}/shape", self.pointer);
        self.shape.contains(&0).then(|| no_elements(&self.name, &self.shape).at(at))
    }

    /// Compares it with what is wanted, and its data with what it says itself.
    pub(crate) fn faults(&self, wanted: Option<&Wanted>, faults: &mut Vec<Fault>) {
        if let Some(wanted) = wanted {
            if self.datatype != wanted.datatype {
                let message =
                    format!("the signature wants {} for `{}`", wanted.datatype.name(), self.name);
                let given = Py::Str(Text::owned(self.datatype.name().to_string()));
                faults.push(
                    Fault::new(Kind::OipDatatype, message)
                        .wanted(wanted.datatype.name(), &given)
                        .at(format!("{}/datatype", self.pointer)),
                );
            }
            if !self.fits(wanted) {
                let message = format!("`{}` has another shape than the signature", self.name);
                let mut fault = Fault::new(Kind::OipShape, message);
                fault.expected = shown(&wanted.shape);
                fault.actual = shown(&self.shape);
                faults.push(fault.at(format!("{}/shape", self.pointer)));
            }
        }
        self.data_faults(faults);
    }

    fn fits(&self, wanted: &Wanted) -> bool {
        let fits = |shape: &[i64]| {
            shape.len() == self.shape.len()
                && shape.iter().zip(&self.shape).all(|(want, have)| *want == -1 || want == have)
        };
        fits(&wanted.shape) || wanted.column && fits(&[-1, 1])
    }

    fn data_faults(&self, faults: &mut Vec<Fault>) {
        let at = format!("{}/data", self.pointer);
        let Py::List(items) = &self.data else {
            let fault = Fault::new(Kind::OipForm, "`data` must be a list");
            faults.push(fault.wanted("a list", &self.data).at(at));
            return;
        };
        let count =
            self.shape.iter().try_fold(1_i64, |product, length| product.checked_mul(*length));
        let nested = self.shape.len() > 1 && items.iter().any(|item| matches!(item, Py::List(_)));
        if nested {
            self.nested(&self.shape, items, &at, faults);
            return;
        }
        if count != Some(items.len() as i64) {
            let message = format!("`{}` has more or fewer elements than its shape says", self.name);
            let mut fault = Fault::new(Kind::OipShape, message);
            fault.expected = match count {
                Some(count) => format!("{count} elements"),
                None => "a shape of fewer than 2^63 elements".to_string(),
            };
            fault.actual = format!("{} elements", items.len());
            faults.push(fault.at(at));
            return;
        }
        self.elements(items, &at, faults);
    }

    fn nested(&self, shape: &[i64], items: &[Py<'_>], at: &str, faults: &mut Vec<Fault>) {
        let [length, rest @ ..] = shape else {
            return;
        };
        if *length != items.len() as i64 {
            let message = format!("a list of `{}` is not as long as its shape says", self.name);
            let mut fault = Fault::new(Kind::OipShape, message);
            fault.expected = format!("{length} items");
            fault.actual = format!("{} items", items.len());
            faults.push(fault.at(at.to_string()));
            return;
        }
        if rest.is_empty() {
            self.elements(items, at, faults);
            return;
        }
        for (place, item) in items.iter().enumerate() {
            let at = format!("{at}/{place}");
            match item {
                Py::List(items) => self.nested(rest, items, &at, faults),
                other => {
                    let fault = Fault::new(Kind::OipShape, "flat and nested data do not mix");
                    faults.push(fault.wanted("a list", other).at(at));
                }
            }
        }
    }

    fn elements(&self, items: &[Py<'_>], at: &str, faults: &mut Vec<Fault>) {
        for (place, item) in items.iter().enumerate() {
            if let Err(fault) = check(self.datatype, item) {
                faults.push(fault.at(format!("{at}/{place}")));
            }
        }
    }
}

/// Refuses tensors whose data is not in the JSON.
fn parameters(parameters: &Py<'_>, pointer: &str) -> Result<(), Fault> {
    let at = format!("{pointer}/parameters");
    let Py::Dict(members) = parameters else {
        let fault = Fault::new(Kind::OipForm, "`parameters` must be an object");
        return Err(fault.wanted("an object", parameters).at(at));
    };
    let elsewhere = members.iter().find(|(key, _)| {
        ["binary_data_size", "shared_memory_region"].iter().any(|name| key.is(name))
    });
    match elsewhere {
        None => Ok(()),
        Some((key, _)) => {
            let message = format!(
                "`{}` says that the data is not in the JSON, so it cannot be checked",
                key.lossy()
            );
            let mut fault = Fault::new(Kind::OipBinary, message);
            fault.expected = "`data` in the JSON".to_string();
            Err(fault.at(format!("{at}/{}", key.lossy())))
        }
    }
}

fn lengths(shape: &Py<'_>, pointer: &str) -> Result<Vec<i64>, Fault> {
    let wrong = |value: &Py<'_>, at: String| {
        let message = "`shape` must be a list of lengths, 0 or more";
        Fault::new(Kind::OipForm, message).wanted("a list of whole numbers", value).at(at)
    };
    let Py::List(items) = shape else {
        return Err(wrong(shape, format!("{pointer}/shape")));
    };
    let length = |(place, item): (usize, &Py<'_>)| match item {
        Py::Int(length @ 0..) => Ok(*length),
        other => Err(wrong(other, format!("{pointer}/shape/{place}"))),
    };
    items.iter().enumerate().map(length).collect()
}

/// All datatypes.
fn names() -> String {
    Datatype::names().collect::<Vec<_>>().join(", ")
}

fn shown(shape: &[i64]) -> String {
    let lengths: Vec<String> = shape.iter().map(ToString::to_string).collect();
    format!("[{}]", lengths.join(", "))
}
