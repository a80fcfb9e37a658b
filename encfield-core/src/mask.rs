//! A hint of a value, for a person who has to tell one from another.
//!
//! ```
//! use encfield_core::mask;
//!
//! assert_eq!(mask::last4("K1234567").to_string(), "********4567");
//! assert_eq!(mask::last4("K123").to_string(), "********");
//! assert_eq!(mask::first_letter("Sharma").to_string(), "S********");
//! assert_eq!(mask::email_domain("anna@example.org").to_string(), "********@example.org");
//! ```
//!
//! A hint is a leak that somebody has decided on: four digits of a phone number tell one customer of a
//! hundred from the others. The value's length does not show.

use std::fmt::{self, Display, Write};

use zeroize::Zeroize;

use crate::secret::Redacted;

/// What may be seen of a value; the same in `Display` and in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Masked {
    before: String,
    after: String,
}

impl Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{Redacted:?}{}", self.before, self.after)
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

/// The last four characters, of a value that has eight or more; of a shorter one nothing.
pub fn last4(value: &(impl Display + ?Sized)) -> Masked {
    /// The last four characters that went by.
    #[derive(Default)]
    struct Tail {
        last: [char; 4],
        count: usize,
    }
    impl Write for Tail {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for letter in text.chars() {
                self.last.rotate_left(1);
                self.last[3] = letter;
                self.count = self.count.saturating_add(1);
            }
            Ok(())
        }
    }
    let mut tail = Tail::default();
    let whole = write!(tail, "{value}").is_ok();
    let after = match tail.count {
        8.. if whole => tail.last.iter().collect(),
        _ => String::new(),
    };
    tail.last.zeroize();
    Masked {
        before: String::new(),
        after,
    }
}

/// The first character, of a value that has three or more; of a shorter one nothing.
pub fn first_letter(value: &(impl Display + ?Sized)) -> Masked {
    #[derive(Default)]
    struct Head {
        first: Option<char>,
        count: usize,
    }
    impl Write for Head {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.first = self.first.or_else(|| text.chars().next());
            self.count = self.count.saturating_add(text.chars().count());
            Ok(())
        }
    }
    let mut head = Head::default();
    let whole = write!(head, "{value}").is_ok();
    Masked {
        before: (whole && head.count >= 3)
            .then_some(head.first)
            .flatten()
            .into_iter()
            .collect(),
        after: String::new(),
    }
}

/// The domain of an e-mail address, behind the last `@`; of a value without one nothing.
pub fn email_domain(value: &(impl Display + ?Sized)) -> Masked {
    /// What came behind the last `@`.
    #[derive(Default)]
    struct Domain {
        text: String,
        behind: bool,
    }
    impl Write for Domain {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let rest = match text.rsplit_once('@') {
                Some((_, rest)) => {
                    self.text.zeroize();
                    self.behind = true;
                    rest
                }
                None => text,
            };
            if self.behind {
                self.text.push_str(rest);
            }
            Ok(())
        }
    }
    let mut domain = Domain::default();
    let whole = write!(domain, "{value}").is_ok();
    Masked {
        before: String::new(),
        after: if whole && domain.behind {
            format!("@{}", domain.text)
        } else {
            String::new()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_value_shows_nothing() {
        for short in ["", "1", "1234", "1234567"] {
            assert_eq!(last4(short).to_string(), "********");
        }
        assert_eq!(last4("12345678").to_string(), "********5678");
        assert_eq!(first_letter("Li").to_string(), "********");
        assert_eq!(email_domain("no address").to_string(), "********");
    }

    /// A number is written without its extension, whose end would say nothing of it.
    #[cfg(feature = "phonenumber")]
    #[test]
    fn a_phone_number_shows_its_own_last_digits() {
        for number in ["+39 06 1234 5678 ext. 17", "tel:+39-06-1234-5678;ext=17"] {
            let number = phonenumber::parse(None, number).unwrap();
            assert!(number.extension().is_some());
            assert_eq!(last4(&number).to_string(), "********5678");
        }
    }

    #[test]
    fn a_value_in_pieces_is_taken_whole() {
        let pieces = format_args!("{}{}{}", "an", "na@exam", "ple.org").to_string();
        assert_eq!(email_domain(&pieces).to_string(), "********@example.org");
        struct Pieces;
        impl Display for Pieces {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an")?;
                f.write_str("na@exam")?;
                f.write_str("ple.org")
            }
        }
        assert_eq!(email_domain(&Pieces).to_string(), "********@example.org");
        assert_eq!(last4(&Pieces).to_string(), "********.org");
        assert_eq!(first_letter(&Pieces).to_string(), "a********");
    }
}
