//! Mail, as RFC 5322 has it.

use std::io;

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;

use super::{Notice, to_the_second};
use crate::WatchError;

/// From whom, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    from: String,
    to: Vec<String>,
}

impl Letter {
    /// A letter between these addresses.
    ///
    /// # Errors
    /// When one of them is none.
    pub fn new(from: &str, to: &[String]) -> Result<Self, WatchError> {
        for address in to.iter().map(String::as_str).chain([from]) {
            // What else a header could be made of: nothing that ends one or
            // begins another.
            let is_plain =
                |c: char| !c.is_whitespace() && !c.is_control() && !"<>,;:\"".contains(c);
            let is_address = address
                .rsplit_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
            if !is_address || !address.chars().all(is_plain) {
                return Err(WatchError::Mail(address.to_owned()));
            }
        }
        Ok(Self { from: from.to_owned(), to: to.to_vec() })
    }
}

/// A notice as a letter. The same notice gives the same bytes, `Message-ID` and
/// `Date` included.
///
/// # Errors
/// When it cannot be built.
pub fn message(notice: &Notice, letter: &Letter) -> io::Result<Vec<u8>> {
    let at = notice.at.parse::<Timestamp>().map_or(0, Timestamp::as_second);
    let address = |address: &String| Address::new_address(None::<String>, address.clone());
    let mut body = String::new();
    for line in &notice.lines {
        body += "- ";
        body += line;
        body += "\n";
    }
    body += &format!("\ntollgate watch, {}\n{}\n", to_the_second(&notice.at), notice.key);
    MessageBuilder::new()
        .from(address(&letter.from))
        .to(Address::new_list(letter.to.iter().map(address).collect()))
        .subject(notice.headline.clone())
        .date(at)
        .message_id(format!("{}@tollgate.invalid", notice.key))
        // RFC 3834: nobody is on holiday for a machine.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .text_body(format!("{}\n\n{body}", notice.headline))
        .write_to_vec()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails panics")]

    use super::*;

    fn notice(headline: &str) -> Notice {
        let lines = ["drift: error-rate: error_rate 0.04 is above 0.001".to_owned()];
        Notice::new("broken", &["a".to_owned()], "2026-11-30T12:00:00.25Z", headline, &lines)
    }

    #[test]
    fn a_letter_is_the_same_whenever_it_is_sent() {
        let letter = Letter::new("tollgate@example.org", &["oncall@example.org".to_owned()]);
        let letter = letter.unwrap();
        let one = message(&notice("churn v8: 1 rule is broken"), &letter).unwrap();
        assert_eq!(one, message(&notice("churn v8: 1 rule is broken"), &letter).unwrap());
        let text = String::from_utf8(one).unwrap();
        for line in [
            "From: <tollgate@example.org>",
            "To: <oncall@example.org>",
            "Subject: churn v8: 1 rule is broken",
            "Date: Mon, 30 Nov 2026 12:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "- drift: error-rate: error_rate 0.04 is above 0.001",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line}: {text}");
        }
        let unbroken = text.split("\r\n").all(|line| line.len() < 999 && !line.contains('\n'));
        assert!(unbroken, "{text}");
    }

    #[test]
    fn a_headline_makes_no_header() {
        let letter = Letter::new("a@b", &["c@d".to_owned()]).unwrap();
        for headline in ["x\r\nBcc: all@example.org", "größer\u{1b}[31m", "x\nBcc: y@z"] {
            let text = String::from_utf8(message(&notice(headline), &letter).unwrap()).unwrap();
            let head = text.split("\r\n\r\n").next().unwrap();
            assert!(!head.contains("\nBcc:"), "{head}");
            assert!(head.is_ascii(), "{head}");
        }
        for wrong in ["", "dana", "@b", "a@", "a@b\r\nBcc: c@d", "a@b, c@d", "<a@b>"] {
            assert!(Letter::new("a@b", &[wrong.to_owned()]).is_err(), "{wrong}");
            assert!(Letter::new(wrong, &["a@b".to_owned()]).is_err(), "{wrong}");
        }
    }
}
