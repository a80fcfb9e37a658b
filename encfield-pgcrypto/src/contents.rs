//! What was encrypted: literal data, compressed or not.

use zeroize::Zeroizing;

use crate::error::ImportError;
use crate::inflate::inflate;
use crate::limits::Limits;
use crate::packet::{Packet, tag};

/// The bytes of a literal packet's date.
const DATE: usize = 4;

/// The plaintext in a sequence of packets that holds one literal packet, within compressed packets or
/// not, and nothing besides.
///
/// # Errors
/// `TooLarge` over a limit, `Unsupported` for signatures and BZip2, `Malformed` for everything else.
pub(crate) fn plaintext(
    packets: &[u8],
    limits: &Limits,
) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let mut unpacked: Option<Zeroizing<Vec<u8>>> = None;
    // A loop: how deep it goes is the value's choice, and the stack is not.
    for depth in 0.. {
        let packets = unpacked.as_ref().map_or(packets, |unpacked| unpacked);
        let (packet, rest) = Packet::first(packets)?;
        let inner = match packet.tag {
            tag::LITERAL => {
                end(rest)?;
                let plaintext = literal(&packet.body).ok_or(ImportError::MALFORMED)?;
                if plaintext.len() > limits.max_plaintext {
                    break;
                }
                return Ok(Zeroizing::new(plaintext.to_vec()));
            }
            tag::COMPRESSED if depth < limits.max_depth => {
                end(rest)?;
                match packet.body.split_first().ok_or(ImportError::MALFORMED)? {
                    (0, packets) => Zeroizing::new(packets.to_vec()),
                    (algorithm, packed) => inflate(*algorithm, packed, limits.max_unpacked())?,
                }
            }
            tag::COMPRESSED => break,
            tag::SIGNATURE | tag::ONE_PASS_SIGNATURE => return Err(ImportError::UNSUPPORTED),
            _ => return Err(ImportError::MALFORMED),
        };
        unpacked = Some(inner);
    }
    Err(ImportError::TOO_LARGE)
}

/// Two values in one message would leave the second behind.
fn end(rest: &[u8]) -> Result<(), ImportError> {
    rest.is_empty().then_some(()).ok_or(ImportError::MALFORMED)
}

/// The data of a literal packet: a format, a name, a date and the data ([RFC 9580], section 5.9).
///
/// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-5.9
fn literal(body: &[u8]) -> Option<&[u8]> {
    let ([format, name], rest) = body.split_first_chunk::<2>()?;
    if !b"btul1m".contains(format) {
        return None;
    }
    rest.get(usize::from(*name) + DATE..)
}
