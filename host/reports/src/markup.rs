//! Texts within XML and HTML.

use std::fmt;

use tollgate::text::visible;

/// A stranger's text, as content or in a quoted attribute of XML and HTML. What
/// is hidden is escaped as [`visible`] does it; XML allows hardly any of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Markup<'a>(&'a str);

/// See [`Markup`].
pub(crate) fn markup<T: AsRef<str> + ?Sized>(text: &T) -> Markup<'_> {
    Markup(text.as_ref())
}

impl fmt::Display for Markup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = visible(self.0).to_string();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(special) {
            let (plain, behind) = rest.split_at(at);
            f.write_str(plain)?;
            let mut characters = behind.chars();
            f.write_str(match characters.next() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                Some('"') => "&quot;",
                Some('\'') => "&#39;",
                _ => "&#35;",
            })?;
            rest = characters.as_str();
        }
        f.write_str(rest)
    }
}

/// `##[` begins a command of CI runners, which may see a report in a log.
fn special(character: char) -> bool {
    matches!(character, '&' | '<' | '>' | '"' | '\'' | '#')
}
