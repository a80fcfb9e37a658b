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
    /// [`RefusedKind::TooLarge`] when the body is larger than the limit or than was announced. What there
    /// was room for is taken.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Refused> {
        let room = self.limit.saturating_sub(self.bytes.len());
        let (fits, rest) = piece.split_at(piece.len().min(room));
        self.bytes.extend_from_slice(fits);
        match rest.is_empty() {
            true => Ok(()),
            false => Err(Refused::whole(RefusedKind::TooLarge)),
        }
    }

    /// What has come so far, for [`Refused::keeping`].
    #[must_use]
    pub fn so_far(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether all of it has come.
    ///
    /// # Errors
    /// [`RefusedKind::Interrupted`] when there is less of it than was announced.
    pub fn is_whole(&self) -> Result<(), Refused> {
        match self.announced {
            Some(length) if length > self.bytes.len() => Err(Self::interrupted()),
            _ => Ok(()),
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`RefusedKind::Interrupted`] when there is less of it than was announced.
    pub fn finish(self) -> Result<Zeroizing<Vec<u8>>, Refused> {
        self.is_whole()?;
        Ok(self.bytes)
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
