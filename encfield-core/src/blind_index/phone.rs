//! Phone numbers in one spelling.

use ::phonenumber::country::{Id, Source};
use ::phonenumber::metadata::DATABASE;
use ::phonenumber::{PhoneNumber, is_valid, parse};
use zeroize::Zeroizing;

use super::normaliser::{CompoundPart, FullTags, Normaliser, Normalises, Tagging};
use super::parts::LastFour;
use super::text::Text;
use crate::codec::Encoder;

/// A phone number in the international form of [E.164]: `+91 98765-43210` is `+919876543210`.
///
/// It takes a `PhoneNumber`, or text with the country's code behind a `+`; other text has no tag.
/// Where people also write numbers as they dial them at home, use [`E164In`]. An extension is left
/// out.
///
/// How text is read rests on the numbering plans that the crate `phonenumber` knows. A field of type
/// `PhoneNumber` is written out without them, so what is stored keeps its tag when they change.
///
/// [E.164]: https://www.itu.int/rec/T-REC-E.164
#[derive(Debug)]
pub struct E164;

/// [`E164`], and numbers without a country's code as they are dialled in this region: `E164In<'I',
/// 'N'>` reads `098765 43210` as `+919876543210`.
///
/// The two letters are an ISO 3166 code. With a code that is none, only international numbers have
/// tags.
#[derive(Debug)]
pub struct E164In<const A: char, const B: char>;

impl Normaliser for E164 {
    const NAME: &'static str = "e164";
    const VERSION: u16 = 1;
}

impl<const A: char, const B: char> Tagging for E164In<A, B> {
    type Normaliser = Self;
    const BITS: u16 = {
        assert!(
            A.is_ascii_uppercase() && B.is_ascii_uppercase(),
            "a region is two capital letters, as in `E164In<'I', 'N'>`"
        );
        256
    };

    fn identity(out: &mut String) {
        out.push_str("e164-in/1(");
        out.extend([A, B, ')']);
    }
}

impl<const A: char, const B: char> FullTags for E164In<A, B> {}
impl<const A: char, const B: char> CompoundPart for E164In<A, B> {}

impl<V: Text + ?Sized> Normalises<V> for E164 {
    fn normalise(value: &V, out: &mut Encoder<'_>) -> Option<()> {
        write(&parse(None, value.text()).ok()?, out)
    }
}

impl Normalises<PhoneNumber> for E164 {
    fn normalise(number: &PhoneNumber, out: &mut Encoder<'_>) -> Option<()> {
        write(number, out)
    }
}

impl<V: Text + ?Sized, const A: char, const B: char> Normalises<V> for E164In<A, B> {
    fn normalise(value: &V, out: &mut Encoder<'_>) -> Option<()> {
        dialled_form(&String::from_iter([A, B]), value.text(), out)
    }
}

impl<const A: char, const B: char> Normalises<PhoneNumber> for E164In<A, B> {
    fn normalise(number: &PhoneNumber, out: &mut Encoder<'_>) -> Option<()> {
        write(number, out)
    }
}

/// The last four digits of the number, its extension left out; a lookup takes the four digits or the
/// number in any spelling.
impl Normalises<PhoneNumber> for LastFour {
    fn normalise(number: &PhoneNumber, out: &mut Encoder<'_>) -> Option<()> {
        let mut whole = Zeroizing::new(Vec::with_capacity(24));
        write(number, &mut Encoder::new(&mut whole))?;
        Self::normalise(std::str::from_utf8(&whole).ok()?, out)
    }
}

/// The normal form of text in a region.
pub(super) fn dialled_form(region: &str, text: &str, out: &mut Encoder<'_>) -> Option<()> {
    write(&dialled(region, text)?, out)
}

/// The number that text means in a region.
///
/// The crate reads an international number by the rules of the region that it is given, and so takes
/// a zero away that belongs to an Italian number. Only what is dialled at home is read by them here.
fn dialled(region: &str, text: &str) -> Option<PhoneNumber> {
    if text.trim_start().starts_with(['+', '\u{ff0b}']) {
        return parse(None, text).ok();
    }
    let plan = DATABASE.by_id(region)?;
    let id: Id = region.parse().ok()?;
    let number = parse(Some(id), text).ok()?;
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    digits.extend(text.chars().filter(char::is_ascii_digit));
    if let Some(extension) = number.extension() {
        let length = digits.strip_suffix(&**extension)?.len();
        digits.truncate(length);
    }
    match number.code().source() {
        Source::Plus | Source::Default => Some(number),
        // Behind the prefix for calls abroad stands an international number.
        Source::Idd => {
            let prefix = plan.international_prefix()?.find(&digits)?;
            let abroad = digits.get(prefix.end()..).filter(|_| prefix.start() == 0)?;
            parse(None, Zeroizing::new(format!("+{abroad}")).as_str()).ok()
        }
        // It begins like the country's code. It may well be a number at home.
        Source::Number => {
            let code = plan.country_code();
            let home = parse(None, Zeroizing::new(format!("+{code}{}", *digits)).as_str());
            let abroad = || parse(None, Zeroizing::new(format!("+{}", *digits)).as_str());
            home.ok().filter(is_valid).or_else(|| abroad().ok())
        }
    }
}

/// Written without the crate's formatter, which would look the plan of the country up.
pub(super) fn write(number: &PhoneNumber, out: &mut Encoder<'_>) -> Option<()> {
    let national = number.national();
    out.write_char('+');
    number
        .code()
        .value()
        .to_string()
        .chars()
        .for_each(|digit| out.write_char(digit));
    (0..national.zeros()).for_each(|_| out.write_char('0'));
    let mut digits = Zeroizing::new([0; 20]);
    let mut rest = national.value();
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        *digit = u8::try_from(rest % 10).ok()? + b'0';
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    out.write(digits.get(digits.len() - length..)?);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::normaliser::normal_form;
    use super::*;

    fn form<N: Normalises<str>>(text: &str) -> Option<String> {
        normal_form::<N>(&text).map(|bytes| String::from_utf8(bytes.as_ref().to_vec()).unwrap())
    }

    #[test]
    fn every_spelling_has_one_form() {
        for spelling in [
            "+919876543210",
            "+91 98765 43210",
            "+91 (98765) 43210",
            "\u{ff0b}91 98765-43210",
            "0091 98765 43210",
            "098765 43210",
            "98765 43210",
            "98765-43210 ext. 17",
            "919876543210",
        ] {
            let form = form::<E164In<'I', 'N'>>(spelling);
            assert_eq!(form.as_deref(), Some("+919876543210"), "{spelling}");
        }
        let number: PhoneNumber = "+91 98765 43210".parse().unwrap();
        let bytes = normal_form::<E164>(&&number).unwrap();
        assert_eq!(bytes.as_ref(), b"+919876543210");
    }

    #[test]
    fn the_last_four_digits_are_found_by_four_digits_and_by_the_number() {
        let number: PhoneNumber = "+91 98765 43210 ext. 17".parse().unwrap();
        let stored = normal_form::<LastFour>(&&number).unwrap();
        for asked in ["3210", "+91 98765 43210", "098765-43210"] {
            assert_eq!(form::<LastFour>(asked).unwrap().as_bytes(), stored.as_ref());
        }
    }

    #[test]
    fn a_number_that_begins_like_the_countrys_code_stays_at_home() {
        let form = form::<E164In<'I', 'N'>>("91740 97293");
        assert_eq!(form.as_deref(), Some("+919174097293"));
    }

    #[test]
    fn a_zero_that_belongs_to_a_number_abroad_is_kept() {
        for spelling in ["+39 06 1234 5678", "0039 06 1234 5678"] {
            let form = form::<E164In<'I', 'N'>>(spelling);
            assert_eq!(form.as_deref(), Some("+390612345678"), "{spelling}");
        }
        assert_eq!(
            form::<E164>("+39 06 1234 5678").as_deref(),
            Some("+390612345678")
        );
    }

    #[test]
    fn what_is_no_number_has_no_form() {
        for text in ["", " ", "no number", "+", "+0", "1", "+999 1234567"] {
            assert_eq!(form::<E164In<'I', 'N'>>(text), None, "{text}");
            assert_eq!(form::<E164>(text), None, "{text}");
        }
        assert_eq!(form::<E164>("98765 43210"), None);
        assert_eq!(form::<E164In<'X', 'X'>>("98765 43210"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,24}", digits in "[+0-9 ().x;=-]{0,24}") {
            for text in [&text, &digits] {
                let _ = form::<E164In<'I', 'N'>>(text);
                let _ = form::<E164In<'U', 'S'>>(text);
                let _ = form::<E164>(text);
            }
        }
    }
}
