//! The data keys that are held in memory.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;

use crate::data_key::DataKey;
use crate::key_id::KeyId;

/// The last used data keys, up to a bound.
pub(super) struct Cache {
    keys: LruCache<KeyId, Held>,
    of_scopes: HashMap<String, KeyId>,
    /// How many times a data key was destroyed.
    destroyed: u64,
    /// When the ones beyond their lifetime were let go of.
    swept: Option<Instant>,
}

struct Held {
    key: Arc<DataKey>,
    /// By a clock that never goes backwards.
    since: Instant,
}

impl Cache {
    pub(super) fn new(bound: NonZeroUsize) -> Self {
        Self {
            keys: LruCache::new(bound),
            of_scopes: HashMap::new(),
            destroyed: 0,
            swept: None,
        }
    }

    /// How many times a data key was destroyed; to be asked before a data key is read from the table.
    pub(super) fn destroyed(&self) -> u64 {
        self.destroyed
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Holds a data key, and lets go of the one that was not used for longest if there is no room.
    ///
    /// Not if one was destroyed since it was read, which may have been this one.
    #[must_use]
    pub(super) fn hold(
        &mut self,
        key: Arc<DataKey>,
        since: Instant,
        lifetime: Duration,
        destroyed: u64,
    ) -> bool {
        if destroyed != self.destroyed {
            return false;
        }
        self.sweep(since, lifetime);
        self.of_scopes.insert(key.scope().to_owned(), key.id());
        let gone = self.keys.push(key.id(), Held { key, since });
        // A key that was there already comes back as well, and stays.
        if let Some((id, gone)) = gone
            && !self.keys.contains(&id)
            && self.of_scopes.get(gone.key.scope()) == Some(&id)
        {
            self.of_scopes.remove(gone.key.scope());
        }
        true
    }

    /// Lets go of what is beyond its lifetime, also where nobody asks for it again. Once in a lifetime:
    /// it looks at all of them.
    fn sweep(&mut self, now: Instant, lifetime: Duration) {
        let swept = *self.swept.get_or_insert(now);
        if now.saturating_duration_since(swept) < lifetime {
            return;
        }
        self.swept = Some(now);
        let beyond = |held: &Held| now.saturating_duration_since(held.since) >= lifetime;
        let beyond: Vec<_> = self
            .keys
            .iter()
            .filter(|(_, held)| beyond(held))
            .map(|(id, _)| *id)
            .collect();
        for id in beyond {
            self.let_go(id);
        }
    }

    fn let_go(&mut self, id: KeyId) {
        if let Some(gone) = self.keys.pop(&id)
            && self.of_scopes.get(gone.key.scope()) == Some(&id)
        {
            self.of_scopes.remove(gone.key.scope());
        }
    }

    pub(super) fn of_scope(&mut self, scope: &str, lifetime: Duration) -> Option<Arc<DataKey>> {
        let id = *self.of_scopes.get(scope)?;
        self.with_id(id, lifetime)
    }

    pub(super) fn with_id(&mut self, id: KeyId, lifetime: Duration) -> Option<Arc<DataKey>> {
        let held = self.keys.get(&id)?;
        if held.since.elapsed() < lifetime {
            return Some(Arc::clone(&held.key));
        }
        self.let_go(id);
        None
    }

    /// Holds a data key that was destroyed no longer.
    pub(super) fn forget(&mut self, scope: &str, id: KeyId) {
        self.destroyed = self.destroyed.wrapping_add(1);
        self.let_go(id);
        if let Some(id) = self.of_scopes.remove(scope) {
            self.keys.pop(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    fn key(scope: &str) -> Arc<DataKey> {
        Arc::new(DataKey::new(&Key::generate().unwrap(), scope.to_owned()))
    }

    #[test]
    fn no_more_than_the_bound_are_held_and_the_last_used_stay() {
        let mut cache = Cache::new(NonZeroUsize::new(2).unwrap());
        let (long, now) = (Duration::MAX, Instant::now());
        let (a, b, c) = (key("a"), key("b"), key("c"));
        assert!(cache.hold(Arc::clone(&a), now, long, 0));
        assert!(cache.hold(Arc::clone(&b), now, long, 0));
        assert!(cache.of_scope("a", long).is_some());
        assert!(cache.hold(Arc::clone(&c), now, long, 0));
        assert_eq!((cache.len(), cache.of_scopes.len()), (2, 2));
        assert!(cache.of_scope("b", long).is_none() && cache.with_id(b.id(), long).is_none());
        assert!(cache.of_scope("a", long).is_some() && cache.with_id(c.id(), long).is_some());
        // Held once more, it takes no second place.
        assert!(cache.hold(a, now, long, 0));
        assert_eq!((cache.len(), cache.of_scopes.len()), (2, 2));
        cache.forget("a", b.id());
        assert_eq!((cache.len(), cache.of_scopes.len()), (1, 1));
    }

    #[test]
    fn a_key_is_not_given_out_beyond_its_lifetime() {
        let mut cache = Cache::new(NonZeroUsize::MIN);
        let key = key("a");
        let (long, now) = (Duration::MAX, Instant::now());
        assert!(cache.hold(Arc::clone(&key), now, long, 0));
        assert!(cache.with_id(key.id(), long).is_some());
        assert!(cache.with_id(key.id(), Duration::ZERO).is_none());
        // Nor kept.
        assert_eq!((cache.len(), cache.of_scopes.len()), (0, 0));
        assert_eq!(Arc::strong_count(&key), 1);
    }

    #[test]
    fn what_nobody_asks_for_again_is_let_go_of_too() {
        let mut cache = Cache::new(NonZeroUsize::new(9).unwrap());
        let (a, b, minute) = (key("a"), key("b"), Duration::from_secs(60));
        let now = Instant::now();
        assert!(cache.hold(Arc::clone(&a), now, minute, 0));
        assert!(cache.hold(Arc::clone(&b), now + minute / 2, minute, 0));
        assert!(cache.hold(key("c"), now + minute, minute, 0));
        assert_eq!((cache.len(), cache.of_scopes.len()), (2, 2));
        assert_eq!((Arc::strong_count(&a), Arc::strong_count(&b)), (1, 2));
    }

    #[test]
    fn what_was_destroyed_since_it_was_read_is_not_held() {
        let mut cache = Cache::new(NonZeroUsize::new(2).unwrap());
        let (key, long, now) = (key("a"), Duration::MAX, Instant::now());
        let destroyed = cache.destroyed();
        cache.forget("a", key.id());
        assert!(!cache.hold(Arc::clone(&key), now, long, destroyed));
        assert_eq!((cache.len(), cache.of_scopes.len()), (0, 0));
        let destroyed = cache.destroyed();
        assert!(cache.hold(key, now, long, destroyed));
    }
}
