//! What is assigned to a name: `name=value`, `name: value`, `"name":"value"`, as logs print it.

use std::ops::Range;

/// What is to be masked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) value: Range<usize>,
    /// Where the quote stands that the mask needs on both sides, so that JSON stays JSON. Empty where the
    /// value has quotes of its own, or its name has none.
    pub(crate) quote: Range<usize>,
}

/// The value behind a name, without its quotes, if one is assigned there. `at` is where the name ends.
pub(crate) fn value(text: &[u8], at: usize) -> Option<Found> {
    let mut at = skip_decoration(text, skip_index(text, at));
    let quote = at..skip_quotes(text, at);
    at = skip_decoration(text, quote.end);
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
    at = skip_prefix(text, skip_decoration(text, at));
    let (value, quote) = match quotes(text, at) {
        Some(_) => (inside_of_quotes(text, at), at..at),
        None => (at..end_of_bare(text, at), quote),
    };
    (!value.is_empty()).then_some(Found { value, quote })
}

/// What forms put behind a name: `phone_number[]`, `user[phone_number]`, `phone_number[0]`, encoded or not.
fn skip_index(text: &[u8], mut at: usize) -> usize {
    let bracket = |at: usize, plain: u8, encoded: u8| match text.get(at..)? {
        [byte, ..] if *byte == plain => Some(at + 1),
        [b'%', b'5', byte, ..] if byte.eq_ignore_ascii_case(&encoded) => Some(at + 3),
        _ => None,
    };
    at = bracket(at, b']', b'D').unwrap_or(at);
    while let Some(inside) = bracket(at, b'[', b'B') {
        let digits = text[inside..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        match bracket(inside + digits.count(), b']', b'D') {
            Some(behind) => at = behind,
            None => break,
        }
    }
    at
}

/// Spaces, tabs (in quoted text, `\t`), and the sequences that set colours in a terminal.
fn skip_decoration(text: &[u8], mut at: usize) -> usize {
    loop {
        match text.get(at) {
            Some(b' ' | b'\t') => at += 1,
            Some(b'\\') => {
                let letter = at + backslashes(text[at..].iter());
                match text.get(letter) {
                    Some(b't') => at = letter + 1,
                    _ => return at,
                }
            }
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

/// What may stand before the quote of a value: `&"..."`, `b"..."`, `r#"..."#`.
fn skip_prefix(text: &[u8], at: usize) -> usize {
    let rest = &text[at..];
    let count = |from: usize, set: &[u8]| {
        let rest = rest.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| set.contains(byte)).count()
    };
    let references = count(0, b"&*");
    let letters = count(references, b"brcu");
    let marks = count(references + letters, b"#");
    let behind = at + references + letters + marks;
    match letters <= 2 && quotes(text, behind).is_some() {
        true => behind,
        false => at,
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

/// A value without quotes may have spaces and brackets in it, as `+91 (22) 1234 5678` and `Some("..")`
/// have. It goes on to what can be no part of one, or to the next name that something is assigned to.
fn end_of_bare(text: &[u8], at: usize) -> usize {
    let mut end = at;
    while end < text.len() {
        let rest = &text[end + 1..];
        match text[end] {
            b'(' | b'[' | b'{' => end = behind_brackets(text, end),
            b',' | b'&' | b')' | b']' | b'}' | b'\n' | b'\r' | b'\x1b' => break,
            // The backslashes before a quote are the quote's.
            b'"' => return end - backslashes(text[at..end].iter().rev()),
            // Not the extension of `+912212345678;ext=17`.
            b';' if ends_here(rest) => break,
            // Not the address of `Asha <asha@example.org>`.
            b'<' if matches!(rest.first(), Some(b'/' | b'!')) => break,
            b' ' | b'\t' if assigns(rest) => break,
            _ => end += 1,
        }
    }
    end
}

/// Whether the semicolon before this ends a value.
fn ends_here(rest: &[u8]) -> bool {
    match rest.first() {
        None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\\') => true,
        _ => assigns(rest),
    }
}

/// What is a part of a phone number, and no field of its own.
const OF_A_NUMBER: [&str; 5] = ["ext", "extension", "x", "isub", "phone-context"];

/// Whether the text begins with a name and something that is assigned to it.
fn assigns(text: &[u8]) -> bool {
    let length = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte))
        .count();
    let (word, rest) = text.split_at(length);
    word.first()
        .is_some_and(|byte| !byte.is_ascii_digit() && *byte != b'-')
        && matches!(rest.first(), Some(b'=' | b':'))
        && !OF_A_NUMBER
            .iter()
            .any(|one| word.eq_ignore_ascii_case(one.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::value;

    fn found(text: &str) -> Option<&str> {
        value(text.as_bytes(), "name".len()).map(|found| &text[found.value])
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
            // Phone numbers as people write them.
            ("name=+91 (22) 1234 5678 id=7", "+91 (22) 1234 5678"),
            ("name=(022) 12345678, id=7", "(022) 12345678"),
            ("name=091(22)1234567\n", "091(22)1234567"),
            ("name=091(22)1234567) id", "091(22)1234567"),
            ("name=+912212345678;ext=17 id=7", "+912212345678;ext=17"),
            (
                "name=+91 22 12345678 ext: 17 id=7",
                "+91 22 12345678 ext: 17",
            ),
            ("name=+91 22 12:34 id=7", "+91 22 12:34"),
            ("name=1234; id=7", "1234"),
            ("name=1234;id=7", "1234"),
            (
                "name: Asha <asha@example.org> id=7",
                "Asha <asha@example.org>",
            ),
            ("name: K1234567</p>", "K1234567"),
            // What stands between a name and its value.
            ("name:\t\"K1234567\"", "K1234567"),
            (r#"name:\t\"K1234567\""#, "K1234567"),
            ("name\t= K1234567\tid=7", "K1234567"),
            (r#"name: &"K1234567", id"#, "K1234567"),
            (r#"name: b"K1234567", id"#, "K1234567"),
            (r##"name: r#"K1234567"#, id"##, "K1234567"),
            ("name[]=K1234567&id=7", "K1234567"),
            ("name][0]=K1234567&id=7", "K1234567"),
            ("name%5D%5b%5d=K1234567&id=7", "K1234567"),
            // The backslash is that of the quote.
            (r#"name=a\"b"#, "a"),
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
            "name=&id=7",
            "name[0",
            r#"name="""#,
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn the_mask_gets_the_quotes_of_a_name_whose_value_has_none() {
        for (text, expected) in [
            (r#"name":1234,"#, r#"""#),
            (r#"name\": null"#, r#"\""#),
            ("name': [1]", "'"),
            (r#"name":"1234""#, ""),
            ("name=1234", ""),
        ] {
            let found = value(text.as_bytes(), "name".len()).unwrap();
            assert_eq!(&text[found.quote], expected, "{text}");
        }
    }
}
