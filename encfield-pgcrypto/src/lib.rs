//! Reads values that PostgreSQL's [pgcrypto] made with `pgp_sym_encrypt` or `pgp_sym_encrypt_bytea`.
//!
//! For moving such a column into encfield: the values are opened here, in the client, so that the
//! server never gets the passphrase again. A crate of its own, so that nobody else builds the old
//! ciphers that these values need. It reads and never writes.
//!
//! ```
//! use encfield_pgcrypto::{ImportErrorKind, Pgcrypto};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // What `pgp_sym_encrypt('Secret message.', 'foobar')` stored.
//! let value = [
//!     0x8c, 0x0d, 0x04, 0x07, 0x03, 0x02, 0x72, 0x2f, 0x7b, 0xbf, 0x44, 0x3a, 0x67, 0x46, 0x60, 0xd2,
//!     0x44, 0x01, 0xb1, 0x57, 0xf9, 0x39, 0xed, 0xe2, 0x0b, 0xe1, 0x41, 0xcd, 0x49, 0xae, 0x31, 0x5f,
//!     0x4a, 0xc6, 0x60, 0x32, 0x38, 0xcc, 0xa3, 0x09, 0xcf, 0xf9, 0x8b, 0xc7, 0xf5, 0x11, 0xeb, 0x2d,
//!     0x51, 0x30, 0x2c, 0x1b, 0x7e, 0x40, 0xd6, 0xf6, 0x2c, 0xd3, 0x65, 0x40, 0x44, 0xac, 0xc6, 0xcf,
//!     0xac, 0x48, 0xd9, 0x41, 0xf0, 0x15, 0x48, 0xab, 0x3f, 0xe6, 0xeb, 0x3c, 0x18, 0x37, 0x11, 0xee,
//!     0xe6, 0xb8, 0xec, 0x7c, 0xa4,
//! ];
//! let plaintext = Pgcrypto::new("foobar").open(&value)?;
//! assert_eq!(plaintext.as_slice(), b"Secret message.");
//!
//! let refused = Pgcrypto::new("wrong").open(&value).unwrap_err();
//! assert_eq!(refused.kind(), ImportErrorKind::NotAuthentic);
//! # Ok(())
//! # }
//! ```
//!
//! # What is read
//!
//! OpenPGP messages ([RFC 4880], [RFC 9580]), binary or in ASCII armor, under a passphrase:
//!
//! - string-to-key specifiers 0, 1 and 3 with MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 or
//!   RIPEMD-160, with or without a session key of its own (`sess-key=1`);
//! - AES-128, AES-192, AES-256, Triple DES, Blowfish and CAST5;
//! - integrity protected data, and data without a modification detection code (`disable-mdc=1`) where
//!   [`Pgcrypto::accepting_unauthenticated`] asks for it;
//! - literal data, in the clear or compressed by ZIP or ZLIB. The plaintext is bytes, as they were
//!   stored: `unicode-mode` and `convert-crlf` change nothing here.
//!
//! Messages under a public key, signatures, BZip2, Twofish and the packets with AEAD are refused as
//! [`Unsupported`](ImportErrorKind::Unsupported). pgcrypto writes none of them with a passphrase.
//!
//! # Values that were never encrypted
//!
//! pgcrypto before 14.24, 15.19, 16.15, 17.11 and 18.6 did not look at what its cipher answered
//! ([CVE-2026-14663]). Where the cipher failed (Blowfish and CAST5 on OpenSSL 3 without the legacy
//! provider) it stored messages that look encrypted and hold their plaintext as it is. A message of
//! this kind is told by its bytes alone, before any passphrase is used, and refused as
//! [`StoredInTheClear`](ImportErrorKind::StoredInTheClear): whoever saw the column has read it. A later
//! pgcrypto opens it under any passphrase with `ignore-cipher-failure=1`.
//!
//! # Why not a whole OpenPGP library
//!
//! The crate `pgp` reads these messages, and was weighed (0.21). It brings 170 crates, RSA and
//! elliptic curves among them, for two packets; opened plaintext passes through buffers that
//! it does not wipe; and a message in the clear must be looked into underneath it. The few packets of
//! pgcrypto are read here instead, on the RustCrypto ciphers and hashes, each of which wipes its key.
//!
//! [pgcrypto]: https://www.postgresql.org/docs/current/pgcrypto.html
//! [CVE-2026-14663]: https://www.postgresql.org/support/security/CVE-2026-14663/
//! [RFC 4880]: https://www.rfc-editor.org/rfc/rfc4880
//! [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580

mod armor;
mod cipher;
mod contents;
mod encrypted;
mod error;
mod in_the_clear;
mod inflate;
mod limits;
mod message;
mod packet;
mod pgcrypto;
mod s2k;
mod session_key;

pub use error::{ImportError, ImportErrorKind};
pub use limits::Limits;
pub use pgcrypto::Pgcrypto;
