//! Values to and from sealed bytes, under a keyring and for a place.

use zeroize::{Zeroize, Zeroizing};

use crate::codec::{Codec, Encoder, Plain};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::format;
use crate::keyring::Keyring;
use crate::nonce::{self, Nonce};

impl Keyring {
    /// Seals bytes for a place under the primary key.
    ///
    /// The result is [format 1](https://github.com/encfield/encfield/blob/main/docs/FORMAT.md), 50
    /// bytes longer than the plaintext.
    ///
    /// # Errors
    /// [`ErrorKind::Entropy`] when the operating system gives no random bytes.
    pub fn seal(&self, context: &Context<'_>, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.encrypt(context, plaintext)
    }

    /// Opens bytes that were sealed for the same place.
    ///
    /// # Errors
    /// Every kind that [`ErrorKind`] has for a value that is refused; see there.
    pub fn open(&self, context: &Context<'_>, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut value = Zeroizing::new(value.to_vec());
        let plaintext =
            self.open_in_place(context, &mut value).map_err(|error| context.blame(error))?;
        Ok(Zeroizing::new(plaintext.to_vec()))
    }

    /// Encodes a value and seals it for a place under the primary key.
    ///
    /// # Errors
    /// [`ErrorKind::NotEncodable`] when the type's codec refuses the value, and
    /// [`ErrorKind::Entropy`] when the operating system gives no random bytes.
    pub fn encrypt<T>(&self, context: &Context<'_>, value: &T) -> Result<Vec<u8>, Error>
    where
        T: Plain + ?Sized,
    {
        nonce::fresh()
            .and_then(|nonce| self.encrypt_with_nonce(context, &nonce, value))
            .map_err(|error| context.blame(error))
    }

    /// Opens a value that was sealed for the same place, and decodes it.
    ///
    /// # Errors
    /// Every kind that [`ErrorKind`] has for a value that is refused; see there.
    pub fn decrypt<T: Codec>(&self, context: &Context<'_>, value: &[u8]) -> Result<T, Error> {
        self.decrypt_owned(context, value.to_vec())
    }

    /// [`Keyring::decrypt`] for a caller that has a buffer to give: opened where it lies, and wiped.
    pub(crate) fn decrypt_owned<T: Codec>(
        &self,
        context: &Context<'_>,
        value: Vec<u8>,
    ) -> Result<T, Error> {
        let mut value = Zeroizing::new(value);
        let plaintext =
            self.open_in_place(context, &mut value).map_err(|error| context.blame(error))?;
        T::decode(plaintext).map_err(|reason| {
            context.blame(Error::new(ErrorKind::NotDecodable).with_note(reason.reason()))
        })
    }

    /// Never with a nonce that was used before: the vectors' way in, and [`Keyring::encrypt`]'s.
    fn encrypt_with_nonce<T>(
        &self,
        context: &Context<'_>,
        nonce: &Nonce,
        value: &T,
    ) -> Result<Vec<u8>, Error>
    where
        T: Plain + ?Sized,
    {
        let key = self.primary()?;
        let header = format::header(key.id());
        let mut sealed = format::begin(&header, nonce, value.plain_len());
        let tag = value
            .write_plain(&mut Encoder::new(&mut sealed))
            .map_err(|reason| Error::new(ErrorKind::NotEncodable).with_note(reason.reason()))
            .and_then(|()| {
                let associated_data = context.associated_data(&header);
                let body = sealed.get_mut(format::BODY_OFFSET..).unwrap_or_default();
                // Fails on lengths alone: 64 GiB of plaintext.
                key.cipher()
                    .seal(nonce, &associated_data, body)
                    .map_err(|_| Error::new(ErrorKind::NotEncodable).with_note("over 64 GiB"))
            });
        match tag {
            Ok(tag) => {
                // A plaintext longer than announced has used the tag's room.
                sealed.extend_from_slice(&tag);
                Ok(sealed)
            }
            Err(error) => {
                sealed.zeroize();
                Err(error)
            }
        }
    }

    fn open_in_place<'v>(
        &self,
        context: &Context<'_>,
        value: &'v mut [u8],
    ) -> Result<&'v [u8], Error> {
        let parts = format::parse(value)?;
        let key = self.opening(parts.key_id)?;
        let associated_data = context.associated_data(&parts.header);
        key.cipher()
            .open(&parts.nonce, &associated_data, parts.ciphertext, &parts.tag)
            .map_err(|_| Error::new(ErrorKind::NotAuthentic).with_key(parts.key_id))?;
        Ok(parts.ciphertext)
    }
}
