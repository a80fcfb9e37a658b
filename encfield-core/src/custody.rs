//! Values that come out of another crate's custody, and go into it.

use zeroize::{Zeroize, Zeroizing};

use crate::encrypted::Encrypted;
use crate::field::Field;
use crate::wipe::Wipe;

impl<T: Field> Encrypted<T> {
    /// The plain value in the custody of the crate zeroize, which wipes it on drop.
    pub fn into_zeroizing(self) -> Zeroizing<T>
    where
        T: Zeroize,
    {
        Zeroizing::new(self.into_exposed())
    }
}

/// Takes the value over; nothing of it is left behind.
impl<T: Field + Zeroize + Default> From<Zeroizing<T>> for Encrypted<T> {
    fn from(mut value: Zeroizing<T>) -> Self {
        Self::new(std::mem::take(&mut *value))
    }
}

impl<T: Field> Wipe for Encrypted<T> {
    fn overwrite(&mut self) {
        self.wipe_value();
    }
}

#[cfg(feature = "secrecy")]
mod of_secrecy {
    use secrecy::{ExposeSecret, SecretBox, SecretSlice, SecretString};

    use super::Encrypted;

    /// The text is copied, and the secret wiped when it is dropped.
    impl From<SecretString> for Encrypted<String> {
        fn from(secret: SecretString) -> Self {
            Self::new(secret.expose_secret().to_owned())
        }
    }

    /// The text is copied into a box of its own length, and wiped where it was.
    impl From<Encrypted<String>> for SecretString {
        fn from(value: Encrypted<String>) -> Self {
            SecretBox::new(Box::from(value.expose().as_str()))
        }
    }

    /// The bytes are copied, and the secret wiped when it is dropped.
    impl From<SecretSlice<u8>> for Encrypted<Vec<u8>> {
        fn from(secret: SecretSlice<u8>) -> Self {
            Self::new(secret.expose_secret().to_vec())
        }
    }

    /// The bytes are copied into a box of their own length, and wiped where they were.
    impl From<Encrypted<Vec<u8>>> for SecretSlice<u8> {
        fn from(value: Encrypted<Vec<u8>>) -> Self {
            SecretBox::new(Box::from(value.expose().as_slice()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeroizing_gives_and_takes() {
        let value = Encrypted::<String>::from(Zeroizing::new("K1234567".to_owned()));
        assert_eq!(value.expose(), "K1234567");
        assert_eq!(*value.into_zeroizing(), "K1234567");
    }

    #[cfg(feature = "secrecy")]
    #[test]
    fn secrecy_gives_and_takes() {
        use secrecy::{ExposeSecret, SecretSlice, SecretString};

        let value = Encrypted::<String>::from(SecretString::from("K1234567"));
        assert_eq!(value.expose(), "K1234567");
        assert_eq!(SecretString::from(value).expose_secret(), "K1234567");
        let bytes = Encrypted::<Vec<u8>>::from(SecretSlice::from(vec![7, 8]));
        assert_eq!(bytes.expose(), &[7, 8]);
        assert_eq!(SecretSlice::from(bytes).expose_secret(), [7, 8]);
    }
}
