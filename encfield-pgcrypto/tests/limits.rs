//! What a hostile value may cost.

mod cases;

use std::time::{Duration, Instant};

use cases::{
    PASSPHRASE, literal, packet, protected, refused, sealed, sealed_without_code, session_key,
    zipped,
};
use encfield_pgcrypto::{ImportErrorKind, Limits, Pgcrypto};

fn reader(limits: Limits) -> Pgcrypto {
    Pgcrypto::new(PASSPHRASE)
        .with_limits(limits)
        .accepting_unauthenticated(true)
}

#[test]
fn the_defaults_are_what_the_docs_say() {
    let limits = Limits::default();
    assert_eq!(limits.max_value, 64 << 20);
    assert_eq!(limits.max_plaintext, 64 << 20);
    assert_eq!(limits.max_depth, 4);
}

#[test]
fn a_value_over_the_limit_is_refused_unread() {
    let value = sealed(&literal(b"plain"));
    let limits = |max_value| Limits {
        max_value,
        ..Limits::default()
    };
    assert!(reader(limits(value.len())).open(&value).is_ok());
    let kind = refused(&reader(limits(value.len() - 1)), &value);
    assert_eq!(kind, ImportErrorKind::TooLarge);
    assert_eq!(
        refused(&reader(limits(3)), b"plain"),
        ImportErrorKind::TooLarge
    );
}

#[test]
fn a_plaintext_over_the_limit_is_refused() {
    let limits = |max_plaintext| Limits {
        max_plaintext,
        ..Limits::default()
    };
    for length in [0, 1, 1000, 5000] {
        let inner = literal(&vec![b'x'; length]);
        for value in [
            sealed(&inner),
            sealed(&zipped(&inner)),
            sealed_without_code(&zipped(&inner)),
        ] {
            assert_eq!(reader(limits(length)).open(&value).unwrap().len(), length);
            if let Some(less) = length.checked_sub(1) {
                let kind = refused(&reader(limits(less)), &value);
                assert_eq!(kind, ImportErrorKind::TooLarge);
            }
        }
    }
}

/// 48 MiB of zeros in a few kilobytes, ten times over, against a limit of 64 KiB: time would tell if
/// it were unpacked whole.
#[test]
fn a_zip_bomb_ends_at_the_limit() {
    let bomb = zipped(&literal(&vec![0; 48 << 20]));
    let limits = Limits {
        max_plaintext: 64 << 10,
        ..Limits::default()
    };
    for value in [
        sealed(&bomb),
        sealed(&zipped(&bomb)),
        sealed_without_code(&bomb),
    ] {
        assert!(value.len() < 1 << 17, "{}", value.len());
        let whole = Instant::now();
        assert!(reader(Limits::default()).open(&value).is_ok());
        let whole = whole.elapsed();
        let limited = Instant::now();
        assert_eq!(refused(&reader(limits), &value), ImportErrorKind::TooLarge);
        let limited = limited.elapsed();
        assert!(limited * 4 < whole, "{limited:?} of {whole:?}");
    }
}

/// Zeros that are no packet at all: what they unpack to is not read before the limit ends it.
#[test]
fn a_bomb_of_nothing_ends_at_the_limit() {
    let limits = Limits {
        max_plaintext: 64 << 10,
        ..Limits::default()
    };
    let value = sealed(&zipped(&vec![0; 1 << 20]));
    assert_eq!(refused(&reader(limits), &value), ImportErrorKind::TooLarge);
    assert_eq!(
        refused(&reader(Limits::default()), &value),
        ImportErrorKind::Malformed
    );
}

#[test]
fn packets_in_packets_end_at_the_limit() {
    let nested = |depth| (0..depth).fold(literal(b"plain"), |inner, _| zipped(&inner));
    for max_depth in 0..6 {
        let limits = Limits {
            max_depth,
            ..Limits::default()
        };
        for depth in 0..8 {
            for value in [sealed(&nested(depth)), sealed_without_code(&nested(depth))] {
                let opened = reader(limits).open(&value);
                if depth <= max_depth {
                    assert_eq!(opened.unwrap().as_slice(), b"plain");
                } else {
                    assert_eq!(opened.unwrap_err().kind(), ImportErrorKind::TooLarge);
                }
            }
        }
    }
}

/// However deep the limit lets it go, the stack is not what ends it.
#[test]
fn depth_costs_no_stack() {
    let inner = [b"\xa3\0".repeat(20_000), literal(b"plain")].concat();
    let limits = Limits {
        max_depth: usize::MAX,
        ..Limits::default()
    };
    assert_eq!(
        reader(limits).open(&sealed(&inner)).unwrap().as_slice(),
        b"plain"
    );
}

#[test]
fn only_the_first_few_session_keys_are_tried() {
    let wrong = packet(3, &[4, 9, 0, 8]);
    let data = protected(&literal(b"plain"));
    for (before, opens) in [(0, true), (3, true), (4, false), (1000, false)] {
        let value = [wrong.repeat(before), session_key(), data.clone()].concat();
        let opened = reader(Limits::default()).open(&value);
        match opened {
            Ok(opened) => assert!(opens && opened.as_slice() == b"plain"),
            Err(error) => assert!(!opens && error.kind() == ImportErrorKind::NotAuthentic),
        }
    }
    // The dearest specifier there is, a thousand times over.
    let dear = packet(3, &[&[4, 7, 3, 8], [5; 8].as_slice(), &[0xff]].concat());
    let value = [dear.repeat(1000), data].concat();
    let start = Instant::now();
    assert_eq!(
        refused(&reader(Limits::default()), &value),
        ImportErrorKind::NotAuthentic
    );
    assert!(
        start.elapsed() < Duration::from_secs(120),
        "{:?}",
        start.elapsed()
    );
}
