//! A set-associative cache: what was used last, found by a hash.

/// Values in sets of a few, each value in the set that its hash picks.
///
/// It begins empty and doubles its sets before a value is pushed out, as far as it may grow. A value that
/// is pushed out is the one of its set that was not used for longest.
pub(crate) struct SetAssociative<T, const WAYS: usize> {
    /// A power of two of sets, or none yet. In each set the one that was used last comes first.
    sets: Vec<[Option<T>; WAYS]>,
    fewest: usize,
    most: usize,
}

impl<T, const WAYS: usize> SetAssociative<T, WAYS> {
    /// With this many sets at first, and this many at most: powers of two.
    pub(crate) const fn new(fewest: usize, most: usize) -> Self {
        assert!(fewest.is_power_of_two() && most.is_power_of_two() && fewest <= most);
        Self {
            sets: Vec::new(),
            fewest,
            most,
        }
    }

    /// Looks for a value, which comes first in its set from now on.
    #[inline]
    pub(crate) fn find(&mut self, hash: usize, is: impl Fn(&T) -> bool) -> Option<&mut T> {
        let at = self.place(hash);
        let set = self.sets.get_mut(at)?;
        let found = set.iter().position(|held| held.as_ref().is_some_and(&is))?;
        if found > 0 {
            set[..=found].rotate_right(1);
        }
        set[0].as_mut()
    }

    /// Holds a value that is not there yet. What `hash` makes of it is what it will be found by.
    #[cold]
    pub(crate) fn put(&mut self, value: T, hash: impl Fn(&T) -> usize) -> &mut T {
        if self.sets.is_empty() {
            self.sets
                .resize_with(self.fewest, || [const { None }; WAYS]);
        }
        while self.is_full(hash(&value)) && self.sets.len() < self.most {
            let larger = self.sets.len() * 2;
            let held = std::mem::take(&mut self.sets);
            self.sets.resize_with(larger, || [const { None }; WAYS]);
            // The one that was used last is put last, and so comes first again.
            for value in held
                .into_iter()
                .flat_map(|set| set.into_iter().rev().flatten())
            {
                let hash = hash(&value);
                self.put_first(hash, value);
            }
        }
        let hash = hash(&value);
        self.put_first(hash, value)
    }

    /// Lets go of what the closure does not want to keep.
    #[cold]
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        for held in self.sets.as_flattened_mut() {
            held.take_if(|held| !keep(held));
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.sets.as_flattened().iter().flatten().count()
    }

    #[inline]
    fn place(&self, hash: usize) -> usize {
        hash & self.sets.len().wrapping_sub(1)
    }

    fn is_full(&self, hash: usize) -> bool {
        self.sets[self.place(hash)].iter().all(Option::is_some)
    }

    fn put_first(&mut self, hash: usize, value: T) -> &mut T {
        let at = self.place(hash);
        let set = &mut self.sets[at];
        set.rotate_right(1);
        set[0].insert(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(value: &usize) -> usize {
        *value
    }

    fn holding(values: impl IntoIterator<Item = usize>) -> SetAssociative<usize, 2> {
        let mut cache = SetAssociative::new(4, 8);
        for value in values {
            cache.put(value, hash);
        }
        cache
    }

    fn holds(cache: &mut SetAssociative<usize, 2>, value: usize) -> bool {
        cache.find(value, |held| *held == value).is_some()
    }

    #[test]
    fn nothing_is_found_where_nothing_was_put() {
        assert!(!holds(&mut holding([]), 0));
        assert!(!holds(&mut holding([4]), 0));
    }

    #[test]
    fn it_grows_before_it_pushes_out() {
        let mut cache = holding(0..8);
        assert_eq!((cache.len(), cache.sets.len()), (8, 4));
        cache.put(8, hash);
        assert_eq!((cache.len(), cache.sets.len()), (9, 8));
        assert!((0..9).all(|value| holds(&mut cache, value)));
    }

    #[test]
    fn what_was_used_last_is_pushed_out_last() {
        let mut cache = holding([0, 8]);
        assert!(holds(&mut cache, 0));
        cache.put(16, hash);
        assert_eq!(cache.sets.len(), 8);
        assert_eq!(
            [0, 8, 16].map(|value| holds(&mut cache, value)),
            [true, false, true]
        );
    }

    #[test]
    fn growing_forgets_nothing_of_what_was_used_last() {
        // All in one set of four, and in one of eight.
        let mut cache = holding([0, 8]);
        cache.put(1, hash);
        cache.put(5, hash);
        assert!(holds(&mut cache, 0));
        // The set of 1 and 5 is full, and each falls in a set of its own afterwards.
        cache.put(9, hash);
        cache.put(24, hash);
        assert_eq!(
            [0, 8, 24].map(|value| holds(&mut cache, value)),
            [true, false, true]
        );
        assert!([1, 5, 9].iter().all(|value| holds(&mut cache, *value)));
    }

    #[test]
    fn what_is_not_kept_is_not_found() {
        let mut cache = holding(0..8);
        cache.retain(|value| value % 2 == 0);
        assert_eq!(cache.len(), 4);
        assert!(holds(&mut cache, 2) && !holds(&mut cache, 3));
    }
}
