//! The JSON that Slack's incoming webhooks take, and others after them.

use serde_json::{Value, json};

use super::{Notice, to_the_second};
use crate::seen::cut;

/// What Slack takes at most of a header and of a section.
const HEADER: usize = 150;
const SECTION: usize = 3000;

/// A notice as `{"text": …, "blocks": […]}`. Receivers that know no blocks have
/// all of it in the text.
#[must_use]
pub fn payload(notice: &Notice) -> Value {
    // Plain text: what a model or a metric is called is no markup, mentions
    // nobody and links nowhere.
    let plain = |text: &str, longest| json!({ "type": "plain_text", "text": cut(text, longest) });
    let mut blocks = vec![json!({ "type": "header", "text": plain(&notice.headline, HEADER) })];
    if !notice.lines.is_empty() {
        let lines = notice.lines.join("\n");
        blocks.push(json!({ "type": "section", "text": plain(&lines, SECTION) }));
    }
    let foot = format!("tollgate watch, {}, {}", to_the_second(&notice.at), notice.key);
    blocks.push(json!({ "type": "context", "elements": [plain(&foot, SECTION)] }));
    json!({ "text": escaped(&notice.text()), "blocks": blocks })
}

/// The three characters that Slack's markup begins with.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        let lines = ["psi{feature=<!channel>} 0.3 & more".to_owned()];
        let at = "2026-11-30T12:00:00Z";
        let notice = Notice::new("broken", &["a".to_owned()], at, "<@dana> v8: broken", &lines);
        let payload = payload(&notice);
        assert_eq!(
            payload["text"],
            "&lt;@dana&gt; v8: broken\n- psi{feature=&lt;!channel&gt;} 0.3 &amp; more"
        );
        assert_eq!(payload["blocks"][0]["text"]["type"], "plain_text");
        assert_eq!(payload["blocks"][1]["text"]["text"], lines[0]);
        let long = Notice::new("broken", &[], at, &"x".repeat(400), &vec!["y".repeat(600); 50]);
        let payload = super::payload(&long);
        // Slack counts characters.
        let length = |at: usize| {
            let text = payload["blocks"][at]["text"]["text"].as_str();
            text.map_or(usize::MAX, |text| text.chars().count())
        };
        assert_eq!((length(0), length(1)), (150, 3000));
    }
}
