//! A body, in one buffer that is wiped.

use std::fmt;

use zeroize::Zeroizing;

use crate::limits::Limits;
use crate::refused::{Refused, RefusedKind};

/// Collects a body, piece by piece, in one buffer that never grows and is wiped on drop.
///
/// A `Vec` that grows leaves its old buffers behind, with the values in them. This one has the size that
/// the request announces, or the largest that is allowed.
///
/// ```
/// use encfield_web::{Body, Limits};
///
/// # fn main() -> Result<(), encfield_web::Refused> {
/// let mut body = Body::new(&Limits::default(), Some(10))?; // Content-Length: 10
/// body.push(b"country=")?;
/// body.push(b"IN")?;
/// let bytes = body.finish()?;
/// assert_eq!(*bytes, b"country=IN");
/// # Ok(())
/// # }
/// ```
pub struct Body {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
    announced: Option<usize>,
}

impl Body {
    /// An empty buffer for a body of the announced length, if the request has one.
    ///
    /// # Errors
    /// [`RefusedKind::TooLarge`] when the announced length is beyond the limit; nothing was read then.
    pub fn new(limits: &Limits, announced: Option<u64>) -> Result<Self, Refused> {
        let announced = announced.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if announced.is_some_and(|length| length > limits.body) {
            return Err(Refused::whole(RefusedKind::TooLarge));
        }
        let capacity = announced.unwrap_or(limits.body);
        Ok(Self {
            bytes: Zeroizing::new(Vec::with_capacity(capacity)),
            limit: capacity,
            announced,
        })
    }

    /// Takes the next piece. The piece itself is the caller's to wipe.
    ///
    /// # Errors
    /// [`RefusedKind::TooLarge`] when the body is larger than the limit or than was announced.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Refused> {
        if piece.len() > self.limit.saturating_sub(self.bytes.len()) {
            return Err(Refused::whole(RefusedKind::TooLarge));
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`RefusedKind::Interrupted`] when there is less of it than was announced.
    pub fn finish(self) -> Result<Zeroizing<Vec<u8>>, Refused> {
        match self.announced {
            Some(length) if length > self.bytes.len() => Err(Self::interrupted()),
            _ => Ok(self.bytes),
        }
    }

    /// The refusal for a body whose transport ended or failed before its end.
    #[must_use]
    pub fn interrupted() -> Refused {
        Refused::whole(RefusedKind::Interrupted)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
