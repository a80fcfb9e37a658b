//! Plaintext in a column that is being encrypted where it is.

use super::Codec;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::format;

/// The plain value, if the column may hold one and this is no ciphertext.
pub(crate) fn plain<T: Codec>(
    reads_plaintext: bool,
    context: &Context<'_>,
    value: &[u8],
) -> Option<Result<T, Error>> {
    if !reads_plaintext || value.starts_with(&format::MARK_AND_FORMAT) {
        return None;
    }
    Some(T::from_plain_column(value).map_err(|reason| {
        context.blame(Error::new(ErrorKind::NotCiphertext).with_note(reason.reason()))
    }))
}
