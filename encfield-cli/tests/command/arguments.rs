//! The arguments of the jobs that most tests run.

/// The arguments that encrypt a column from another one, with more after them.
pub(crate) fn encrypt<'a>(
    table: &'a str,
    column: &'a str,
    from: &'a str,
    more: &[&'a str],
) -> Vec<&'a str> {
    let arguments = [
        "encrypt", "--table", table, "--column", column, "--from", from,
    ];
    [&arguments[..], more].concat()
}

/// The arguments that decrypt a column into another one, with more after them.
pub(crate) fn decrypt<'a>(
    table: &'a str,
    column: &'a str,
    to: &'a str,
    more: &[&'a str],
) -> Vec<&'a str> {
    let arguments = ["decrypt", "--table", table, "--column", column, "--to", to];
    [&arguments[..], more].concat()
}

/// What encrypts the names of `people`.
pub(crate) fn encrypt_names<'a>(more: &[&'a str]) -> Vec<&'a str> {
    encrypt("people", "name_sealed", "name", more)
}

/// What decrypts the names of `people`.
pub(crate) fn decrypt_names<'a>(more: &[&'a str]) -> Vec<&'a str> {
    decrypt("people", "name_sealed", "name", more)
}
