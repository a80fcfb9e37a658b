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
        }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Holds a data key, and lets go of the one that was not used for longest if there is no room.
    pub(super) fn hold(&mut self, key: Arc<DataKey>, since: Instant) {
        self.of_scopes.insert(key.scope().to_owned(), key.id());
        let gone = self.keys.push(key.id(), Held { key, since });
        // A key that was there already comes back as well, and stays.
        if let Some((id, gone)) = gone
            && !self.keys.contains(&id)
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
        (held.since.elapsed() < lifetime).then(|| Arc::clone(&held.key))
    }

    pub(super) fn forget(&mut self, scope: &str) {
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
        cache.hold(Arc::clone(&a), now);
        cache.hold(Arc::clone(&b), now);
        assert!(cache.of_scope("a", long).is_some());
        cache.hold(Arc::clone(&c), now);
        assert_eq!((cache.len(), cache.of_scopes.len()), (2, 2));
        assert!(cache.of_scope("b", long).is_none() && cache.with_id(b.id(), long).is_none());
        assert!(cache.of_scope("a", long).is_some() && cache.with_id(c.id(), long).is_some());
        // Held once more, it takes no second place.
        cache.hold(a, now);
        assert_eq!((cache.len(), cache.of_scopes.len()), (2, 2));
        cache.forget("a");
        assert_eq!((cache.len(), cache.of_scopes.len()), (1, 1));
    }

    #[test]
    fn a_key_is_not_given_out_beyond_its_lifetime() {
        let mut cache = Cache::new(NonZeroUsize::MIN);
        let key = key("a");
        cache.hold(Arc::clone(&key), Instant::now());
        assert!(cache.with_id(key.id(), Duration::MAX).is_some());
        assert!(cache.with_id(key.id(), Duration::ZERO).is_none());
    }
}
