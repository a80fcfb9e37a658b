//! How much a body may hold.

/// How much a body may hold, and whether it may hold what nobody asked for.
///
/// The defaults fit a form that a person fills in. With axum, put your own into the request's
/// extensions (`Extension(limits)` as a layer).
///
/// ```
/// use encfield_web::Limits;
///
/// let limits = Limits { body: 1 << 20, ..Limits::default() };
/// assert_eq!(limits.field, 4096);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in the body; 64 KiB. A larger one is refused as a whole.
    pub body: usize,
    /// Bytes in one field, decoded or, in JSON, as they are written; 4 KiB.
    pub field: usize,
    /// Fields in the body; 256.
    pub fields: usize,
    /// Whether fields that the type does not have are passed over. By default they are refused.
    pub ignore_unknown: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 * 1024,
            field: 4 * 1024,
            fields: 256,
            ignore_unknown: false,
        }
    }
}
