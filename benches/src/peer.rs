//! The other ways: a column that someone wrote by hand, and the crates `encrypted-message` and `fernet`.

use std::sync::LazyLock;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Binary, Text};
use encrypted_message::EncryptedMessage;
use encrypted_message::config::{Config, Secret};
use encrypted_message::strategy::Randomized;
use rand::Rng;

static CIPHER: LazyLock<Aes256Gcm> = LazyLock::new(|| Aes256Gcm::new(&[7; 32].into()));
static FERNET: LazyLock<fernet::Fernet> =
    LazyLock::new(|| fernet::Fernet::new(&fernet::Fernet::generate_key()).unwrap());

/// What a careful programmer writes in an afternoon: AES-256-GCM under a cipher that is made once, a
/// nonce of 12 bytes from the thread's generator. It is bound to no place and has no key id.
#[derive(Debug, Clone, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct ByHand(pub String);

/// `encrypted-message`, as its documentation has it: a JSON document of base64 texts.
#[derive(Debug, Clone, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Message(pub String);

/// `fernet`, its cipher made once: a token in base64.
#[derive(Debug, Clone, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Fernet(pub String);

/// The key of `encrypted-message`.
#[derive(Debug, Default)]
pub struct OneKey;

impl Config for OneKey {
    type Strategy = Randomized;

    fn keys(&self) -> Vec<Secret<[u8; 32]>> {
        vec![[7; 32].into()]
    }
}

impl ByHand {
    pub fn seal(&self) -> Vec<u8> {
        let nonce: [u8; 12] = rand::rng().random();
        let mut value = Vec::with_capacity(12 + self.0.len() + 16);
        value.extend_from_slice(&nonce);
        value.extend_from_slice(self.0.as_bytes());
        let body = (&mut value[12..]).into();
        let tag = CIPHER
            .encrypt_inout_detached(&Nonce::from(nonce), b"", body)
            .unwrap();
        value.extend_from_slice(&tag);
        value
    }

    pub fn open(mut value: Vec<u8>) -> Self {
        let (nonce, rest) = value.split_first_chunk_mut::<12>().unwrap();
        let (body, tag) = rest.split_last_chunk_mut::<16>().unwrap();
        CIPHER
            .decrypt_inout_detached(
                &Nonce::from(*nonce),
                b"",
                (&mut *body).into(),
                &(*tag).into(),
            )
            .unwrap();
        Self(str::from_utf8(body).unwrap().to_owned())
    }
}

impl Message {
    pub fn seal(&self) -> String {
        let sealed = EncryptedMessage::<_, OneKey>::encrypt(self.0.clone()).unwrap();
        serde_json::to_string(&sealed).unwrap()
    }

    pub fn open(value: &str) -> Self {
        let sealed: EncryptedMessage<String, OneKey> = serde_json::from_str(value).unwrap();
        Self(sealed.decrypt().unwrap())
    }
}

impl Fernet {
    pub fn seal(&self) -> String {
        FERNET.encrypt(self.0.as_bytes())
    }

    pub fn open(value: &str) -> Self {
        Self(String::from_utf8(FERNET.decrypt(value).unwrap()).unwrap())
    }
}

impl<DB: Backend> FromSql<Binary, DB> for ByHand
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        <Vec<u8> as FromSql<Binary, DB>>::from_sql(bytes).map(Self::open)
    }
}

macro_rules! from_text {
    ($($name:ident),*) => {$(
        impl<DB: Backend> FromSql<Text, DB> for $name
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(text: DB::RawValue<'_>) -> deserialize::Result<Self> {
                <String as FromSql<Text, DB>>::from_sql(text).map(|text| Self::open(&text))
            }
        }
    )*};
}

from_text!(Message, Fernet);

/// Each backend has its own way to hand bytes over.
macro_rules! to_sql {
    ($db:ty, |$out:ident, $value:ident| $hand_over:expr) => {
        to_sql!(@ $db, ByHand: Binary, |$out, $value| $hand_over);
        to_sql!(@ $db, Message: Text, |$out, $value| $hand_over);
        to_sql!(@ $db, Fernet: Text, |$out, $value| $hand_over);
    };
    (@ $db:ty, $name:ident: $sql_type:ty, |$out:ident, $value:ident| $hand_over:expr) => {
        impl ToSql<$sql_type, $db> for $name {
            fn to_sql<'b>(&'b self, $out: &mut Output<'b, '_, $db>) -> serialize::Result {
                let $value = self.seal();
                $hand_over;
                Ok(IsNull::No)
            }
        }
    };
}

to_sql!(diesel::sqlite::Sqlite, |out, value| out.set_value(value));
#[cfg(feature = "postgres")]
to_sql!(diesel::pg::Pg, |out, value| std::io::Write::write_all(
    out,
    value.as_ref()
)?);
#[cfg(feature = "mysql")]
to_sql!(diesel::mysql::Mysql, |out, value| {
    std::io::Write::write_all(out, value.as_ref())?
});
