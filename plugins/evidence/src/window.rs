//! Lengths of time: `30s`, `1h`, `1h30m`, `14d`.

use alloc::format;
use core::fmt;

use tollgate_sdk::settings::{Kind, Mistakes, Object, Setting};

/// How long a value was observed, or how old it may be, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window(u64);

/// The label under which a fact says its window.
pub const LABEL: &str = "window";

/// Prometheus's units, longest first.
const UNITS: [(&str, u64); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

impl Window {
    /// Reads a duration as Prometheus writes it. `None` for anything else,
    /// and for none at all (`0s`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut total = 0u64;
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
            let (count, tail) = rest.split_at_checked(digits)?;
            let letters = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
            let (name, tail) = tail.split_at_checked(letters)?;
            let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name)?;
            let part = count.parse::<u64>().ok()?.checked_mul(*unit)?;
            total = total.checked_add(part)?;
            rest = tail;
        }
        (total > 0).then_some(Self(total))
    }

    /// The duration that a setting says, or a mistake at its pointer.
    pub fn read(text: &str, pointer: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let length = Self::parse(text);
        if length.is_none() {
            let message = format!("`{text}` is not a length of time such as `30s`, `1h` or `14d`");
            mistakes.add(pointer, message);
        }
        length
    }

    /// In nanoseconds.
    #[must_use]
    pub fn nanoseconds(self) -> i128 {
        i128::from(self.0) * 1_000_000
    }
}

/// A length of time that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct LeastWindow {
    /// The length.
    pub length: Window,
    /// Whether a longer one will not do.
    pub exactly: bool,
}

impl LeastWindow {
    /// At least this long.
    #[must_use]
    pub fn of(length: Window) -> Self {
        Self { length, exactly: false }
    }

    /// What a rule says under a key: `14d`, or `{ exactly: 14d }`.
    pub fn read<'a, V: Setting<'a>>(
        rule: &Object<V>,
        key: &str,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        if rule.get(key)?.kind() != Kind::Object {
            let length = Window::read(rule.text(key, mistakes)?, &rule.at(key), mistakes)?;
            return Some(Self::of(length));
        }
        let window = rule.object(key, &["exactly"], mistakes)?;
        if window.get("exactly").is_none() {
            let message = "expected a length of time, or `exactly` one: `{ exactly: 14d }`";
            mistakes.add(&window.pointer, message);
        }
        let text = window.text("exactly", mistakes)?;
        let length = Window::read(text, &window.at("exactly"), mistakes)?;
        Some(Self { length, exactly: true })
    }

    /// Whether what was observed so long will do.
    #[must_use]
    pub fn accepts(self, window: Window) -> bool {
        if self.exactly { window == self.length } else { window >= self.length }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (name, unit) in UNITS.iter().skip(1) {
            let count = rest / unit;
            rest %= unit;
            if count > 0 {
                write!(out, "{count}{name}")?;
            }
        }
        Ok(())
    }
}
