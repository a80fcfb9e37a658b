//! How the tags of a blind index are made of plaintexts.

use std::fmt;
use std::sync::Arc;

use diesel::Column;

use super::super::index_source::{IndexSource, IndexType};
use super::super::tag_bind::NormaliserOf;
use crate::blind_index::{IndexValue, normal_form};
use crate::codec::{Codec, CodecError, Padded, Padding};
use crate::error::{Error, ErrorKind};
use crate::keyring;

/// The tag of a plaintext, if it has one.
pub(super) type Tagger = Arc<dyn Fn(&[u8]) -> Result<Option<Vec<u8>>, Error> + Send + Sync>;

/// A blind index of one column, and how its tags are made.
#[derive(Clone)]
pub struct IndexFill {
    pub(super) column: String,
    pub(super) tagger: Tagger,
}

impl IndexFill {
    /// The index column `I` of a field of type `T`.
    ///
    /// For an index of one column. A compound index is filled by storing its rows again through their
    /// model.
    pub fn of<I, T>() -> Self
    where
        I: Column<SqlType: IndexType>,
        T: Codec + 'static,
        for<'v> &'v T: IndexValue<NormaliserOf<I::SqlType>>,
    {
        Self::decoding::<I, T>(T::decode)
    }

    /// The same of a field that is padded as `#[sensitive(pad = ..)]` says.
    pub fn of_padded<I, T, P>() -> Self
    where
        I: Column<SqlType: IndexType>,
        T: Codec + 'static,
        P: Padding,
        for<'v> &'v T: IndexValue<NormaliserOf<I::SqlType>>,
    {
        Self::decoding::<I, T>(|plaintext| {
            Padded::<T, P>::decode(plaintext).map(Padded::into_inner)
        })
    }

    fn decoding<I, T>(decode: fn(&[u8]) -> Result<T, CodecError>) -> Self
    where
        I: Column<SqlType: IndexType>,
        T: Codec + 'static,
        for<'v> &'v T: IndexValue<NormaliserOf<I::SqlType>>,
    {
        let tagger = move |plaintext: &[u8]| {
            let source = <I::SqlType as IndexType>::Source::place()?;
            let mut value = decode(plaintext)
                .map_err(|reason| Error::new(ErrorKind::NotDecodable).with_note(reason.reason()))?;
            let normal = normal_form::<NormaliserOf<I::SqlType>>(&&value);
            value.wipe();
            let Some(normal) = normal else {
                return Ok(None);
            };
            let tag = keyring::with_current(&source.context, |keyring| {
                keyring.tag::<<I::SqlType as IndexType>::Tagging>(&source.place, &normal)
            });
            tag.map(|tag| Some(tag.as_bytes().to_vec()))
        };
        Self {
            column: I::NAME.to_owned(),
            tagger: Arc::new(tagger),
        }
    }
}

impl fmt::Debug for IndexFill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexFill({})", self.column)
    }
}
