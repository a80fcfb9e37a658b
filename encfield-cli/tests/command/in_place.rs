//! A column that is encrypted where it is.

use crate::arguments::{decrypt_names, encrypt};
use crate::imports::listed;
use crate::place::{Kind, Place};

pub(crate) fn a_column_of_bytes_is_encrypted_where_it_is(kind: Kind) {
    let place = Place::create(kind);
    place.fill(40);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    let name = match kind {
        Kind::Postgres => "convert_to(name, 'UTF8')",
        _ => "CAST(name AS BINARY)",
    };
    let name = if kind == Kind::Sqlite {
        "CAST(name AS BLOB)"
    } else {
        name
    };
    place.execute(&format!("UPDATE people SET name_sealed = {name}"));
    // What begins like a ciphertext must open: it is not taken for plaintext.
    let planted = match kind {
        Kind::Postgres => "'\\xfe0102'",
        _ => "X'fe0102'",
    };
    place.execute(&format!(
        "UPDATE people SET name_sealed = {planted} WHERE id = 13"
    ));
    let encrypt = encrypt("people", "name_sealed", "name_sealed", &[]);
    let said = place.says(3, &encrypt);
    assert_eq!(listed(&said), [13], "{said}");
    assert!(
        said.contains("take `Migrating` out of the schema") && said.contains("VACUUM FULL"),
        "{said}"
    );
    let people = place.people();
    assert_eq!(people[12].name_sealed.as_deref(), Some(&[0xFE, 1, 2][..]));
    place.execute("DELETE FROM people WHERE id = 13");
    let names: Vec<_> = place
        .people()
        .into_iter()
        .map(|person| person.name)
        .collect();
    place.says(0, &["verify"]);
    place.execute("UPDATE people SET name = NULL");
    let decrypt = decrypt_names(&[]);
    place.says(0, &decrypt);
    let decrypted: Vec<_> = place
        .people()
        .into_iter()
        .map(|person| person.name)
        .collect();
    assert_eq!(decrypted, names);
    // It cannot be cleared, nor decrypted where it is.
    let clear = [&encrypt[..], &["--clear"]].concat();
    let said = place.says(1, &clear);
    assert!(said.contains("the encrypted column itself"), "{said}");
    place.says(0, &["verify"]);
}
