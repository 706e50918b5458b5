//! PromQL with the model's name and version in it.
//!
//! Both come from a registry, where anybody may have named a model. They stand
//! within quotes only, and are escaped for those, and for a pattern where they
//! are one: a name stays a name.

use std::fmt::Write as _;

use crate::asked::Named;

/// A query with variables in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Window,
    OfModel { which: Which, quote: char, is_pattern: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Name,
    Version,
}

/// Where in a query a place is.
#[derive(Clone, Copy)]
enum Within {
    Nothing,
    Comment,
    Quotes { quote: char, is_pattern: bool },
}

impl Template {
    /// Reads a query. The error is one sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut within = Within::Nothing;
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let before = text.get(..text.len() - rest.len()).unwrap_or_default();
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            match (within, letter) {
                (Within::Nothing, '#') => within = Within::Comment,
                (Within::Comment, '\n') => within = Within::Nothing,
                (Within::Nothing, '"' | '\'' | '`') => {
                    let before = before.trim_end();
                    let is_pattern = before.ends_with("=~") || before.ends_with("!~");
                    within = Within::Quotes { quote: letter, is_pattern };
                }
                (Within::Quotes { quote, .. }, _) if letter == quote => within = Within::Nothing,
                (Within::Quotes { quote, .. }, '\\') if quote != '`' => {
                    plain.push(letter);
                    // Whatever is escaped ends nothing and begins nothing.
                    if let Some(escaped) = rest.chars().next() {
                        plain.push(escaped);
                        rest = rest.get(escaped.len_utf8()..).unwrap_or_default();
                    }
                    continue;
                }
                (Within::Nothing | Within::Quotes { .. }, '$') => {
                    let (word, after) = word(rest);
                    if let Some(part) = variable(word, within)? {
                        parts.extend([Part::Text(std::mem::take(&mut plain)), part]);
                        rest = after;
                        continue;
                    }
                }
                _ => {}
            }
            plain.push(letter);
        }
        if matches!(within, Within::Quotes { .. }) {
            return Err("a quote is not closed".to_owned());
        }
        parts.push(Part::Text(plain));
        Ok(Self(parts))
    }

    /// Whether it says `$window`.
    pub(crate) fn has_window(&self) -> bool {
        self.0.contains(&Part::Window)
    }

    /// The query for a model. The error says what is not known of it: an empty
    /// word would match whatever lacks the label.
    pub(crate) fn fill(&self, of: &Named, window: &str) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Window => text.push_str(window),
                Part::OfModel { which, quote, is_pattern } => {
                    let (word, what) = match which {
                        Which::Name => (&of.name, "name"),
                        Which::Version => (&of.version, "version"),
                    };
                    let word = word.as_deref().filter(|word| !word.trim().is_empty());
                    let word = word.ok_or_else(|| {
                        format!("the query asks for `${what}`, and the model's {what} is not known")
                    })?;
                    escape(&mut text, word, *quote, *is_pattern);
                }
            }
        }
        Ok(text)
    }
}

/// The letters of a name after `$`, and what follows.
fn word(text: &str) -> (&str, &str) {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.split_at(text.find(|letter| !is_letter(letter)).unwrap_or(text.len()))
}

/// What `$word` means; none where it is a word of PromQL's own, as in
/// `label_replace(..., "$1", ...)`, or the end of a pattern.
fn variable(word: &str, within: Within) -> Result<Option<Part>, String> {
    let which = match word {
        "name" => Which::Name,
        "version" => Which::Version,
        "window" => {
            return match within {
                Within::Nothing => Ok(Some(Part::Window)),
                _ => Err("`$window` stands outside of quotes, as in `[$window]`".to_owned()),
            };
        }
        _ if word.starts_with(|letter: char| letter.is_ascii_alphabetic()) => {
            return Err(format!(
                "`${word}` is not known: expected `$name`, `$version` or `$window`"
            ));
        }
        _ => return Ok(None),
    };
    match within {
        Within::Quotes { quote: quote @ ('"' | '\''), is_pattern } => {
            Ok(Some(Part::OfModel { which, quote, is_pattern }))
        }
        _ => Err(format!("`${word}` stands within quotes, as in `{{model=\"${word}\"}}`")),
    }
}

/// As Go escapes strings, which PromQL takes over; patterns are RE2's.
fn escape(text: &mut String, word: &str, quote: char, is_pattern: bool) {
    for letter in word.chars() {
        if is_pattern && r"\.+*?()|[]{}^$".contains(letter) {
            // One for the pattern, which the string needs twice.
            text.push_str(r"\\");
        }
        match letter {
            '\\' => text.push_str(r"\\"),
            letter if letter == quote => {
                text.push('\\');
                text.push(letter);
            }
            letter if letter.is_control() => {
                // Writing to text does not fail.
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            letter => text.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(query: &str, name: &str) -> Result<String, String> {
        Template::parse(query)?.fill(&Named::new(name, "8"), "1h")
    }

    #[test]
    fn a_name_stays_a_name() {
        let said = |query: &str, name: &str| filled(query, name).unwrap();
        assert_eq!(
            said(r#"up{m="$name",v='$version'}[$window]"#, "churn"),
            r#"up{m="churn",v='8'}[1h]"#
        );
        assert_eq!(
            said(r#"up{m="$name"}"#, r#"x"} or vector(0) #"#),
            r#"up{m="x\"} or vector(0) #"}"#
        );
        assert_eq!(said(r"up{m='$name'}", r#"x'"\"#), r#"up{m='x\'"\\'}"#);
        assert_eq!(said(r#"up{m="$name"}"#, "x\ny\u{0}"), r#"up{m="x\u000ay\u0000"}"#);
        assert_eq!(said(r#"up{m=~"$name"}"#, r".*|a\"), r#"up{m=~"\\.\\*\\|a\\\\"}"#);
        assert_eq!(said(r#"up{m!~ "a-$name$"}"#, "b.c"), r#"up{m!~ "a-b\\.c$"}"#);
        // A quote that is escaped ends nothing.
        assert_eq!(said(r#"up{m="\"$name"}"#, "x"), r#"up{m="\"x"}"#);
        assert_eq!(
            said(r#"label_replace(up,"a","$1","b","(.*)")"#, "x"),
            r#"label_replace(up,"a","$1","b","(.*)")"#
        );
        assert_eq!(said("up # the $name of \"it\n+ 1", "x"), "up # the $name of \"it\n+ 1");
    }

    #[test]
    fn a_name_stands_within_quotes() {
        for wrong in [
            "up{m=$name}",
            "$name",
            "up{m=`$name`}",
            r#"up{m="$nam"}"#,
            r#"up{m="$names"}"#,
            r#"up{m="$window"}"#,
            r#"up{m="x}"#,
            "up{m='$name}",
            "up[$wndow]",
        ] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
        // Nobody knows the version: an empty one would match what has none.
        for unknown in [Named::default(), Named { version: Some(" ".into()), ..Named::default() }] {
            let template = Template::parse(r#"up{v="$version"}"#).unwrap();
            assert!(template.fill(&unknown, "").is_err());
        }
    }
}
