//! A writer for tracing-subscriber that scrubs each event before it is written.

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
#[derive(Debug)]
pub struct Scrubbing<W: Write> {
    scrubber: Scrubber,
    inner: W,
    held: Vec<u8>,
}

impl<W: Write> Scrubbing<W> {
    fn new(scrubber: Scrubber, inner: W) -> Self {
        Self {
            scrubber,
            inner,
            held: Vec::new(),
        }
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
        self.held.extend_from_slice(bytes);
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
