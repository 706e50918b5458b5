//! What the conditions of settings ask of inputs, as far as a table of values
//! must know it: texts are told apart by more than a list of them, and several
//! inputs may be compared with each other.
//!
//! Any text of the settings that names an input and compares or calls something
//! is read as such a condition, in the tokens that expression languages share.

mod tokens;

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tollgate_engine::types::{Input, Kind};

use self::tokens::{Spanned, Token, lexed};

/// So many conditions of each kind are looked at.
const TAKEN: usize = 64;

/// What conditions ask.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// What is asked of texts that no list of texts answers.
    pub(super) tests: Vec<Test>,
    /// What no table of single inputs can say, as it is written: it compares
    /// inputs with each other, or asks something else of a text.
    pub(super) computed: BTreeSet<String>,
    /// The inputs of these.
    pub(super) compared: BTreeSet<String>,
    /// Whether a condition computes with one number, and changes at others than
    /// those that it holds.
    pub(super) derives: bool,
    /// Numbers at which what computes may change.
    pub(super) numbers: Vec<f64>,
}

/// What is asked of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Test {
    pub(super) input: String,
    /// As it is written.
    pub(super) words: String,
    asks: Asks,
}

#[derive(Debug, Clone, PartialEq)]
enum Asks {
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    /// Of its length in code points.
    Size(String, f64),
    /// Of its place in the order of texts.
    Order(String, String),
}

impl Test {
    pub(super) fn holds(&self, text: &str) -> bool {
        match &self.asks {
            Asks::StartsWith(other) => text.starts_with(other),
            Asks::EndsWith(other) => text.ends_with(other),
            Asks::Contains(other) => text.contains(other),
            #[allow(clippy::cast_precision_loss, reason = "texts are shorter")]
            Asks::Size(sign, size) => compares(sign, &(text.chars().count() as f64), size),
            Asks::Order(sign, other) => compares(sign, &text, &other.as_str()),
        }
    }

    /// The text that it speaks of, if any.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.asks {
            Asks::StartsWith(text) | Asks::EndsWith(text) | Asks::Contains(text) => Some(text),
            Asks::Order(_, text) => Some(text),
            Asks::Size(..) => None,
        }
    }

    /// The length that it speaks of, if any.
    pub(super) fn size(&self) -> Option<f64> {
        match &self.asks {
            Asks::Size(_, size) => Some(*size),
            _ => None,
        }
    }
}

fn compares<T: PartialOrd>(sign: &str, one: &T, other: &T) -> bool {
    match sign {
        "<" => one < other,
        "<=" => one <= other,
        ">" => one > other,
        ">=" => one >= other,
        "!=" => one != other,
        _ => one == other,
    }
}

impl Conditions {
    pub(super) fn of(settings: &Json, inputs: &[Input]) -> Self {
        let mut conditions = Self::default();
        conditions.add(settings, inputs);
        conditions
    }

    fn add(&mut self, json: &Json, inputs: &[Input]) {
        match json {
            Json::String(text) => self.text(text, inputs),
            Json::Array(items) => items.iter().for_each(|item| self.add(item, inputs)),
            Json::Object(members) => members.values().for_each(|value| self.add(value, inputs)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn text(&mut self, text: &str, inputs: &[Input]) {
        let Some(tokens) = lexed(text) else { return };
        let names = |token: &Spanned<'_>| is_input(&token.token, inputs);
        let asks = |token: &Spanned<'_>| {
            matches!(token.token, Token::Sign(sign) if "== != <= >= ( < >".contains(sign))
                || token.token == Token::Name("in")
        };
        if tokens.iter().any(names) && tokens.iter().any(asks) {
            for atom in tokens::atoms(&tokens) {
                self.atom(text, atom, inputs);
            }
        }
    }

    /// Takes in one comparison.
    fn atom(&mut self, text: &str, atom: &[Spanned<'_>], inputs: &[Input]) {
        let used: BTreeSet<&str> = atom.iter().filter_map(|it| named(&it.token, inputs)).collect();
        let Some(input) = used.first() else { return };
        let words = tokens::words(text, atom);
        let tokens: Vec<Token<'_>> = atom.iter().map(|it| it.token.clone()).collect();
        match asked(&tokens, inputs) {
            Asked::Listed => {}
            Asked::Test(asks) if self.tests.len() < TAKEN => {
                let test = Test { input: (*input).to_owned(), words: words.to_owned(), asks };
                if self.tests.iter().all(|known| known.words != test.words) {
                    self.tests.push(test);
                }
            }
            Asked::Test(_) | Asked::Computed => {
                let kind = inputs.iter().find(|it| it.name == *input).map(|it| it.kind);
                let is_number = matches!(kind, Some(Kind::Number | Kind::Integer));
                let is_periodic = tokens.contains(&Token::Sign("%"));
                if used.len() == 1 && is_number && !is_periodic {
                    self.derives = true;
                } else if self.computed.len() < TAKEN {
                    self.computed.insert(words.to_owned());
                    self.compared.extend(used.iter().map(|input| (*input).to_owned()));
                }
                let numbers: Vec<f64> = tokens
                    .iter()
                    .filter_map(|token| match token {
                        Token::Number(number) => Some(*number),
                        _ => None,
                    })
                    .collect();
                self.derive(&numbers);
            }
        }
    }

    /// Where `x * 2 > 9` and `x - 2 > 9` change.
    fn derive(&mut self, numbers: &[f64]) {
        for (at, one) in numbers.iter().enumerate() {
            for other in numbers.iter().skip(at + 1) {
                let derived =
                    [one / other, other / one, one - other, other - one, one + other, one * other];
                self.numbers.extend(derived.into_iter().filter(|number| number.is_finite()));
            }
        }
        self.numbers.truncate(TAKEN);
    }
}

fn is_input(token: &Token<'_>, inputs: &[Input]) -> bool {
    named(token, inputs).is_some()
}

fn named<'t>(token: &Token<'t>, inputs: &[Input]) -> Option<&'t str> {
    match token {
        Token::Name(name) if inputs.iter().any(|input| input.name == *name) => Some(*name),
        _ => None,
    }
}

/// What a comparison asks.
enum Asked {
    /// Whether an input is one of listed values, or beyond a number.
    Listed,
    Test(Asks),
    Computed,
}

fn asked(tokens: &[Token<'_>], inputs: &[Input]) -> Asked {
    use Token::{Name, Number, Sign, Text};
    let kind = |name: &str| inputs.iter().find(|it| it.name == name).map(|it| it.kind);
    let is_text = |name: &str| kind(name) == Some(Kind::Text);
    let is_value =
        |token: &Token<'_>| matches!(token, Number(_) | Text(_) | Name("true" | "false" | "null"));
    let size = |sign: &str, size: f64| Asked::Test(Asks::Size(sign.to_owned(), size));
    match tokens {
        [Name(_)] => Asked::Listed,
        [Name(input), Sign(sign @ ("<" | "<=" | ">" | ">=")), Text(text)] if is_text(input) => {
            Asked::Test(Asks::Order((*sign).to_owned(), text.clone()))
        }
        [Text(text), Sign(sign @ ("<" | "<=" | ">" | ">=")), Name(input)] if is_text(input) => {
            Asked::Test(Asks::Order(turned(sign).to_owned(), text.clone()))
        }
        [Name(_), Sign(sign), value] | [value, Sign(sign), Name(_)]
            if is_value(value) && is_comparison(sign) =>
        {
            Asked::Listed
        }
        [Name(_), Name("in"), Sign("["), values @ .., Sign("]")]
            if values.iter().all(|it| is_value(it) || *it == Sign(",")) =>
        {
            Asked::Listed
        }
        [Name(input), Sign("."), Name(test), Sign("("), Text(text), Sign(")")]
            if is_text(input) =>
        {
            match *test {
                "startsWith" => Asked::Test(Asks::StartsWith(text.clone())),
                "endsWith" => Asked::Test(Asks::EndsWith(text.clone())),
                "contains" => Asked::Test(Asks::Contains(text.clone())),
                _ => Asked::Computed,
            }
        }
        [Name("size"), Sign("("), Name(input), Sign(")"), Sign(sign), Number(number)]
        | [
            Name(input),
            Sign("."),
            Name("size"),
            Sign("("),
            Sign(")"),
            Sign(sign),
            Number(number),
        ] if is_text(input) && is_comparison(sign) => size(sign, *number),
        [Number(number), Sign(sign), Name("size"), Sign("("), Name(input), Sign(")")]
        | [
            Number(number),
            Sign(sign),
            Name(input),
            Sign("."),
            Name("size"),
            Sign("("),
            Sign(")"),
        ] if is_text(input) && is_comparison(sign) => size(turned(sign), *number),
        _ => Asked::Computed,
    }
}

fn is_comparison(sign: &str) -> bool {
    ["<", "<=", ">", ">=", "==", "!="].contains(&sign)
}

/// The sign of the same comparison from its other side.
fn turned(sign: &str) -> &str {
    match sign {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inputs() -> Vec<Input> {
        let input = |name: &str, kind| Input { name: name.to_owned(), kind, required: true };
        vec![
            input("country", Kind::Text),
            input("amount", Kind::Number),
            input("usual", Kind::Number),
            input("night", Kind::Boolean),
        ]
    }

    #[test]
    fn what_a_list_answers_is_told_from_what_it_does_not() {
        for (when, tests, computed) in [
            ("amount > 10.0 && !(country == \"NG\" || night)", &[][..], &[][..]),
            ("10.0 <= amount || country in ['NG', \"PK\"] ? night : amount < -1.5", &[], &[]),
            ("country.startsWith(\"N\")", &["country.startsWith(\"N\")"], &[]),
            ("!(2 < size(country)) && night", &["2 < size(country)"], &[]),
            (
                "country.size() == 2 || country < \"M\"",
                &["country.size() == 2", "country < \"M\""],
                &[],
            ),
            ("amount > usual * 3.0 && night", &[], &["amount > usual * 3.0"]),
            ("amount * 2.0 > 9.0", &[], &[]),
            ("int(amount) % 7 == 0", &[], &["int(amount) % 7 == 0"]),
            ("size(country + \"x\") > 2", &[], &["size(country + \"x\") > 2"]),
            ("country.contains(country)", &[], &["country.contains(country)"]),
            ("the amount, if any", &[], &[]),
            ("high_amount", &[], &[]),
        ] {
            let found = Conditions::of(&json!({ "rules": [{ "when": when }] }), &inputs());
            let words: Vec<&str> = found.tests.iter().map(|test| test.words.as_str()).collect();
            assert_eq!(words, tests, "{when}");
            assert_eq!(found.computed.iter().collect::<Vec<_>>(), computed, "{when}");
        }
        let found = Conditions::of(&json!("2 < size(country)"), &inputs());
        assert!(found.tests[0].holds("abc") && !found.tests[0].holds("ab"));
        let found = Conditions::of(&json!("amount * 2.0 > 9.0"), &inputs());
        assert!(found.derives && found.numbers.contains(&4.5), "{:?}", found.numbers);
    }
}
