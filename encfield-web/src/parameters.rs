//! Parameters that a log does not show.

use std::borrow::Cow;

use encfield_core::Sensitive;
use percent_encoding::percent_decode_str;

use crate::name;

/// Hides parameters in what a log shows of a request: its URI, its query, a form.
///
/// A name counts in any case, with `_`, `-` or nothing between its words, encoded or not, and as a part of
/// a nested one (`user[phone_number]`).
///
/// ```
/// use encfield_web::HiddenParameters;
///
/// let hidden = HiddenParameters::named(["phone_number", "passport_number"]);
/// assert_eq!(
///     hidden.in_uri("/people?page=2&phone_number=%2B919876543210"),
///     "/people?page=2&phone_number=********",
/// );
/// assert_eq!(HiddenParameters::all_but(["page"]).in_query("page=2&q=K1234567"), "page=2&********");
/// ```
///
/// What is in a path (`/people/K1234567`) is not a parameter. With the feature `axum` it is a `MakeSpan` for
/// tower-http's `TraceLayer`, which shows the route in place of the path.
#[derive(Clone, Debug)]
pub struct HiddenParameters {
    names: Vec<Cow<'static, str>>,
    all_but: bool,
    #[cfg_attr(not(feature = "axum"), allow(dead_code, reason = "asked for by spans"))]
    pub(crate) paths: bool,
}

impl HiddenParameters {
    /// Hides the parameters of these names.
    pub fn named<S: Into<Cow<'static, str>>>(names: impl IntoIterator<Item = S>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
            all_but: false,
            paths: false,
        }
    }

    /// Hides the parameters that are named like the sensitive fields of a type.
    #[must_use]
    pub fn of<T: Sensitive>() -> Self {
        Self::named(T::FIELDS.iter().copied())
    }

    /// Hides the parameters that are named like the sensitive fields of one more type.
    #[must_use]
    pub fn and_of<T: Sensitive>(mut self) -> Self {
        self.names.extend(T::FIELDS.iter().copied().map(Cow::from));
        self
    }

    /// Hides every parameter but these, and the names of the hidden ones, too: nothing that is added later
    /// is forgotten, and whoever writes a value in a name's place (`?K1234567=1`) does not get it shown.
    /// A nested name (`q[page]`) is one of these only as a whole.
    pub fn all_but<S: Into<Cow<'static, str>>>(names: impl IntoIterator<Item = S>) -> Self {
        Self {
            all_but: true,
            ..Self::named(names)
        }
    }

    /// Shows the path of a request as it came, and not its route alone. Only for a program that never has
    /// a value in a path; what people type into an address bar is in it.
    #[must_use]
    pub fn with_paths(self) -> Self {
        Self {
            paths: true,
            ..self
        }
    }

    /// The text of a query or of a form, with `********` in place of the values.
    #[must_use]
    pub fn in_query(&self, query: &str) -> String {
        let mut shown = String::with_capacity(query.len());
        // Some servers take `;` for `&`.
        for pair in query.split_inclusive(['&', ';']) {
            let (pair, end) = match pair.strip_suffix(['&', ';']) {
                Some(inside) => (inside, &pair[inside.len()..]),
                None => (pair, ""),
            };
            match pair.split_once('=') {
                Some((name, _)) if self.all_but && self.hides(name) => shown.push_str("********"),
                Some((name, _)) if self.hides(name) => {
                    shown.push_str(name);
                    shown.push_str("=********");
                }
                None if self.all_but && !pair.is_empty() => shown.push_str("********"),
                _ => shown.push_str(pair),
            }
            shown.push_str(end);
        }
        shown
    }

    /// The text of a URI, with `********` in place of the values.
    #[must_use]
    pub fn in_uri(&self, uri: &str) -> String {
        match uri.split_once('?') {
            Some((path, query)) => format!("{path}?{}", self.in_query(query)),
            None => uri.to_owned(),
        }
    }

    fn hides(&self, name: &str) -> bool {
        let spaced = name.replace('+', " ");
        let name = percent_decode_str(&spaced).decode_utf8_lossy();
        match self.all_but {
            true => !self.names.iter().any(|one| name::same(&name, one)),
            false => name::is_one_of(&name, &self.names),
        }
    }
}
