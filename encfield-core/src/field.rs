//! What an encrypted field can hold: a value, or maybe a value.

use crate::codec::Codec;

/// What an [`Encrypted`](crate::Encrypted) can hold: a [`Codec`] type, or an `Option` of one for a
/// nullable column, where `None` is NULL.
///
/// It cannot be implemented: implement [`Codec`] for a type of your own.
pub trait Field: sealed::Sealed + Sized {
    /// Wipes the value, if there is one; see [`Codec::wipe`].
    #[doc(hidden)]
    fn wipe_field(&mut self);
}

impl<T: Codec> Field for T {
    fn wipe_field(&mut self) {
        self.wipe();
    }
}

impl<T: Codec> Field for Option<T> {
    fn wipe_field(&mut self) {
        if let Some(value) = self {
            value.wipe();
        }
    }
}

mod sealed {
    use crate::codec::Codec;

    pub trait Sealed {}
    impl<T: Codec> Sealed for T {}
    impl<T: Codec> Sealed for Option<T> {}
}
