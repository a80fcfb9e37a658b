//! From a Diesel column to the place that its values are bound to.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use diesel::Column;
use diesel::internal::table_macro::{Identifier, InfixNode, StaticQueryFragment};

use crate::context::Context;
use crate::error::{Error, ErrorKind};

/// A column whose values are encrypted: one from `diesel::table!`, or a [`Renamed`] one.
pub trait EncryptedColumn: 'static {
    /// The place that the column's values are bound to.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownContext`] when the table's SQL name cannot be told.
    fn context() -> Result<Context<'static>, Error>;

    /// Whether plaintext is read as well, because the column is being encrypted where it is.
    #[doc(hidden)]
    fn reads_plaintext() -> bool {
        false
    }
}

impl<C> EncryptedColumn for C
where
    C: Column + 'static,
    C::Table: StaticQueryFragment,
    <C::Table as StaticQueryFragment>::Component: TableName,
{
    fn context() -> Result<Context<'static>, Error> {
        let table = C::Table::STATIC_COMPONENT
            .table_name(TypeId::of::<C::Table>())
            .ok_or_else(|| Error::new(ErrorKind::UnknownContext).with_note(C::NAME))?;
        Ok(Context::new(table, C::NAME))
    }
}

/// The names that a table or a column had when its values were sealed.
///
/// See [`Renamed`].
pub trait FormerName: 'static {
    /// The former SQL name of the table, with its schema where it had one: `schema.table`.
    const TABLE: &'static str;

    /// The former SQL name of the column.
    const COLUMN: &'static str;
}

/// A column that keeps the context of its former name, so that its values still open.
///
/// A value is bound to the SQL names of its table and column. After a rename, say the old names in
/// the schema, and go on saying them: values are sealed and opened under the old names for good.
///
/// ```
/// use encfield_core::FormerName;
///
/// pub struct Phone;
///
/// impl FormerName for Phone {
///     const TABLE: &'static str = "profiles";
///     const COLUMN: &'static str = "phone";
/// }
///
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encfield_core::{Renamed, sql_types::Ciphertext};
///     use super::Phone;
///
///     people (id) {
///         id -> Integer,
///         phone_number -> Nullable<Ciphertext<Renamed<phone_number, Phone>>>,
///     }
/// }
/// # fn main() {}
/// ```
pub struct Renamed<C, F>(PhantomData<fn() -> (C, F)>);

impl<C: 'static, F: FormerName> EncryptedColumn for Renamed<C, F> {
    fn context() -> Result<Context<'static>, Error> {
        Ok(Context::new(F::TABLE, F::COLUMN))
    }
}

impl<C, F> fmt::Debug for Renamed<C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renamed")
    }
}

/// What `diesel::table!` knows a table by: an identifier, or two with a dot between them.
pub trait TableName {
    /// The SQL name; the type id tells tables apart where the name must be kept.
    fn table_name(&'static self, table: TypeId) -> Option<&'static str>;
}

impl TableName for Identifier<'static> {
    fn table_name(&'static self, _: TypeId) -> Option<&'static str> {
        Some(self.0)
    }
}

impl TableName for InfixNode<Identifier<'static>, Identifier<'static>, &'static str> {
    /// `schema.table`. Diesel keeps the two names private and prints them with `Debug` alone.
    ///
    /// The text is taken apart strictly: were Diesel to print it in another way, sealing and
    /// opening would fail, and never bind a value to a wrong name.
    fn table_name(&'static self, table: TypeId) -> Option<&'static str> {
        thread_local! {
            /// Those that this thread has asked for: each value asks, and waits for no other thread.
            static ASKED: RefCell<Vec<(TypeId, &'static str)>> = const { RefCell::new(Vec::new()) };
        }

        let asked = ASKED.try_with(|asked| {
            let asked = asked.borrow();
            let known = asked.iter().find(|(known, _)| *known == table);
            known.map(|(_, name)| *name)
        });
        if let Ok(Some(name)) = asked {
            return Some(name);
        }
        let name = leaked(self, table)?;
        let _ = ASKED.try_with(|asked| asked.borrow_mut().push((table, name)));
        Some(name)
    }
}

/// The name of a table in a schema, leaked once per table of the program.
fn leaked(node: &impl fmt::Debug, table: TypeId) -> Option<&'static str> {
    static NAMES: Mutex<Option<HashMap<TypeId, &'static str>>> = Mutex::new(None);

    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_default();
    if let Some(name) = names.get(&table) {
        return Some(name);
    }
    let name: &'static str = qualified(&format!("{node:?}"))?.leak();
    names.insert(table, name);
    Some(name)
}

/// `schema.table`, from the `Debug` text of Diesel's node.
fn qualified(debug: &str) -> Option<String> {
    let rest = debug.strip_prefix("InfixNode { lhs: Identifier(\"")?;
    let (schema, rest) = rest.split_once("\"), rhs: Identifier(\"")?;
    let table = rest.strip_suffix("\"), middle: \".\" }")?;
    // An escape or a quote inside a name would need a second look; no sane schema has one.
    let plain = |name: &str| !name.is_empty() && !name.contains(['\\', '"']);
    (plain(schema) && plain(table)).then(|| format!("{schema}.{table}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    diesel::table! {
        plain (id) {
            id -> Integer,
            #[sql_name = "soc sec"]
            number -> Integer,
        }
    }

    diesel::table! {
        #[sql_name = "Other Tab"]
        other (id) {
            id -> Integer,
        }
    }

    diesel::table! {
        schéma.users (id) {
            id -> Integer,
        }
    }

    #[test]
    fn the_context_is_made_of_sql_names() {
        assert_eq!(
            plain::number::context().unwrap(),
            Context::new("plain", "soc sec")
        );
        assert_eq!(
            other::id::context().unwrap(),
            Context::new("Other Tab", "id")
        );
    }

    #[test]
    fn a_table_in_a_schema_is_named_with_it() {
        assert_eq!(
            users::id::context().unwrap(),
            Context::new("schéma.users", "id")
        );
        assert_eq!(users::id::context().unwrap().table(), "schéma.users");
    }

    #[test]
    fn a_debug_text_of_another_shape_gives_no_name() {
        for text in [
            "",
            "InfixNode { lhs: Identifier(\"a\"), rhs: Identifier(\"b\"), middle: \"::\" }",
            "InfixNode { lhs: Identifier(\"a\"), rhs: Identifier(\"b\\\"c\"), middle: \".\" }",
            "InfixNode { lhs: Identifier(\"\"), rhs: Identifier(\"b\"), middle: \".\" }",
            "InfixNode(Identifier(\"a\"), Identifier(\"b\"), \".\")",
        ] {
            assert_eq!(qualified(text), None, "{text}");
        }
    }

    #[test]
    fn a_renamed_column_keeps_its_former_place() {
        struct Former;
        impl FormerName for Former {
            const TABLE: &'static str = "profiles";
            const COLUMN: &'static str = "phone";
        }
        let context = <Renamed<plain::number, Former>>::context().unwrap();
        assert_eq!(context, Context::new("profiles", "phone"));
    }
}
