//! A server's own dump, restored: what it opens, from before and from after a scope was shredded.

use encfield::{ErrorKind, Keyring, Tombstones};

use crate::backend::{dump, restore};
use crate::database::holds;
use crate::scopes::{afresh, create, data_keys, insert, kind_of, note, rows, stored_of, tenant};

/// Why there is no dump, if there is none.
pub(crate) fn missing() -> Option<String> {
    let tool = crate::backend::DUMP_TOOL;
    let found = std::process::Command::new(tool).arg("--version").output();
    found.is_err().then(|| format!("there is no {tool}"))
}

fn in_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn after_shredding_a_dump_and_the_keyring_open_nothing() {
    let (database, keyring) = (create(), Keyring::generate());
    let folder = tempfile::tempdir().unwrap();
    let tombstones = Tombstones::create(folder.path().join("tombstones.json")).unwrap();
    let data_keys_here = data_keys(&database).with_tombstones(tombstones.clone());
    let (wrapped, before) = keyring.with_data_keys(&data_keys_here).override_within(|| {
        let conn = &mut database.open();
        insert(conn, &[note(1, 1), note(2, 1), note(3, 2)]);
        let wrapped = rows(conn).remove(0).wrapped_key.unwrap();
        let before = dump(&database);
        assert!(data_keys_here.shred(conn, &tenant(1)).unwrap());
        (in_hexadecimal(&wrapped), before)
    });
    let after = dump(&database);
    let has = |dump: &str| holds(dump.to_ascii_lowercase().as_bytes(), wrapped.as_bytes());
    assert!(has(&before) && !has(&after));
    // With a copy of the keyring, as whoever has the one may have the other.
    let copy = Keyring::from_json(&keyring.to_json().unwrap()).unwrap();
    let restored = restore(&database, &after);
    afresh(&copy, &restored, |conn| {
        assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::Shredded);
        assert!(stored_of(conn, 2).unwrap() == [note(3, 2)]);
    });
    // A dump from before opens, and is kept shut by tombstones alone.
    let restored = restore(&database, &before);
    afresh(&copy, &restored, |conn| {
        assert!(stored_of(conn, 1).unwrap() == [note(1, 1), note(2, 1)]);
    });
    let buried = data_keys(&restored).with_tombstones(tombstones);
    copy.with_data_keys(&buried).override_within(|| {
        let conn = &mut restored.open();
        assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::Shredded);
        assert!(stored_of(conn, 2).unwrap() == [note(3, 2)]);
        assert_eq!(buried.bury(conn).unwrap(), 1);
    });
    afresh(&copy, &restored, |conn| {
        assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::Shredded);
    });
}

crate::harness::claims![after_shredding_a_dump_and_the_keyring_open_nothing];
