//! What is assigned to a name: `name=value`, `name: value`, `"name":"value"`, as logs print it.

use std::ops::Range;

/// The value behind a name, without its quotes, if one is assigned there. `at` is where the name ends.
pub(crate) fn value(text: &[u8], at: usize) -> Option<Range<usize>> {
    let mut at = skip_decoration(text, at);
    at = skip_quotes(text, at);
    at = skip_decoration(text, at);
    match text.get(at)? {
        b'=' if text.get(at + 1) == Some(&b'>') => at += 2,
        b':' | b'=' => at += 1,
        _ => return None,
    }
    // Not a path such as `phone_number::parse`, and not a comparison.
    if matches!(
        (text[at - 1], text.get(at)),
        (b':', Some(b':')) | (b'=', Some(b'='))
    ) {
        return None;
    }
    at = skip_decoration(text, at);
    let end = end_of_value(text, at);
    let start = at + quotes(text, at).map_or(0, |depth| depth + 1);
    (start < end).then_some(start..end)
}

/// Spaces, and the sequences that set colours in a terminal.
fn skip_decoration(text: &[u8], mut at: usize) -> usize {
    loop {
        match text.get(at) {
            Some(b' ') => at += 1,
            Some(b'\x1b') => match text[at..]
                .iter()
                .position(|byte| byte.is_ascii_alphabetic())
            {
                Some(letter) => at += letter + 1,
                None => return at,
            },
            _ => return at,
        }
    }
}

/// The quote behind a name, with the backslashes that escape it.
fn skip_quotes(text: &[u8], at: usize) -> usize {
    quotes(text, at).map_or(at, |depth| at + depth + 1)
}

/// How many backslashes stand before the quote that is here; None where none is.
fn quotes(text: &[u8], at: usize) -> Option<usize> {
    let depth = backslashes(text.get(at..)?.iter());
    matches!(text.get(at + depth), Some(b'"' | b'\'')).then_some(depth)
}

fn backslashes<'t>(bytes: impl Iterator<Item = &'t u8>) -> usize {
    bytes.take_while(|byte| **byte == b'\\').count()
}

fn end_of_value(text: &[u8], at: usize) -> usize {
    if quotes(text, at).is_some() {
        return inside_of_quotes(text, at).end;
    }
    // `Some("..")`, `Name { .. }`, `[..]`, `{..}`.
    let word = text[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(byte))
        .count();
    let opens = skip_decoration(text, at + word);
    match text.get(opens) {
        Some(b'(' | b'[') if opens == at + word => behind_brackets(text, opens),
        Some(b'{') => behind_brackets(text, opens),
        _ => end_of_bare(text, at),
    }
}

/// What stands between the quote here and the one that closes it; the rest of the text if none does.
fn inside_of_quotes(text: &[u8], at: usize) -> Range<usize> {
    let depth = backslashes(text[at..].iter());
    let quote = text[at + depth];
    let start = at + depth + 1;
    let mut end = start;
    while let Some(next) = text[end..].iter().position(|byte| *byte == quote) {
        let run = backslashes(text[start..end + next].iter().rev());
        // Text that is quoted in quoted text has its backslashes doubled at each step.
        if run % (2 * (depth + 1)) == depth {
            return start..end + next - depth;
        }
        end += next + 1;
    }
    start..text.len()
}

/// Behind the bracket that closes the one here; the end of the text if none does.
fn behind_brackets(text: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < text.len() {
        match text[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            b'"' => {
                let run = backslashes(text[..at].iter().rev());
                at = inside_of_quotes(text, at - run).end + run;
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// A value without quotes may have spaces in it: it goes on to what can be no part of one, or to the
/// next name that something is assigned to.
fn end_of_bare(text: &[u8], at: usize) -> usize {
    let mut end = at;
    while end < text.len() {
        match text[end] {
            b',' | b';' | b'&' | b')' | b']' | b'}' | b'"' | b'<' | b'\n' | b'\r' | b'\x1b' => {
                break;
            }
            b' ' if assigns(&text[end + 1..]) => break,
            _ => end += 1,
        }
    }
    end
}

/// Whether the text begins with a word and something that is assigned to it.
fn assigns(text: &[u8]) -> bool {
    let word = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte))
        .count();
    word > 0 && matches!(text.get(word), Some(b'=' | b':'))
}

#[cfg(test)]
mod tests {
    use super::value;

    fn found(text: &str) -> Option<&str> {
        value(text.as_bytes(), "name".len()).map(|range| &text[range])
    }

    #[test]
    fn a_value_is_found_however_it_is_written() {
        for (text, expected) in [
            ("name=K1234567", "K1234567"),
            ("name = K1234567", "K1234567"),
            ("name: K1234567, country: IN", "K1234567"),
            ("name=+91 98765 43210 country=IN", "+91 98765 43210"),
            ("name=%2B91&country=IN", "%2B91"),
            (r#"name="K 12\"34\\" country="IN""#, r#"K 12\"34\\"#),
            (r#"name":"K1234567","country":"IN"}"#, "K1234567"),
            (r#"name': 'K1234567', "#, "K1234567"),
            (
                r#"name\":\"K 12\\\"34\",\"country\":\"IN\"}"#,
                r#"K 12\\\"34"#,
            ),
            (
                r#"name: Some("K)1234567"), country"#,
                r#"Some("K)1234567")"#,
            ),
            (
                r#"name: Number { code: [1, 2], n: 3 }, country"#,
                "Number { code: [1, 2], n: 3 }",
            ),
            (r#"name":{"code":91},"country""#, r#"{"code":91}"#),
            (r#"name":["a","b"],"country""#, r#"["a","b"]"#),
            ("name\x1b[0m\x1b[2m=\x1b[0mK1234567\x1b[0m", "K1234567"),
            ("name => K1234567\n", "K1234567"),
            (r#"name="K1234567"#, "K1234567"),
            (r#"name: Some("K1234567"#, r#"Some("K1234567"#),
        ] {
            assert_eq!(found(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_name_without_a_value_is_left_alone() {
        for text in [
            "name",
            "name is wrong",
            "name::parse(x)",
            "name == x",
            "name=",
            "name=, x",
            r#"name="""#,
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
