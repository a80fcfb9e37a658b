//! Secrets inside of what a variable or a file holds: the keys of a keyring, the password of a URL.

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

/// The text of each key in a keyring's JSON: what stands behind `"key":`. It is looked for and not parsed,
/// so that no parser's buffer has a copy.
pub(crate) fn keys(json: &str) -> impl Iterator<Item = &str> {
    json.split("\"key\"").skip(1).filter_map(|rest| {
        let text = rest.trim_start().strip_prefix(':')?.trim_start();
        let (text, _) = text.strip_prefix('"')?.split_once('"')?;
        (text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(text)
    })
}

/// The password of a URL, as it stands there and decoded.
pub(crate) fn passwords(url: &str) -> Vec<Zeroizing<String>> {
    let password = || {
        let (_, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (user, _) = authority.rsplit_once('@')?;
        let (_, password) = user.split_once(':')?;
        Some(password)
    };
    let Some(password) = password() else {
        return Vec::new();
    };
    // Sized at once, so that it does not grow and leave a copy.
    let mut bytes = Zeroizing::new(Vec::with_capacity(password.len()));
    bytes.extend(percent_decode_str(password));
    let mut all = vec![Zeroizing::new(password.to_owned())];
    if let Ok(decoded) = std::str::from_utf8(&bytes)
        && decoded != password
    {
        all.push(Zeroizing::new(decoded.to_owned()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_keyring_and_the_password_of_a_url_are_found() {
        let key = "0123456789abcdef".repeat(4);
        let json = format!(
            r#"{{"encryption": [{{"id": "00", "key": "{key}"}}], "index": [{{"key":"{key}"}}]}}"#
        );
        assert_eq!(keys(&json).collect::<Vec<_>>(), [&key, &key]);
        assert_eq!(keys("postgres://app@db/app").count(), 0);
        for (url, expected) in [
            (
                "postgres://app:horse%2Fbattery@db:5432/app",
                ["horse%2Fbattery", "horse/battery"].as_slice(),
            ),
            ("postgres://app:battery@db/app?options=a:b@c", &["battery"]),
            ("postgres://app@db/app", &[]),
            ("sqlite:webapp.sqlite", &[]),
        ] {
            let found: Vec<_> = passwords(url).iter().map(|one| one.to_string()).collect();
            assert_eq!(found, expected, "{url}");
        }
    }
}
