//! Each exit code, as the help says it.

use diesel::Connection;
use diesel::connection::SimpleConnection;

use crate::arguments::encrypt_names;
use crate::place::{Kind, Place, with_connection};

/// 130 is what a signal ends with, which a test of its own sends.
pub(crate) fn each_exit_code_is_what_the_help_says(kind: Kind) {
    let place = Place::create(kind);
    let help = place.says(0, &["--help"]);
    for code in [
        "0  done",
        "1  could not be done",
        "2  wrong arguments",
        "3  rows left as they were",
        "4  the answer is no",
        "5  not complete",
        "6  nothing done",
        "130  broken off",
    ] {
        assert!(help.contains(code), "{code}\n{help}");
    }
    place.fill(20);
    let encrypt = encrypt_names(&["--chunk", "5"]);
    place.says(1, &encrypt); // There is no keyring yet.
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.says(2, &["encrypt", "--table", "people"]);
    place.says(0, &encrypt);
    place.says(6, &encrypt);
    place.says(4, &["census", "--key", &place.key("primary")]);

    // Another process is at one of the chunks, as far as the database is concerned. On SQLite there is one
    // writer at a time, so that each waits for the other.
    if kind != Kind::Sqlite {
        let job = "job = 'people: encrypt from name (name_sealed)'";
        place.execute(&format!(
            "UPDATE encfield_chunks SET done = 0 WHERE {job} AND number = 1"
        ));
        with_connection!(place, |conn| {
            conn.batch_execute("BEGIN").unwrap();
            let lock = format!("UPDATE encfield_chunks SET seen = seen WHERE {job} AND number = 1");
            conn.batch_execute(&lock).unwrap();
            let said = place.says(5, &encrypt);
            assert!(said.contains("another process is at the rest"), "{said}");
            conn.batch_execute("ROLLBACK").unwrap();
        });
        place.says(0, &encrypt);
    }

    place.execute("UPDATE people SET name_sealed = name_index WHERE id = 7");
    let said = place.says(3, &["verify"]);
    assert!(said.contains("row 7"), "{said}");
}
