//! A writer for tracing-subscriber that scrubs each event before it is written.

use std::fmt;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;
use zeroize::Zeroize;

use crate::scrubber::Scrubber;

/// Makes writers that scrub: see [`Scrubber::writer`].
#[derive(Debug, Clone)]
pub struct Scrubbed<M> {
    scrubber: Scrubber,
    inner: M,
}

impl Scrubber {
    /// What tracing-subscriber's `with_writer` takes, so that no line of a log is written unscrubbed.
    ///
    /// ```
    /// # use encfield_scrub::Scrubber;
    /// let scrubber = Scrubber::builder().name("phone_number").build()?;
    /// let subscriber = tracing_subscriber::fmt()
    ///     .json()
    ///     .with_writer(scrubber.writer(std::io::stderr))
    ///     .finish();
    /// # let _ = subscriber;
    /// # Ok::<(), encfield_scrub::Error>(())
    /// ```
    ///
    /// It sees what goes through this writer: a layer that sends events elsewhere by itself is not
    /// scrubbed.
    #[must_use]
    pub fn writer<M>(&self, inner: M) -> Scrubbed<M> {
        Scrubbed {
            scrubber: self.clone(),
            inner,
        }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Scrubbed<M> {
    type Writer = Scrubbing<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Scrubbing::new(self.scrubber.clone(), self.inner.make_writer())
    }

    fn make_writer_for(&'a self, metadata: &tracing_core::Metadata<'_>) -> Self::Writer {
        Scrubbing::new(self.scrubber.clone(), self.inner.make_writer_for(metadata))
    }
}

/// Writes whole lines, scrubbed. What is left without an end of line is written on drop.
pub struct Scrubbing<W: Write> {
    scrubber: Scrubber,
    inner: W,
    held: Vec<u8>,
}

/// What is held is not scrubbed yet: its length alone is shown.
impl<W: Write> fmt::Debug for Scrubbing<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubbing")
            .field("held", &self.held.len())
            .finish_non_exhaustive()
    }
}

impl<W: Write> Scrubbing<W> {
    fn new(scrubber: Scrubber, inner: W) -> Self {
        Self {
            scrubber,
            inner,
            held: Vec::new(),
        }
    }

    /// Adds to what is held. A buffer that is too small is wiped before it is given up.
    fn hold(&mut self, bytes: &[u8]) {
        let needed = self.held.len() + bytes.len();
        if needed > self.held.capacity() {
            let mut larger = Vec::with_capacity(needed.max(2 * self.held.len()));
            larger.extend_from_slice(&self.held);
            std::mem::replace(&mut self.held, larger).zeroize();
        }
        self.held.extend_from_slice(bytes);
    }

    /// Writes what is held; nothing of it twice.
    fn release(&mut self) -> io::Result<()> {
        let mut held = std::mem::take(&mut self.held);
        let written = match held.is_empty() {
            true => Ok(()),
            false => self.inner.write_all(&self.scrubber.scrub_bytes(&held)),
        };
        held.zeroize();
        written
    }
}

impl<W: Write> Write for Scrubbing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A whole event in one piece is the rule, and needs no copy.
        if self.held.is_empty() && bytes.ends_with(b"\n") {
            self.inner.write_all(&self.scrubber.scrub_bytes(bytes))?;
            return Ok(bytes.len());
        }
        self.hold(bytes);
        if bytes.ends_with(b"\n") {
            self.release()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.release()?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for Scrubbing<W> {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.release();
    }
}
