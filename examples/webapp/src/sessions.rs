//! Who signed up in which browser.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// How long a session lasts.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// How many there are at most. One more ends the oldest, so that nobody fills the memory by signing up.
const MOST: usize = 10_000;

/// What a browser shows of who it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Token([u8; 16]);

struct Session {
    profile: i32,
    begun: Instant,
}

/// Tokens and profiles, in memory. There are no passwords here: whoever signed up is the owner, until the
/// session ends.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<Token, Session>>);

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

impl Token {
    /// None without entropy.
    pub(crate) fn new() -> Option<Self> {
        let mut token = [0; 16];
        getrandom::fill(&mut token).ok()?;
        Some(Self(token))
    }

    fn of(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(COOKIE).into_iter();
        let mut pairs = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(';'));
        let text = pairs.find_map(|pair| pair.trim().strip_prefix("session="))?;
        Some(Self(u128::from_str_radix(text, 16).ok()?.to_be_bytes()))
    }
}

impl Sessions {
    /// A new session, as the cookie that the browser is to keep.
    pub(crate) fn begin(&self, token: Token, profile: i32) -> HeaderValue {
        self.add(token, profile, Instant::now());
        let text: String = token.0.iter().map(|byte| format!("{byte:02x}")).collect();
        cookie(&text, LIFETIME)
    }

    fn add(&self, token: Token, profile: i32, now: Instant) {
        let mut sessions = self.lock();
        if sessions.len() >= MOST {
            sessions.retain(|_, session| session.lasts(now));
        }
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.begun);
            let oldest = oldest.map(|(token, _)| *token);
            oldest.and_then(|token| sessions.remove(&token));
        }
        let begun = now;
        sessions.insert(token, Session { profile, begun });
    }

    /// The profile of the one who asks.
    pub(crate) fn owner(&self, headers: &HeaderMap) -> Option<i32> {
        self.profile(Token::of(headers)?, Instant::now())
    }

    fn profile(&self, token: Token, now: Instant) -> Option<i32> {
        let sessions = self.lock();
        let session = sessions.get(&token)?;
        session.lasts(now).then_some(session.profile)
    }

    /// Ends the session of the one who asks; the cookie tells the browser to forget its own.
    pub(crate) fn end(&self, headers: &HeaderMap) -> HeaderValue {
        if let Some(token) = Token::of(headers) {
            self.lock().remove(&token);
        }
        cookie("", Duration::ZERO)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Token, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn lasts(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.begun) < LIFETIME
    }
}

fn cookie(token: &str, lifetime: Duration) -> HeaderValue {
    let seconds = lifetime.as_secs();
    let text = format!("session={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    // Hexadecimal digits and fixed words are always a header's value.
    let mut cookie =
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("session="));
    // `Debug` of the headers does not show it.
    cookie.set_sensitive(true);
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_age_and_by_the_number_of_others() {
        let sessions = Sessions::default();
        let begun = Instant::now();
        let token = |number: usize| Token((number as u128).to_be_bytes());
        sessions.add(token(0), 7, begun);
        assert_eq!(sessions.profile(token(0), begun), Some(7));
        assert_eq!(sessions.profile(token(0), begun + LIFETIME), None);
        for number in 1..=MOST {
            sessions.add(token(number), 8, begun + Duration::from_secs(1));
        }
        assert_eq!(sessions.profile(token(0), begun), None);
        assert_eq!(sessions.lock().len(), MOST);
        // Those that are too old make room first.
        sessions.add(token(0), 7, begun + 2 * LIFETIME);
        assert_eq!(sessions.lock().len(), 1);
    }
}
