//! How large the machine of a pattern is.

/// About how many states a pattern has, at least those that it needs: a
/// matcher that cannot remember sets of them looks at each with each byte.
pub(super) fn states(pattern: &str) -> usize {
    let mut rest = pattern.chars().peekable();
    let mut groups = vec![0_usize];
    let mut last = 0_usize;
    while let Some(letter) = rest.next() {
        let add = match letter {
            '(' => {
                groups.push(0);
                last = 0;
                continue;
            }
            ')' if groups.len() > 1 => groups.pop().unwrap_or_default(),
            '[' => {
                let negated = rest.peek() == Some(&'^');
                let mut escaped = false;
                for letter in rest.by_ref() {
                    match letter {
                        ']' if !escaped => break,
                        '\\' => escaped = !escaped,
                        _ => escaped = false,
                    }
                }
                if negated { UNICODE } else { 1 }
            }
            '\\' => match rest.next() {
                Some('b' | 'B' | 'A' | 'z') => 0,
                Some('d' | 'D' | 'w' | 'W' | 's' | 'S' | 'p' | 'P') => CLASS,
                _ => 1,
            },
            '{' => {
                let inner: String = rest.by_ref().take_while(|letter| *letter != '}').collect();
                let times = inner.split(',').filter_map(|count| count.trim().parse::<usize>().ok());
                last.saturating_mul(times.max().unwrap_or(1).saturating_sub(1))
            }
            '*' | '+' | '?' | '|' | '^' | '$' => 0,
            '.' => UNICODE,
            _ => 1,
        };
        if letter != '{' {
            last = add;
        }
        if let Some(group) = groups.last_mut() {
            *group = group.saturating_add(add);
        }
    }
    groups.into_iter().fold(1, usize::saturating_add)
}

/// Ranges of UTF-8 that stand for nearly all characters.
const UNICODE: usize = 10;

/// Those of a class such as `\w`.
const CLASS: usize = 100;

#[cfg(test)]
mod tests {
    use super::states;

    #[test]
    fn repetitions_multiply_what_they_repeat() {
        for (pattern, wanted) in [
            ("", 1),
            ("^abc$", 4),
            ("^[a-z][a-z0-9_-]{0,63}$", 65),
            ("^[0-9]{4}-(0[1-9]|1[0-2])$", 10),
            ("(ab){3}c", 8),
            ("((a{10}){10}){10}", 1_001),
            (r"[^\]]\\\.", 13),
        ] {
            assert_eq!(states(pattern), wanted, "{pattern}");
        }
        assert!(states("(a{1000}){1000}") > 999_999);
        assert!(states(&"(".repeat(100)) > 0 && states("a{99999999999999999999}{2") > 0);
    }
}
