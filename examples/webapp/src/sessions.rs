//! Who signed up in which browser.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// Tokens and profiles, in memory. There are no passwords here: whoever signed up is the owner, until the
/// program ends.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 16], i32>>);

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

impl Sessions {
    /// A new token, as the cookie that the browser is to keep. None without entropy.
    pub(crate) fn begin(&self, id: i32) -> Option<HeaderValue> {
        let mut token = [0; 16];
        getrandom::fill(&mut token).ok()?;
        let text: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        let cookie = format!("session={text}; Path=/; HttpOnly; SameSite=Lax");
        self.lock().insert(token, id);
        let mut cookie = HeaderValue::from_str(&cookie).ok()?;
        // `Debug` of the headers does not show it.
        cookie.set_sensitive(true);
        Some(cookie)
    }

    /// The profile of the one who asks.
    pub(crate) fn owner(&self, headers: &HeaderMap) -> Option<i32> {
        let cookies = headers.get_all(COOKIE).into_iter();
        let mut pairs = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(';'));
        let text = pairs.find_map(|pair| pair.trim().strip_prefix("session="))?;
        let token = u128::from_str_radix(text, 16).ok()?.to_be_bytes();
        self.lock().get(&token).copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 16], i32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
