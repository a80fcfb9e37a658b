//! A key-encryption key in a PKCS#11 token: a hardware security module, a smart card, SoftHSM.
//!
//! The key never leaves the token; the keyring goes in to be wrapped and unwrapped. A crate of its
//! own, so that nobody else builds it. Needs the token's library, which is loaded when it is used.
//!
//! ```no_run
//! use encfield_core::Keyring;
//! use encfield_pkcs11::Token;
//!
//! # fn main() -> Result<(), encfield_core::Error> {
//! let token = Token::new(
//!     "/usr/lib/softhsm/libsofthsm2.so",
//!     "production", // the token's label
//!     std::env::var("TOKEN_PIN").unwrap_or_default(),
//!     "encfield", // the key's label
//! );
//! token.generate_key()?; // once, by hand
//! println!("{}", Keyring::generate().to_wrapped_json(&token)?);
//!
//! Keyring::from_env_with(&token)?.install()?; // in the program, at start-up
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use encfield_core::{Error, KeyEncryption};
use zeroize::Zeroizing;

/// The first byte of what a token wrapped.
const VERSION: u8 = 1;

/// The length of AES-GCM's nonce in bytes. The token draws it at random; a key wraps a keyring a few
/// times in its life, far from the 2^32 after which random nonces of this length may meet.
const NONCE: usize = 12;

/// The additional data of what is wrapped.
const PURPOSE: &[u8] = b"encfield/1 wrapped by a token";

/// An AES-256 key in a PKCS#11 token.
///
/// What it wraps is `01`, a nonce of 12 bytes that the token draws, and AES-256-GCM's ciphertext and
/// tag of 16 bytes ([PKCS #11 v3.0], section 2.10.2). A session is opened for each use and closed
/// after it: a keyring is unwrapped when a program starts. The uses of one process wait for each
/// other: whoever closes the last session logs the whole process out, in the midst of another's work.
///
/// [PKCS #11 v3.0]: https://docs.oasis-open.org/pkcs11/pkcs11-curr/v3.0/pkcs11-curr-v3.0.html
pub struct Token {
    library: PathBuf,
    token: String,
    pin: AuthPin,
    key: String,
}

/// Why a token does not do something, in words that hold no secret.
type Reason = &'static str;

/// The libraries that this process has loaded, by path.
type Libraries = BTreeMap<PathBuf, Pkcs11>;

/// Held while a session is open, so that no other session of this process ends beside it.
static LOADED: Mutex<Libraries> = Mutex::new(BTreeMap::new());

/// A session and the right to be the only one. Fields are dropped in this order: the session first.
struct AloneSession {
    session: Session,
    _alone: MutexGuard<'static, Libraries>,
}

impl Deref for AloneSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Token {
    /// The key with the label `key` in the token with the label `token`, by way of the library of the
    /// token's maker.
    pub fn new(
        library: impl Into<PathBuf>,
        token: impl Into<String>,
        pin: impl Into<String>,
        key: impl Into<String>,
    ) -> Self {
        Self {
            library: library.into(),
            token: token.into(),
            pin: AuthPin::new(pin.into().into()),
            key: key.into(),
        }
    }

    /// Makes the key in the token: AES-256, which cannot be read out of it.
    ///
    /// # Errors
    /// [`NotWrapped`](encfield_core::ErrorKind::NotWrapped) when there is a key of this label, or the
    /// token does not answer: there is no new key to wrap with.
    pub fn generate_key(&self) -> Result<(), Error> {
        self.generate().map_err(|reason| self.not_wrapped(reason))
    }

    fn generate(&self) -> Result<(), Reason> {
        let session = self.session()?;
        if !self.keys(&session)?.is_empty() {
            return Err("there is a key of this label already");
        }
        let template = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::Label(self.key.clone().into_bytes()),
            Attribute::ValueLen(32.into()),
        ];
        let made = session.generate_key(&Mechanism::AesKeyGen, &template);
        made.map(drop).map_err(|_| "the token made no key")
    }

    /// What the token made of a plaintext, with the nonce and the version in front.
    fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, Reason> {
        let session = self.session()?;
        let key = self.key(&session)?;
        let refused = |_| "the token wraps nothing with this key";
        let mut nonce = [0; NONCE];
        session.generate_random_slice(&mut nonce).map_err(refused)?;
        let own = nonce;
        let parameters = GcmParams::new(&mut nonce, PURPOSE, 128.into()).map_err(refused)?;
        let sealed = session
            .encrypt(&Mechanism::AesGcm(parameters), key, plaintext)
            .map_err(refused)?;
        Ok([&[VERSION], own.as_slice(), &sealed].concat())
    }

    fn decrypt(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Reason> {
        let parts = wrapped.split_first().and_then(|(version, rest)| {
            let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
            (*version == VERSION).then_some((*nonce, sealed))
        });
        let Some((mut nonce, sealed)) = parts else {
            return Err("it was not wrapped by a token, or is cut short");
        };
        let session = self.session()?;
        let key = self.key(&session)?;
        let refused = |_| "another key wrapped it, or it was changed";
        let parameters = GcmParams::new(&mut nonce, PURPOSE, 128.into()).map_err(refused)?;
        session
            .decrypt(&Mechanism::AesGcm(parameters), key, sealed)
            .map(Zeroizing::new)
            .map_err(refused)
    }

    /// The token's library, loaded once: whoever ended it would end it for the whole process.
    fn library(&self, loaded: &mut Libraries) -> Result<Pkcs11, Reason> {
        if let Some(library) = loaded.get(&self.library) {
            return Ok(library.clone());
        }
        let library =
            Pkcs11::new(&self.library).map_err(|_| "the token's library could not be loaded")?;
        match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) => {}
            // Somebody else in the program uses it.
            Err(TokenError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(_) => return Err("the token's library could not be started"),
        }
        loaded.insert(self.library.clone(), library.clone());
        Ok(library)
    }

    /// A session of the token's user, alone in this process. Who is let in stays in while another
    /// session of the process is open, so a wrong PIN is noticed by the first one.
    fn session(&self) -> Result<AloneSession, Reason> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let library = self.library(&mut loaded)?;
        let slots = library
            .get_slots_with_token()
            .map_err(|_| "no token is there")?;
        let is_ours = |slot: &cryptoki::slot::Slot| {
            let info = library.get_token_info(*slot);
            info.is_ok_and(|info| info.label() == self.token)
        };
        let slot = slots.into_iter().find(is_ours);
        let slot = slot.ok_or("there is no token of this label")?;
        let session = library
            .open_rw_session(slot)
            .map_err(|_| "the token opens no session")?;
        match session.login(UserType::User, Some(&self.pin)) {
            Ok(()) | Err(TokenError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(AloneSession {
                session,
                _alone: loaded,
            }),
            Err(TokenError::Pkcs11(RvError::PinIncorrect, _)) => Err("the PIN is wrong"),
            Err(_) => Err("the token lets nobody in; its PIN may be locked"),
        }
    }

    fn keys(&self, session: &Session) -> Result<Vec<ObjectHandle>, Reason> {
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Label(self.key.clone().into_bytes()),
        ];
        session
            .find_objects(&template)
            .map_err(|_| "the token does not list its keys")
    }

    /// The one key of the label. Two would have to be tried, and nothing is tried here.
    fn key(&self, session: &Session) -> Result<ObjectHandle, Reason> {
        match *self.keys(session)?.as_slice() {
            [key] => Ok(key),
            [] => Err("the token has no AES key of this label"),
            _ => Err("the token has several keys of this label"),
        }
    }
}

impl KeyEncryption for Token {
    fn name(&self) -> String {
        format!("pkcs11:token={};object={}", self.token, self.key)
    }

    fn wrap(&self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        let wrapped = self.encrypt(plaintext);
        wrapped.map_err(|reason| self.not_wrapped(reason))
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let opened = self.decrypt(wrapped);
        opened.map_err(|reason| self.refused(reason))
    }
}

/// The labels alone.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.name())
    }
}
