//! Decompression that ends at a limit.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_COMPUTE_ADLER32, TINFL_FLAG_PARSE_ZLIB_HEADER,
    TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use zeroize::Zeroizing;

use crate::error::ImportErrorKind;

/// The whole output is in one buffer, so that no window of plaintext is left elsewhere.
const FLAGS: u32 = TINFL_FLAG_PARSE_ZLIB_HEADER
    | TINFL_FLAG_COMPUTE_ADLER32
    | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;

/// What `compressed`, a zlib stream ([RFC 1950]) and nothing after it, inflates to, if that has `max`
/// bytes at most.
///
/// The buffer grows with what is written, and each smaller one is wiped: a few bytes that would
/// inflate to gigabytes cost twice `max` at most. The tables of the code, which tell which bytes are
/// frequent, are not wiped.
///
/// [RFC 1950]: https://www.rfc-editor.org/rfc/rfc1950
pub(crate) fn inflate(
    compressed: &[u8],
    max: usize,
) -> Result<Zeroizing<Vec<u8>>, ImportErrorKind> {
    // One byte more, so that `max` bytes can be told from more than that.
    let most = max.saturating_add(1);
    let mut state = Box::new(DecompressorOxide::new());
    let mut buffer = Zeroizing::new(vec![0; compressed.len().saturating_mul(4).clamp(1, most)]);
    let mut rest = compressed;
    let mut written = 0;
    loop {
        let (status, read, more) = decompress(&mut state, rest, &mut buffer, written, FLAGS);
        rest = rest.get(read..).ok_or(ImportErrorKind::Malformed)?;
        written += more;
        if written > max {
            return Err(ImportErrorKind::TooLarge);
        }
        match status {
            TINFLStatus::Done if rest.is_empty() => {
                buffer.truncate(written);
                return Ok(buffer);
            }
            TINFLStatus::HasMoreOutput if buffer.len() < most => {
                let length = buffer.len().saturating_mul(2).min(most);
                let mut larger = Zeroizing::new(Vec::with_capacity(length));
                larger.extend_from_slice(&buffer);
                larger.resize(length, 0);
                buffer = larger;
            }
            _ => return Err(ImportErrorKind::Malformed),
        }
    }
}
