//! Which addresses are asked for what is trusted.

/// Whether nobody on the way can answer instead: https, or this machine, which
/// tests and developers ask.
pub(crate) fn may_be_asked(url: &str) -> bool {
    if url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return false;
    }
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A name and a password before `@` would hide where it leads.
    if authority.is_empty() || authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    match scheme {
        "https" => true,
        "http" => ["localhost", "127.0.0.1", "::1"].contains(&host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_machine() {
        for fine in
            ["https://a.example", "http://127.0.0.1:8080/x", "http://[::1]:1", "http://localhost"]
        {
            assert!(may_be_asked(fine), "{fine}");
        }
        for wrong in [
            "",
            "a.example",
            "http://a.example",
            "http://localhost.example",
            "http://localhost@a.example",
            "https://a@b.example",
            "https://",
            "file:///etc/passwd",
            "http://127.0.0.1 .example",
            "http://127.0.0.1\\@a.example",
        ] {
            assert!(!may_be_asked(wrong), "{wrong}");
        }
    }
}
