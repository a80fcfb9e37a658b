//! Unpacks what is compressed.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_COMPUTE_ADLER32, TINFL_FLAG_PARSE_ZLIB_HEADER,
    TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use zeroize::Zeroizing;

use crate::error::ImportError;

/// The least that is reserved for what is unpacked, in bytes.
const LEAST: usize = 1024;

/// Unpacks a stream, by its number in [RFC 9580], section 9.4, to `max` bytes at most.
///
/// It unpacks into a buffer of its own, which is its window as well: a window elsewhere would keep
/// the last 32 KiB of plaintext unwiped.
///
/// # Errors
/// `Unsupported` for BZip2, `TooLarge` when it does not end in time, `Malformed` when it is no such
/// stream or something comes after it.
///
/// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-9.4
pub(crate) fn inflate(
    algorithm: u8,
    mut packed: &[u8],
    max: usize,
) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF
        | match algorithm {
            1 => 0,
            2 => TINFL_FLAG_PARSE_ZLIB_HEADER | TINFL_FLAG_COMPUTE_ADLER32,
            3 => return Err(ImportError::UNSUPPORTED),
            _ => return Err(ImportError::MALFORMED),
        };
    let mut state = Box::<DecompressorOxide>::default();
    let mut out = Zeroizing::new(vec![0; LEAST.min(max)]);
    let mut len = 0;
    loop {
        let (status, read, written) = decompress(&mut state, packed, &mut out, len, flags);
        packed = packed.get(read..).ok_or(ImportError::MALFORMED)?;
        len += written;
        match status {
            TINFLStatus::Done if packed.is_empty() => {
                out.truncate(len);
                return Ok(out);
            }
            TINFLStatus::HasMoreOutput if out.len() >= max => return Err(ImportError::TOO_LARGE),
            TINFLStatus::HasMoreOutput => out = grown(&out, max),
            _ => return Err(ImportError::MALFORMED),
        }
    }
}

/// A buffer of twice the size. The old one is wiped, which growing in place would not do.
fn grown(out: &[u8], max: usize) -> Zeroizing<Vec<u8>> {
    let mut larger = Zeroizing::new(vec![0; out.len().saturating_mul(2).min(max)]);
    if let Some(start) = larger.get_mut(..out.len()) {
        start.copy_from_slice(out);
    }
    larger
}
