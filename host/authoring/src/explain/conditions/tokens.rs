//! The tokens of a condition, and the comparisons that it is made of.

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    Name(&'t str),
    Number(f64),
    Text(String),
    Sign(&'t str),
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spanned<'t> {
    pub(super) token: Token<'t>,
    start: usize,
    end: usize,
}

/// The text that these tokens stand for.
pub(super) fn words<'t>(text: &'t str, tokens: &[Spanned<'_>]) -> &'t str {
    let start = tokens.first().map_or(0, |token| token.start);
    let end = tokens.last().map_or(0, |token| token.end);
    text.get(start..end).unwrap_or_default()
}

/// All tokens of a text; none where it holds something else.
pub(super) fn lexed(text: &str) -> Option<Vec<Spanned<'_>>> {
    let mut tokens: Vec<Spanned<'_>> = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let blank = rest.len() - rest.trim_start().len();
        let (start, rest) = (at + blank, rest.trim_start());
        let Some(first) = rest.chars().next() else { return Some(tokens) };
        let (token, length) = match first {
            '"' | '\'' => quoted(rest, first)?,
            _ if first.is_ascii_digit() => number(rest)?,
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let length = rest.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
                let name = rest.get(..length.unwrap_or(rest.len()))?;
                (Token::Name(name), name.len())
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
                (Token::Sign(sign), sign.len())
            }
        };
        at = start + length;
        let token = negative(&mut tokens, token);
        let start = token.1.unwrap_or(start);
        tokens.push(Spanned { token: token.0, start, end: at });
    }
}

const SIGNS: [&str; 22] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",", ".", "?", ":", "+",
    "-", "*", "/", "%",
];

/// A number behind a minus that takes nothing from anything, and where it then
/// begins.
fn negative<'t>(tokens: &mut Vec<Spanned<'t>>, token: Token<'t>) -> (Token<'t>, Option<usize>) {
    let Token::Number(number) = token else { return (token, None) };
    let is_minus = tokens.last().is_some_and(|it| it.token == Token::Sign("-"));
    let before = tokens.len().checked_sub(2).and_then(|at| tokens.get(at));
    let is_taken_from = before.is_some_and(|it| match it.token {
        Token::Sign(sign) => [")", "]"].contains(&sign),
        _ => true,
    });
    if !is_minus || is_taken_from {
        return (Token::Number(number), None);
    }
    let minus = tokens.pop();
    (Token::Number(-number), minus.map(|minus| minus.start))
}

fn quoted(rest: &str, quote: char) -> Option<(Token<'_>, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => match characters.next()?.1 {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                plain @ ('\\' | '"' | '\'') => text.push(plain),
                _ => return None,
            },
            end if end == quote => return Some((Token::Text(text), at + 1)),
            other => text.push(other),
        }
    }
    None
}

fn number(rest: &str) -> Option<(Token<'_>, usize)> {
    let is_part = |at: usize, it: char| {
        let after_exponent = rest.get(..at).is_some_and(|before| before.ends_with(['e', 'E']));
        it.is_ascii_digit() || ".eE".contains(it) || after_exponent && "+-".contains(it)
    };
    let end = rest.char_indices().find(|(at, it)| !is_part(*at, *it)).map(|(at, _)| at);
    let text = rest.get(..end.unwrap_or(rest.len()))?;
    Some((Token::Number(text.parse().ok()?), text.len()))
}

/// The comparisons that a condition is made of, without what joins them.
pub(super) fn atoms<'a, 't>(tokens: &'a [Spanned<'t>]) -> Vec<&'a [Spanned<'t>]> {
    for sign in ["?", ":", "||", "&&"] {
        let parts = split(tokens, sign);
        if parts.len() > 1 {
            return parts.into_iter().flat_map(atoms).collect();
        }
    }
    match tokens {
        [first, rest @ ..] if first.token == Token::Sign("!") => atoms(rest),
        [first, inner @ .., last]
            if first.token == Token::Sign("(")
                && last.token == Token::Sign(")")
                && is_balanced(inner) =>
        {
            atoms(inner)
        }
        _ => vec![tokens],
    }
}

/// The parts between signs that stand within no brackets.
fn split<'a, 't>(tokens: &'a [Spanned<'t>], sign: &str) -> Vec<&'a [Spanned<'t>]> {
    let mut depth = 0_usize;
    tokens
        .split(|it| {
            match it.token {
                Token::Sign("(" | "[") => depth += 1,
                Token::Sign(")" | "]") => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && it.token == Token::Sign(sign)
        })
        .collect()
}

/// Whether no bracket closes that does not open here.
fn is_balanced(tokens: &[Spanned<'_>]) -> bool {
    let mut depth = 0_i64;
    tokens.iter().all(|it| {
        match it.token {
            Token::Sign("(" | "[") => depth += 1,
            Token::Sign(")" | "]") => depth -= 1,
            _ => {}
        }
        depth >= 0
    })
}
