//! When two names mean the same field.

/// Whether two names are one, whatever their case and however their words are joined:
/// `phone_number`, `phoneNumber`, `Phone-Number`.
///
/// A type says its fields' names as Rust spells them, and serde may rename them.
pub(crate) fn same(left: &str, right: &str) -> bool {
    letters(left).eq(letters(right))
}

/// Whether a name, or a part of a name such as `user[phone_number]` and `user.phone_number`, is one of
/// these.
pub(crate) fn is_one_of<S: AsRef<str>>(name: &str, names: &[S]) -> bool {
    let known = |part: &str| names.iter().any(|one| same(part, one.as_ref()));
    known(name) || name.split(['[', ']', '.']).any(known)
}

fn letters(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars()
        .filter(|letter| !matches!(letter, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_a_name_are_one() {
        for spelling in ["phone_number", "phoneNumber", "PhoneNumber", "PHONE-NUMBER"] {
            assert!(same("phone_number", spelling), "{spelling}");
        }
        assert!(!same("phone_number", "phone_numbers"));
        assert!(is_one_of("user[phone_number]", &["phone_number"]));
        assert!(is_one_of("user.phoneNumber", &["phone_number"]));
        assert!(!is_one_of("user", &["phone_number"]));
    }
}
