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
    use secrecy::{ExposeSecret, SecretBox, SecretString};

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
        use secrecy::{ExposeSecret, SecretString};

        let value = Encrypted::<String>::from(SecretString::from("K1234567"));
        assert_eq!(value.expose(), "K1234567");
        assert_eq!(SecretString::from(value).expose_secret(), "K1234567");
    }
}
