//! Erasing a value whose type has no `Zeroize` of its own.

use zeroize::optimization_barrier;

/// Overwrites a value with one that says nothing.
///
/// The barrier keeps the compiler from dropping a write that nobody reads afterwards.
pub(super) fn erase<T>(value: &mut T, blank: T) {
    *value = blank;
    optimization_barrier(value);
}
