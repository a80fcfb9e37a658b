//! Which columns of a program are encrypted.

use std::fmt::{self, Write};

use super::column_record::{ColumnRecord, SensitiveModel};
use crate::error::{Error, ErrorKind};

/// The encrypted columns of a program: to be printed, kept beside the code, and held against a
/// database when the program starts, with [`check`](crate::check).
///
/// The program lists its models, with [`inventory!`](crate::inventory) or one by one.
///
/// ```
/// use diesel::prelude::*;
/// use encfield_core::{check, inventory};
/// # use encfield_core::{ColumnRecord, Error, SensitiveModel};
/// # diesel::table! {
/// #     use diesel::sql_types::*;
/// #     use encfield_core::sql_types::Ciphertext;
/// #     profiles (id) { id -> Integer, passport_number -> Nullable<Ciphertext<passport_number>> }
/// # }
/// # struct Profile;
/// # impl SensitiveModel for Profile {
/// #     fn encrypted_columns() -> Result<Vec<ColumnRecord>, Error> {
/// #         Ok(vec![ColumnRecord::new::<profiles::passport_number>(true, "Option<String>", vec![], vec![], None, None)?])
/// #     }
/// # }
///
/// fn start(conn: &mut SqliteConnection) -> Result<(), Error> {
///     let inventory = inventory![Profile]?;
///     println!("{inventory}");
///     let report = check(conn, &inventory);
///     if !report.problems().is_empty() {
///         eprintln!("{report}");
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    columns: Vec<ColumnRecord>,
}

impl Inventory {
    /// An inventory of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            columns: Vec::new(),
        }
    }

    /// The same with the columns of this model. A column that several models have is there once.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownContext`] when a table's SQL name cannot be told, and
    /// [`ErrorKind::ModelsDisagree`] when a column is there from another model that fills other
    /// indexes or binds to other columns: what the one stores the other would not open, or not find.
    pub fn with<M: SensitiveModel>(mut self) -> Result<Self, Error> {
        for column in M::encrypted_columns()? {
            let same = |other: &&ColumnRecord| {
                (other.table(), other.column()) == (column.table(), column.column())
            };
            match self.columns.iter_mut().find(|other| same(&&**other)) {
                None => self.columns.push(column),
                Some(other) if other.agrees_with(&column) => {
                    // Who only loads a column need not know its indexes.
                    if column.stored {
                        *other = column;
                    }
                }
                Some(_) => return Err(column.blame(Error::new(ErrorKind::ModelsDisagree))),
            }
        }
        Ok(self)
    }

    /// The columns, in the order in which they came.
    #[must_use]
    pub fn columns(&self) -> &[ColumnRecord] {
        &self.columns
    }

    /// The inventory as TOML, to be kept as `encfield.toml` beside the code and compared in review.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::from("# The encrypted columns of this program.\n");
        for column in &self.columns {
            column.write_toml(&mut text);
        }
        text
    }
}

impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, column) in self.columns.iter().enumerate() {
            if position > 0 {
                f.write_char('\n')?;
            }
            write!(
                f,
                "{}.{}: {}",
                column.table, column.column, column.field_type
            )?;
            if !column.indexes.is_empty() {
                write!(
                    f,
                    ", found by {}",
                    column.indexes().collect::<Vec<_>>().join(", ")
                )?;
            }
            if !column.bound_to.is_empty() {
                write!(
                    f,
                    ", bound to {}",
                    column.bound_to().collect::<Vec<_>>().join(", ")
                )?;
            }
            if let Some((_, scope)) = column.scope {
                write!(f, ", sealed per {scope}")?;
            }
        }
        Ok(())
    }
}

/// An inventory of these models: `inventory![Profile, Account]?`.
///
/// It is [`Inventory::with`], once for each model, and its errors are those.
///
/// ```
/// use encfield_core::inventory;
/// # use encfield_core::{ColumnRecord, Error, SensitiveModel};
/// # struct Profile;
/// # impl SensitiveModel for Profile {
/// #     fn encrypted_columns() -> Result<Vec<ColumnRecord>, Error> { Ok(vec![]) }
/// # }
/// # type Account = Profile;
///
/// # fn main() -> Result<(), Error> {
/// println!("{}", inventory![Profile, Account]?);
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! inventory {
    ($($model:ty),* $(,)?) => {
        ::core::result::Result::<$crate::Inventory, $crate::Error>::Ok($crate::Inventory::new())
            $(.and_then($crate::Inventory::with::<$model>))*
    };
}
