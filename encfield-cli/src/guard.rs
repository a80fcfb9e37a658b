//! Which columns a job may take plaintext from, and write it to.

use crate::columns::Columns;
use crate::exit::Problem;
use crate::verb::Verb;

/// Refuses a job whose plain column is one that the manifest needs for something else: plaintext
/// written there would be what takes values away, and what stands there is no plaintext.
pub(crate) fn check(columns: &Columns, verb: &Verb<'_>) -> Result<(), Problem> {
    let Some(plain) = verb.plain_column() else {
        return Ok(());
    };
    for asked in columns.iter() {
        let refused = |why: String| {
            Err(Problem::new(format!(
                "{}.{plain} cannot be the plain column: {why}",
                asked.table
            )))
        };
        let in_place = plain == asked.column;
        if in_place && verb.writes_plain() {
            return refused("it is the encrypted column itself".to_owned());
        }
        for own in columns.of_table(&asked.table) {
            if own.column == plain && !in_place {
                return refused("the manifest has it as an encrypted column".to_owned());
            }
            if own.indexes().any(|index| index.column == plain) {
                return refused(format!("it is a blind index of {}", own.name()));
            }
            if verb.writes_plain() && own.reads().any(|read| read == plain) {
                return refused(format!("values of {} are bound to it", own.name()));
            }
        }
    }
    Ok(())
}

/// Refuses to write plaintext into, or to clear, a column of the primary key.
pub(crate) fn check_key(table: &str, key: &[String], verb: &Verb<'_>) -> Result<(), Problem> {
    match verb.plain_column() {
        Some(plain) if verb.writes_plain() && key.iter().any(|column| column == plain) => {
            Err(Problem::new(format!(
                "{table}.{plain} cannot be the plain column: it is of the primary key"
            )))
        }
        _ => Ok(()),
    }
}
