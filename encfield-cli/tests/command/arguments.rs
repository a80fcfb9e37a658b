//! The arguments of the jobs that most tests run.

/// The arguments that encrypt a column from another one, with more after them.
pub(crate) fn encrypt<'a>(
    table: &'a str,
    column: &'a str,
    from: &'a str,
    more: &[&'a str],
) -> Vec<&'a str> {
    job("encrypt", table, column, ["--from", from], more)
}

/// The arguments that decrypt a column into another one, with more after them.
pub(crate) fn decrypt<'a>(
    table: &'a str,
    column: &'a str,
    to: &'a str,
    more: &[&'a str],
) -> Vec<&'a str> {
    job("decrypt", table, column, ["--to", to], more)
}

fn job<'a>(
    command: &'a str,
    table: &'a str,
    column: &'a str,
    plain: [&'a str; 2],
    more: &[&'a str],
) -> Vec<&'a str> {
    let column = [command, "--table", table, "--column", column];
    [&column[..], &plain, more].concat()
}

/// What encrypts the names of `people`.
pub(crate) fn encrypt_names<'a>(more: &[&'a str]) -> Vec<&'a str> {
    encrypt("people", "name_sealed", "name", more)
}

/// What decrypts the names of `people`.
pub(crate) fn decrypt_names<'a>(more: &[&'a str]) -> Vec<&'a str> {
    decrypt("people", "name_sealed", "name", more)
}
